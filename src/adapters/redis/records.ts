import { partsOf } from '../../domain/decision-id.js'
import type { JournalPeriod } from '../../domain/journal.js'
import type { DecisionRecord, DecisionRecords, FreshRecord, Log } from '../../decisioning/ports.js'
import type { Connection } from './connection.js'
import { unavailable } from './errors.js'
import { RECORDS_BYTES_KEY, RECORDS_INDEX_KEY, RECORDS_STEM, recordsKey } from './keys.js'
import type { RedisJournal } from './journal.js'
import { encodeRecords, findRecord } from './record-codec.js'
import { walkRecords } from './walk-records.js'
import { KEEP_RECORDS } from './scripts.js'
import type { Call } from './wire.js'

const COLLECT_MS = 25
const RETRY_MS = 250
const WARN_EVERY_MS = 10_000
const MOST_WAITING = 10_000
const MOST_TOGETHER = 256
const KEPT_MS = 7 * 86_400_000
/** Decisions of one process whose ids fall into the same slot share a key, so that an id leads to its key without a look-up. */
const SLOT_MS = 32
/** What a batch takes in Redis beside its bytes: its key, its place in the index. */
const OVERHEAD_BYTES = 300

/** Decision records in Redis, collected for a moment and written in compressed batches beside the requests. */
export class RedisRecords implements DecisionRecords {
  readonly #connection: Connection
  readonly #journal: RedisJournal
  readonly #log: Log
  readonly #mostBytes: number
  readonly #waiting = new Map<string, FreshRecord>()
  readonly #writing = new Map<string, FreshRecord>()
  #timer: NodeJS.Timeout | undefined
  /** The last write; each waits for the one before. */
  #written: Promise<boolean> = Promise.resolve(true)
  #batches = 0
  #dropped = 0
  #warnedAtMs = Number.NEGATIVE_INFINITY

  constructor(connection: Connection, journal: RedisJournal, log: Log, mostBytes: number) {
    this.#connection = connection
    this.#journal = journal
    this.#log = log
    this.#mostBytes = mostBytes
  }

  /** How many records were given up because Redis stayed away. */
  get dropped(): number {
    return this.#dropped
  }

  append(record: FreshRecord): void {
    this.#waiting.set(record.id, record)
    if (this.#waiting.size > MOST_WAITING) {
      const [oldest] = this.#waiting.keys()
      this.#waiting.delete(oldest!)
      this.#dropped++
      this.#warn('Redis is away and too many decision records wait; the oldest are dropped')
    }
    this.#schedule(COLLECT_MS)
  }

