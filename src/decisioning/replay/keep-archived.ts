import {
  archivedBytes,
  archiveStrategy,
  MOST_ARCHIVED_BYTES,
  type StrategyParts
} from './archive-strategy.js'
import type { Log, StrategyArchive } from '../ports.js'
import type { Snapshots } from '../snapshot.js'

export interface ArchiveDeps {
  readonly archive: StrategyArchive
  readonly log: Log
  readonly schedule: (work: () => void, delayMs: number) => void
}

const DAY_MS = 86_400_000
/** A record names its strategy for seven days; what is in force is renewed twice a day. */
const KEPT_MS = 8 * DAY_MS
const RENEW_MS = DAY_MS / 2
const ASK_AGAIN_MS = 1000

/**
 * Archives the strategy in force, so that its decisions can be made again, and renews it as long as it is. While the store is away
 * it is tried again. What has been archived is not kept in memory.
 * @param read the strategy's parts as they are on disk now; undefined where they are another strategy's
 */
export async function keepArchived(
  deps: ArchiveDeps,
  snapshots: Snapshots,
  parts: StrategyParts,
  read: () => Promise<StrategyParts | undefined>
): Promise<void> {
  const { hash, strategy } = snapshots.current()
  const lifetimeMs = Math.max(KEPT_MS, (strategy.journal?.keepMs ?? 0) + DAY_MS)
  const bytes = archivedBytes(parts)
  if (bytes > MOST_ARCHIVED_BYTES) {
    deps.log.warn(
      { hash, bytes, most: MOST_ARCHIVED_BYTES },
      'the strategy and its models are too large to archive: its decisions cannot be replayed once another is in force'
    )
    return
  }
  const later = (work: () => Promise<void>, delayMs: number): void =>
    deps.schedule(() => {
      if (snapshots.current().hash === hash) void work()
    }, delayMs)
  async function archiveNow(found: StrategyParts): Promise<void> {
    try {
      const names = await archiveStrategy(deps.archive, hash, found, lifetimeMs)
      later(() => renew(names), RENEW_MS)
    } catch (error) {
      deps.log.debug({ err: error, hash }, 'the strategy could not be archived; it is tried again')
      later(() => archiveNow(found), ASK_AGAIN_MS)
    }
  }
  async function renew(names: readonly string[]): Promise<void> {
    const missing = await deps.archive.renew(names, lifetimeMs).catch(() => names)
    if (missing.length === 0) {
      later(() => renew(names), RENEW_MS)
      return
    }
    const found = await read().catch(() => undefined)
    if (found !== undefined) {
      await archiveNow(found)
      return
    }
    deps.log.warn(
      { hash },
      'the archive has lost the strategy in force, and its files have changed; load them to archive what they are now'
    )
  }
  await archiveNow(parts)
}
