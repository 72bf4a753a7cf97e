import { randomBytes } from 'node:crypto'
import type { CustomerKey } from '../../domain/customer.js'
import type { JournalEntry, JournalOutlet } from '../../decisioning/ports.js'
import type { Connection } from './connection.js'
import { ENTRY_BYTES, partitionStandings } from './journal.js'
import { decodeEntry } from './journal-codec.js'
import { JOURNAL_KEY, LEASE, SETTLE_JOURNAL, TELL_TROUBLE } from './journal-scripts.js'
import { customerKeys, JOURNAL_LEASE_KEY, JOURNAL_TROUBLE_KEY, journalKeys } from './keys.js'
import { answerOf } from './wire.js'

/** Entries in one reply: a batch of records may come to a megabyte. */
const READ_TOGETHER = 8
/** Scripts in one pipeline: a decision's load must not wait for long. */
const KEYS_TOGETHER = 200
const KEY_BYTES = 32

/**
 * The exporter's side of the journal. A stream itself says what is still to be carried away, so there is no consumer group beside
 * it: only the one holder of the lease reads, always from the oldest entry on, and takes away what is on disk.
 */
export class RedisJournalOutlet implements JournalOutlet {
  readonly #connection: Connection

  constructor(connection: Connection) {
    this.#connection = connection
  }

  async lease(holder: string, lifetimeMs: number): Promise<boolean> {
    return (await this.#connection.run(LEASE, [JOURNAL_LEASE_KEY], [holder, lifetimeMs])) === 1
  }

  async giveUp(holder: string): Promise<void> {
    await this.#connection.run(LEASE, [JOURNAL_LEASE_KEY], [holder, 0])
  }

  waiting(): Promise<ReadonlyArray<{ readonly bytes: number; readonly oldestMs: number }>> {
    return partitionStandings(this.#connection)
  }

  async read(partition: number, after: string | undefined): Promise<JournalEntry[]> {
    const [stream] = journalKeys(partition)
    const from = after === undefined ? '-' : `(${after}`
    const answer = await this.#connection.command(
      'XRANGE',
      stream,
      from,
      '+',
      'COUNT',
      READ_TOGETHER
    )
    return (answer as Array<[Buffer, Buffer[]]>).map(([id, fields]) => {
      const { bytes, ...held } = decodeEntry(String(id), fields)
      return { ...held, place: String(id), bytes: bytes + ENTRY_BYTES }
    })
  }

  async settle(partition: number, entries: readonly JournalEntry[]): Promise<void> {
    const [first, last] = [entries[0], entries.at(-1)]
    if (first === undefined || last === undefined) return
    const bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0)
    const rows = entries.reduce(
      (sum, { decisions, events }) => sum + decisions.length + events.length,
      0
    )
    const args = [first.place, last.place, placeAfter(last.place), bytes, rows]
    await this.#connection.run(SETTLE_JOURNAL, journalKeys(partition), args)
  }

  async tell(trouble: string | undefined): Promise<void> {
    await this.#connection.run(TELL_TROUBLE, [JOURNAL_TROUBLE_KEY], [trouble ?? ''])
  }

  async keysOf(
    customers: readonly CustomerKey[],
    lifetimeMs: number
  ): Promise<Array<Buffer | undefined>> {
    const keys: Array<Buffer | undefined> = []
    for (let start = 0; start < customers.length; start += KEYS_TOGETHER) {
      const calls = customers.slice(start, start + KEYS_TOGETHER).map(customer => {
        const { journal, tombstone } = customerKeys(customer)
        const args = [randomBytes(KEY_BYTES), Math.ceil(lifetimeMs)]
        return { script: JOURNAL_KEY, keys: [journal, tombstone], args }
      })
      for (const answer of await this.#connection.runAll(calls))
        keys.push((answerOf(answer) as Buffer | null) ?? undefined)
    }
    return keys
  }

  async keyOf(customer: CustomerKey): Promise<Buffer | undefined> {
    const key = (await this.#connection.command(
      'GET',
      customerKeys(customer).journal
    )) as Buffer | null
    return key ?? undefined
  }
}

/** The first place that an entry after this one can have. */
function placeAfter(place: string): string {
  const [ms = '', number = ''] = place.split('-')
  return `${ms}-${BigInt(number) + 1n}`
}
