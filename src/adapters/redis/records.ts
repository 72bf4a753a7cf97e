import type { JournalPeriod } from '../../domain/journal.js'
import type { DecisionRecord, DecisionRecords, FreshRecord, Log } from '../../decisioning/ports.js'
import type { Connection } from './connection.js'
import { unavailable } from './errors.js'
import { bucketOf, PARTITIONS, partitionOf, recordsKey, recordsKeys } from './keys.js'
import type { RedisJournal } from './journal.js'
import { batchOf, findRecord } from './record-codec.js'
import { RecordPacker, type PackedRecord } from './record-packer.js'
import { latestRecords, walkRecords } from './walk-records.js'
import { KEEP_RECORDS } from './record-scripts.js'
import type { Call } from './wire.js'

const COLLECT_MS = 25
const RETRY_MS = 250
const WARN_EVERY_MS = 10_000
const MOST_WAITING = 10_000
const MOST_TOGETHER = 256
const KEPT_MS = 7 * 86_400_000
/** What a batch takes in Redis beside its bytes: its key, its place in the index. */
const OVERHEAD_BYTES = 300

/** Decision records in Redis, collected for a moment and written in batches beside the requests. */
export class RedisRecords implements DecisionRecords {
  readonly #connection: Connection
  readonly #journal: RedisJournal
  readonly #log: Log
  readonly #mostBytes: number
  readonly #packer: RecordPacker
  /** Replaced rather than emptied, as the packer's lists are. */
  #waiting = new Map<string, PackedRecord>()
  #writing = new Map<string, PackedRecord>()
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
    this.#packer = new RecordPacker(
      record => this.#waiting.set(record.id, record),
      (id, error) => {
        this.#dropped++
        log.error({ decisionId: id, err: error }, 'a decision could not be recorded')
      }
    )
  }

  /** How many records were given up because Redis stayed away. */
  get dropped(): number {
    return this.#dropped
  }

  append(record: FreshRecord): void {
    this.#packer.add(record)
    if (this.#waiting.size + this.#packer.size > MOST_WAITING) this.#dropOldest()
    this.#schedule(COLLECT_MS)
  }

  #dropOldest(): void {
    const [oldest] = this.#waiting.keys()
    if (oldest === undefined) this.#packer.dropOldest()
    else this.#waiting.delete(oldest)
    this.#dropped++
    this.#warn('Redis is away and too many decision records wait; the oldest are dropped')
  }

  async get(id: string): Promise<DecisionRecord | undefined> {
    if (this.#packer.has(id)) await this.#packer.finish()
    const own = this.#waiting.get(id) ?? this.#writing.get(id)
    if (own !== undefined) return findRecord(batchOf([own]), id)
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

  latest(): AsyncIterable<readonly DecisionRecord[]> {
    return latestRecords(this.#connection)
  }

  async flush(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    do this.#written = this.#written.then(() => this.#write())
    while ((await this.#written) && this.#someWait)
  }

  #schedule(delayMs: number): void {
    this.#timer ??= setTimeout(() => void this.#writeLater(), delayMs).unref()
  }

  async #writeLater(): Promise<void> {
    this.#written = this.#written.then(() => this.#write())
    const written = await this.#written
    this.#timer = undefined
    if (this.#someWait) this.#schedule(written ? 0 : RETRY_MS)
  }

  get #someWait(): boolean {
    return this.#waiting.size + this.#packer.size > 0
  }

  /** Writes some of what waits; false when it has to wait longer. */
  async #write(): Promise<boolean> {
    await this.#packer.finish()
    const taken: PackedRecord[] = []
    const left = new Map<string, PackedRecord>()
    for (const record of this.#waiting.values()) {
      const mayGo = record.whenFull !== 'wait' || !this.#journal.isFull
      if (mayGo && taken.length < MOST_TOGETHER) taken.push(record)
      else left.set(record.id, record)
    }
    this.#waiting = left
    this.#writing = new Map(taken.map(record => [record.id, record]))
    const groups = [...byBucket(taken).values()]
    const failures = await this.#send(groups)
    const failed = groups.flatMap((records, i) => (failures[i] === undefined ? [] : records))
    for (const record of failed) this.#waiting.set(record.id, record)
    this.#writing = new Map()
    if (failed.length > 0)
      this.#warn(
        `decision records could not be written and wait: ${failures.find(failure => failure !== undefined)}`
      )
    return failed.length === 0 && (taken.length > 0 || this.#waiting.size === 0)
  }

  /** Answers for each group why it has to be sent again; undefined where it is kept, and journalled where it is to be. */
  async #send(groups: ReadonlyArray<readonly PackedRecord[]>): Promise<Array<string | undefined>> {
    try {
      const answers = await this.#connection.runAll(groups.map(records => this.#callFor(records)))
      return answers.map(answer => this.#failureOf(answer))
    } catch (error) {
      return groups.map(() => unavailable(error).message)
    }
  }

  #failureOf(answer: unknown): string | undefined {
    if (answer instanceof Error) return answer.message
    return this.#journal.hasTaken(answer) ? undefined : 'the journal is full'
  }

  /** The same bytes are kept for people and appended to the journal; they are sent once. */
  #callFor(records: readonly PackedRecord[]): Call {
    const [{ id, decidedAtMs, whenFull }] = records as readonly [PackedRecord]
    const bucket = bucketOf(id)
    const batch = batchOf(records)
    const partition = partitionOf(bucket)
    const { index, bytes, lists } = recordsKeys(partition)
    const size = batch.length + OVERHEAD_BYTES
    const journalled =
      whenFull &&
      this.#journal.appending(partition, { bytes: batch.length, rows: records.length, whenFull })
    return {
      script: KEEP_RECORDS,
      keys: [recordsKey(bucket), index, bytes, ...(journalled?.keys ?? [])],
      args: [
        batch,
        `${bucket}:${size}:${this.#batches++}`,
        decidedAtMs,
        size,
        Math.floor(this.#mostBytes / PARTITIONS),
        KEPT_MS,
        lists,
        ...(journalled?.args ?? [])
      ]
    }
  }

  #warn(sentence: string): void {
    if (performance.now() - this.#warnedAtMs < WARN_EVERY_MS) return
    this.#warnedAtMs = performance.now()
    this.#log.warn({ waiting: this.#waiting.size, dropped: this.#dropped }, sentence)
  }
}

/** What is written together: records of a slot that go the same way. */
function byBucket(records: readonly PackedRecord[]): Map<string, PackedRecord[]> {
  const groups = new Map<string, PackedRecord[]>()
  for (const record of records) {
    const together = `${record.whenFull ?? ''} ${bucketOf(record.id)}`
    const group = groups.get(together)
    if (group === undefined) groups.set(together, [record])
    else group.push(record)
  }
  return groups
}
