import { Refusal } from '../../domain/refusal.js'
import { readArchived } from './archive-strategy.js'
import { build, type LoaderDeps } from '../strategy/load-strategy.js'
import { createModelPool } from '../propensity/model-pool.js'
import type { Meters } from '../ports.js'
import type { Snapshot } from '../snapshot.js'

export type ArchivedDeps = Pick<
  LoaderDeps,
  'archive' | 'runtime' | 'log' | 'clock' | 'schedule'
> & {
  /** The strategy in force, which need not be compiled again; undefined where none is. */
  readonly current: () => Snapshot | undefined
}

/** Strategies of the past, compiled again. */
export interface ArchivedStrategies {
  /** The one in force where the hash is its own. Throws a Refusal where it is gone. */
  open(hash: string): Promise<Snapshot>
}

/** Nothing that happens again is counted. */
export const NO_METERS: Meters = Object.freeze({
  decided: () => undefined,
  stageTook: () => undefined,
  told: () => undefined,
  unknownCategory: () => undefined,
  truncated: () => undefined,
  modelFailed: () => undefined,
  shadowScored: () => undefined,
  responded: () => undefined,
  watch: () => undefined,
  limitMet: () => undefined,
  journalStands: () => undefined,
  learnt: () => undefined,
  learnerLags: () => undefined,
  renewed: () => undefined,
  reloaded: () => undefined
})

/** Strategies of the past that stay compiled, with their models open. */
const MOST_OPEN = 4

interface Opened {
  readonly snapshot: Promise<Snapshot>
  close(): void
}

/** Compiles archived strategies as loading does; the ones used last stay. */
export function createArchivedStrategies(deps: ArchivedDeps): ArchivedStrategies {
  const opened = new Map<string, Opened>()

  function openAnew(hash: string): Opened {
    const pool = createModelPool(deps.runtime, deps.schedule)
    return { snapshot: compileArchived(deps, pool, hash), close: () => pool.keepOnly([]) }
  }

  return {
    async open(hash) {
      const current = deps.current()
      if (current?.hash === hash) return current
      const found = opened.get(hash) ?? openAnew(hash)
      opened.delete(hash)
      opened.set(hash, found)
      found.snapshot.catch(() => opened.delete(hash))
      if (opened.size > MOST_OPEN) {
        const [[oldest, { close }]] = opened as unknown as [[string, Opened]]
        opened.delete(oldest)
        close()
      }
      return await found.snapshot
    }
  }
}

async function compileArchived(
  { archive, runtime, log, clock, schedule }: ArchivedDeps,
  pool: ReturnType<typeof createModelPool>,
  hash: string
): Promise<Snapshot> {
  const source = await readArchived(archive, hash)
  if (source === undefined) {
    throw new Refusal(
      'not_allowed',
      `The strategy ${hash.slice(0, 12)} that made this decision is no longer archived; it can be replayed under the strategy in force ({"strategy":"current"}).`
    )
  }
  const files = { read: async () => source }
  const parts = { files, runtime, documents: undefined, meters: NO_METERS, log, clock, schedule }
  const { snapshot, problems } = await build(parts, pool, undefined, true)
  if (snapshot?.hash === hash) return snapshot
  log.error({ hash, problems }, 'an archived strategy does not compile any more')
  throw new Refusal(
    'not_allowed',
    `The strategy ${hash.slice(0, 12)} that made this decision does not compile in this release: ${problems[0]?.message ?? 'what is archived is not what was'}.`
  )
}
