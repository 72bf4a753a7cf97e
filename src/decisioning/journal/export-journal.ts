import { customerText, type CustomerKey } from '../../domain/customer.js'
import type { JournalDecision } from '../../domain/journal.js'
import { journalDecision } from './journal-rows.js'
import { readLegend, type Legend } from '../trace/legend.js'
import { legendName } from '../strategy/load-strategy.js'
import type {
  JournalEntry,
  JournalOutlet,
  JournalSegment,
  JournalSegments,
  Log,
  SharedDocuments
} from '../ports.js'

type Part = JournalSegment['parts'][number]

/** When what waits in a partition becomes a segment, and how long segments are kept. */
export interface ExportLimits {
  readonly segmentBytes: number
  readonly segmentMs: number
  readonly keepMs: number
  readonly mostBytes: number
}

export interface ExportDeps {
  readonly outlet: JournalOutlet
  readonly segments: JournalSegments
  readonly documents: Pick<SharedDocuments, 'get'>
  readonly log: Log
  /** Milliseconds since 1970. */
  readonly nowMs: () => number
}

/** A customer's key outlives its last segment, which was written after what it holds, by so much. */
const KEY_SPARE_MS = 86_400_000
/** Strategies whose words are remembered. */
const LEGENDS_REMEMBERED = 16

/** Carries what waits to disk, once; to be called by the one exporter again and again. */
export interface JournalExport {
  /**
   * Writes segments of all partitions where enough waits, or has waited long enough, and takes away what is on disk then.
   * @param all true: everything that waits, however little
   * Rejects where the store, or the disk, does not take part; nothing is lost, and the next round begins where this one failed.
   */
  round(limits: ExportLimits, all?: boolean): Promise<void>
}

export function createJournalExport(deps: ExportDeps): JournalExport {
  const { outlet, segments, documents, log, nowMs } = deps
  const legends = new Map<string, Legend>()

  async function legendOf(hash: string): Promise<Legend> {
    const before = legends.get(hash)
    if (before !== undefined) return before
    const text = await documents.get(legendName(hash))
    if (text === undefined)
      throw new Error(
        `the words of the strategy ${hash} are not in the store; start a service with that strategy once, or restore the store`
      )
    const legend = readLegend(text)
    if (legends.size >= LEGENDS_REMEMBERED) legends.delete(legends.keys().next().value ?? '')
    legends.set(hash, legend)
    return legend
  }

  /** The oldest entries of a partition, together as large as a segment; fewer where fewer wait. */
  async function gather(partition: number, segmentBytes: number): Promise<JournalEntry[]> {
    const entries: JournalEntry[] = []
    for (let bytes = 0; bytes < segmentBytes; ) {
      const more = await outlet.read(partition, entries.at(-1)?.place)
      if (more.length === 0) break
      entries.push(...more)
      bytes += bytesOf(more)
    }
    return entries
  }

  async function carry(
    partition: number,
    entries: readonly JournalEntry[],
    keepMs: number
  ): Promise<void> {
    const parts: Part[] = []
    for (const { place, decisions: records, events } of entries) {
      const decisions: JournalDecision[] = []
      for (const record of records)
        decisions.push(journalDecision(record, await legendOf(record.strategyHash)))
      parts.push({ recordedMs: timeOf(place), decisions, events })
    }
    const name = `${partition}-${entries[0]!.place}-${entries.at(-1)!.place}`
    await segments.write({ name, parts, keys: await keysFor(parts, keepMs) })
    await outlet.settle(partition, entries)
    log.debug({ segment: name }, 'a segment of the journal is on disk')
  }

  async function keysFor(
    parts: readonly Part[],
    keepMs: number
  ): Promise<ReadonlyMap<string, Buffer>> {
    const customers = new Map<string, CustomerKey>()
    for (const { customer } of parts.flatMap(({ decisions, events }) => [...decisions, ...events]))
      customers.set(customerText(customer), customer)
    const keys = await outlet.keysOf([...customers.values()], keepMs + KEY_SPARE_MS)
    return new Map(
      [...customers.keys()].flatMap((text, i) => {
        const key = keys[i]
        return key === undefined ? [] : [[text, key]]
      })
    )
  }

  return {
    async round({ segmentBytes, segmentMs, keepMs, mostBytes }, all = false) {
      const dueMs = all ? Number.MAX_VALUE : nowMs() - segmentMs
      for (const [partition, { bytes, oldestMs }] of (await outlet.waiting()).entries()) {
        if (bytes < segmentBytes && oldestMs > dueMs) continue
        for (let left = bytes; left > 0; ) {
          const entries = await gather(partition, segmentBytes)
          if (entries.length === 0) break
          await carry(partition, entries, keepMs)
          left -= bytesOf(entries)
        }
      }
      const deleted = await segments.retain(keepMs, mostBytes, nowMs())
      if (deleted > 0) log.info({ deleted }, 'old segments of the journal were deleted')
    }
  }
}

function bytesOf(entries: readonly JournalEntry[]): number {
  return entries.reduce((sum, entry) => sum + entry.bytes, 0)
}

/** When an entry was appended, in ms since 1970. */
function timeOf(place: string): number {
  return Number(place.split('-')[0])
}