  async get(id: string): Promise<DecisionRecord | undefined> {
    const own = this.#waiting.get(id) ?? this.#writing.get(id)
    if (own !== undefined) {
      const { prepare, packAnswer, packTrace, journal: _, packReplay, ...record } = own
      await prepare?.()
      return { ...record, answer: packAnswer(), trace: packTrace(), ...replayOf(packReplay) }
    }
    const batches = (await this.#connection.command(
      'LRANGE',
      recordsKey(bucketOf(id)),
      0,
      -1
    )) as Buffer[]
    for (const batch of batches) {
      const record = findRecord(batch, id)
      if (record !== undefined) return record
    }
    return undefined
  }

  walk(period: JournalPeriod): AsyncIterable<readonly DecisionRecord[]> {
    return walkRecords(this.#connection, period)
  }

  async flush(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    do this.#written = this.#written.then(() => this.#write())
    while ((await this.#written) && this.#waiting.size > 0)
  }

  #schedule(delayMs: number): void {
    this.#timer ??= setTimeout(() => void this.#writeLater(), delayMs).unref()
  }

  async #writeLater(): Promise<void> {
    this.#written = this.#written.then(() => this.#write())
    const written = await this.#written
    this.#timer = undefined
    if (this.#waiting.size > 0) this.#schedule(written ? 0 : RETRY_MS)
  }

  /** Writes some of what waits; false when it has to wait longer. */
  async #write(): Promise<boolean> {
    const taken = [...this.#waiting.values()]
      .filter(({ journal }) => journal?.whenFull !== 'wait' || !this.#journal.isFull)
      .slice(0, MOST_TOGETHER)
    for (const record of taken) {
      this.#writing.set(record.id, record)
      this.#waiting.delete(record.id)
    }
    const groups = [...byBucket(taken).values()]
    const failures = await this.#send(groups)
    const failed = groups.flatMap((records, i) => (failures[i] === undefined ? [] : records))
    for (const record of failed) this.#waiting.set(record.id, record)
    for (const { id } of taken) this.#writing.delete(id)
    if (failed.length > 0)
      this.#warn(
        `decision records could not be written and wait: ${failures.find(failure => failure !== undefined)}`
      )
    return failed.length === 0 && (taken.length > 0 || this.#waiting.size === 0)
  }

  /** Answers for each group why it has to be sent again; undefined where it is kept, and journalled where it is to be. */
  async #send(groups: ReadonlyArray<readonly FreshRecord[]>): Promise<Array<string | undefined>> {
    try {
      const calls: Call[][] = []
      for (const records of groups) calls.push(await this.#callsFor(records))
      const answers = await this.#connection.runAll(calls.flat())
      let at = 0
      return calls.map(({ length }) => this.#failureOf(answers.slice(at, (at += length))))
    } catch (error) {
      return groups.map(() => unavailable(error).message)
    }
  }

  #failureOf([kept, journalled]: readonly unknown[]): string | undefined {
    if (kept instanceof Error) return kept.message
    if (journalled instanceof Error) return journalled.message
    return this.#journal.hasTaken(journalled) ? undefined : 'the journal is full'
  }

  /** The same bytes are kept for people and appended to the journal. */
  async #callsFor(records: readonly FreshRecord[]): Promise<Call[]> {
    const [first] = records as readonly [FreshRecord]
    const bucket = bucketOf(first.id)
    const payload = await encodeRecords(records)
    const keep = this.#call(bucket, first.decidedAtMs, payload)
    if (first.journal === undefined) return [keep]
    const { whenFull } = first.journal
    return [keep, this.#journal.recordsCall(bucket, { payload, rows: records.length, whenFull })]
  }

  #call(bucket: string, timeMs: number, batch: Buffer): Call {
    const size = batch.length + OVERHEAD_BYTES
    return {
      script: KEEP_RECORDS,
      keys: [recordsKey(bucket), RECORDS_INDEX_KEY, RECORDS_BYTES_KEY],
      args: [
        batch,
        `${bucket}:${size}:${this.#batches++}`,
        timeMs,
        size,
        this.#mostBytes,
        KEPT_MS,
        `${RECORDS_STEM}b:`
      ]
    }
  }

  #warn(sentence: string): void {
    if (performance.now() - this.#warnedAtMs < WARN_EVERY_MS) return
    this.#warnedAtMs = performance.now()
    this.#log.warn({ waiting: this.#waiting.size, dropped: this.#dropped }, sentence)
  }
}

function replayOf(packReplay: FreshRecord['packReplay']): Pick<DecisionRecord, 'replay'> {
  const replay = packReplay?.()
  return replay === undefined ? {} : { replay }
}

/** What is written together: records of a slot that go the same way. */
function byBucket(records: readonly FreshRecord[]): Map<string, FreshRecord[]> {
  const groups = new Map<string, FreshRecord[]>()
  for (const record of records) {
    const together = `${record.journal?.whenFull ?? ''} ${bucketOf(record.id)}`
    const group = groups.get(together)
    if (group === undefined) groups.set(together, [record])
    else group.push(record)
  }
  return groups
}

/** The slot of an id; an id that is none of ours has a slot of its own. */
function bucketOf(id: string): string {
  const parts = partsOf(id)
  return parts === undefined
    ? `other:${id}`
    : `${parts.writer.toString(16)}:${Math.floor(parts.timeMs / SLOT_MS)}`
}
