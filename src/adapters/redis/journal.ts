import type { CustomerEvent } from '../../domain/interaction.js'
import type { JournalStanding, WhenFull } from '../../domain/journal.js'
import { StoreUnavailable } from '../../domain/refusal.js'
import type { Journal } from '../../decisioning/ports.js'
import type { Connection } from './connection.js'
import { encodeEvents } from './journal-codec.js'
import { APPEND_JOURNAL, JOURNAL_STANDING } from './journal-scripts.js'
import { customerStem, JOURNAL_LEASE_KEY, JOURNAL_TROUBLE_KEY, journalKeys } from './keys.js'
import { slotOf } from './slots.js'
import { answerOf } from './wire.js'
import type { Call } from './wire.js'

/** Each is a stream of its own, so that the servers of a cluster share them. */
const PARTITIONS = 4
/** What an entry takes in a stream beside its payload, roughly. */
export const ENTRY_BYTES = 100
/** A process that knows the journal full looks again at this share of the bound, so that it does not change its mind with every entry. */
const ROOM_SHARE = 0.9
/** What APPEND_JOURNAL answers for an entry that has to wait. */
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
    const calls = [...groups].map(([partition, some]) =>
      this.#call(partition, 'e', { payload: encodeEvents(some), rows: some.length, whenFull })
    )
    for (const answer of await this.#connection.runAll(calls))
      if (!this.hasTaken(answerOf(answer)))
        throw new StoreUnavailable('the journal is full; what waits for its disk must go first')
  }

  /** The call that appends a batch of records (record-codec.ts); its answer is for hasTaken. */
  recordsCall(
    bucket: string,
    batch: { readonly payload: Buffer; readonly rows: number; readonly whenFull: WhenFull }
  ): Call {
    return this.#call(partitionOf(bucket), 'd', batch)
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
    const room = (this.#mostBytes / PARTITIONS) * (this.#isFull ? ROOM_SHARE : 1)
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

  #call(
    partition: number,
    kind: 'd' | 'e',
    { payload, rows, whenFull }: { payload: Buffer; rows: number; whenFull: WhenFull }
  ): Call {
    const most = Math.floor(this.#mostBytes / PARTITIONS)
    const size = payload.length + ENTRY_BYTES
    return {
      script: APPEND_JOURNAL,
      keys: journalKeys(partition),
      args: [most, whenFull, kind, rows, payload, size]
    }
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

/** The partition of what belongs together. */
function partitionOf(text: string): number {
  return slotOf(text) % PARTITIONS
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
