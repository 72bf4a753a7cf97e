import type { CustomerEvent } from '../../domain/interaction.js'
import type { JournalStanding, WhenFull } from '../../domain/journal.js'
import { StoreUnavailable } from '../../domain/refusal.js'
import type { Journal } from '../../decisioning/ports.js'
import type { Connection } from './connection.js'
import { encodeEvents } from './journal-codec.js'
import { APPEND_EVENTS, JOURNAL_STANDING } from './journal-scripts.js'
import {
  customerStem,
  JOURNAL_LEASE_KEY,
  JOURNAL_TROUBLE_KEY,
  journalKeys,
  PARTITIONS,
  partitionOf
} from './keys.js'
import { answerOf, type Argument } from './wire.js'

/** What an entry takes in a stream beside its payload, roughly. */
export const ENTRY_BYTES = 100
/** A process that knows the journal full looks again at this share of the bound, so that it does not change its mind with every entry. */
const ROOM_SHARE = 0.9
/** What the script answers for an entry that has to wait. */
const FULL = -2

/** The journal's streams in Redis. Each partition may hold its share of the bound. */
export class RedisJournal implements Journal {
  readonly #connection: Connection
  readonly #mostBytes: number
  #isFull = false

  constructor(connection: Connection, mostBytes: number) {
    this.#connection = connection
    this.#mostBytes = mostBytes
  }

  get isFull(): boolean {
    return this.#isFull
  }

  /** One entry a partition, in one round trip. */
  async append(events: readonly CustomerEvent[], whenFull: WhenFull): Promise<void> {
    const groups = new Map<number, CustomerEvent[]>()
    for (const event of events) {
      const partition = partitionOf(customerStem(event.customer))
      const group = groups.get(partition)
      if (group === undefined) groups.set(partition, [event])
      else group.push(event)
    }
    const calls = [...groups].map(([partition, some]) => {
      const payload = encodeEvents(some)
      const args = [this.#most, whenFull, some.length, payload, payload.length + ENTRY_BYTES]
      return { script: APPEND_EVENTS, keys: journalKeys(partition), args }
    })
    for (const answer of await this.#connection.runAll(calls))
      if (!this.hasTaken(answerOf(answer)))
        throw new StoreUnavailable('the journal is full; what waits for its disk must go first')
  }

  /** What makes KEEP_RECORDS append a batch of records (record-codec.ts) too; its answer is for hasTaken. */
  appending(
    partition: number,
    batch: { readonly bytes: number; readonly rows: number; readonly whenFull: WhenFull }
  ): { readonly keys: readonly string[]; readonly args: readonly Argument[] } {
    const { bytes, rows, whenFull } = batch
    return {
      keys: journalKeys(partition),
      args: [this.#most, whenFull, rows, bytes + ENTRY_BYTES]
    }
  }

  /** False where an entry has to wait, which says that the journal is full. */
  hasTaken(answer: unknown): boolean {
    if (answer !== FULL) return true
    this.#isFull = true
    return false
  }

  async standing(): Promise<JournalStanding> {
    const [[lease, trouble], partitions] = await Promise.all([
      this.#connection.runAll([
        { command: 'EXISTS', args: [JOURNAL_LEASE_KEY] },
        { command: 'GET', args: [JOURNAL_TROUBLE_KEY] }
      ]),
      partitionStandings(this.#connection)
    ])
    const sum = (of: (one: PartitionStanding) => number) =>
      partitions.reduce((all, one) => all + of(one), 0)
    const oldestMs = Math.min(...partitions.map(one => one.oldestMs))
    const room = this.#most * (this.#isFull ? ROOM_SHARE : 1)
    this.#isFull = partitions.some(({ bytes }) => bytes >= room)
    const told = answerOf(trouble) as Buffer | null
    return {
      waitingBytes: sum(({ bytes }) => bytes),
      waiting: sum(({ rows }) => rows),
      mostBytes: this.#mostBytes,
      dropped: sum(({ dropped }) => dropped),
      exported: sum(({ exported }) => exported),
      oldestMs: Number.isFinite(oldestMs) ? oldestMs : undefined,
      isExported: answerOf(lease) === 1,
      trouble: told?.toString()
    }
  }

  get #most(): number {
    return Math.floor(this.#mostBytes / PARTITIONS)
  }
}

/** How every partition stands, in one round trip. */
export async function partitionStandings(connection: Connection): Promise<PartitionStanding[]> {
  const calls = Array.from({ length: PARTITIONS }, (_, partition) => ({
    script: JOURNAL_STANDING,
    keys: journalKeys(partition),
    args: []
  }))
  return (await connection.runAll(calls)).map(answer => readStanding(answerOf(answer) as unknown[]))
}

interface PartitionStanding {
  readonly bytes: number
  readonly rows: number
  readonly dropped: number
  readonly exported: number
  /** Infinity where nothing waits. */
  readonly oldestMs: number
}

function readStanding(answer: readonly unknown[]): PartitionStanding {
  const [bytes = 0, rows = 0, dropped = 0, exported = 0] = answer.slice(0, 4).map(Number)
  const oldest = String(answer[4])
  return {
    bytes,
    rows,
    dropped,
    exported,
    oldestMs: oldest === '' ? Infinity : Number(oldest.split('-')[0])
  }
}
