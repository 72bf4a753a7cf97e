import type { WhenFull } from '../../domain/journal.js'
import type { FreshRecord } from '../../decisioning/ports.js'
import { packRecord } from './record-codec.js'

/** A record in the bytes in which it is kept. */
export interface PackedRecord {
  readonly id: string
  readonly decidedAtMs: number
  /** undefined: the record is kept, and not journalled. */
  readonly whenFull: WhenFull | undefined
  readonly bytes: Buffer
}

/** Records packed in one go; between two goes waiting requests get their turn. */
const PACKED_TOGETHER = 16

/**
 * Turns records into bytes as soon as the turn is over in which they were made, and those that have to be prepared when the others are
 * written. What waits for the store is then a few kilobytes beside the heap. As objects, with all that they hold, they outlived a
 * collection of young objects or two, and copying them took an eighth of what a decision costs.
 *
 * What waits here stands in lists that are left behind whole. A map whose members come and go leaves tables behind that point from one
 * to the next; once one of them is old, all that stood in the later ones grows old with it.
 */
export class RecordPacker {
  #fresh: FreshRecord[] = []
  /** Those that have to be prepared. */
  #unprepared: FreshRecord[] = []
  readonly #packed: (record: PackedRecord) => void
  readonly #failed: (id: string, error: unknown) => void
  #preparing: FreshRecord[] = []
  #next: NodeJS.Immediate | undefined
  /** The last call of finish; each waits for the one before. */
  #finished: Promise<void> = Promise.resolve()

  /** @param failed told of a record that could not be packed, which is given up */
  constructor(
    packed: (record: PackedRecord) => void,
    failed: (id: string, error: unknown) => void
  ) {
    this.#packed = packed
    this.#failed = failed
  }

  get size(): number {
    return this.#fresh.length + this.#unprepared.length
  }

  add(record: FreshRecord): void {
    if (record.prepare !== undefined) {
      this.#unprepared.push(record)
      return
    }
    this.#fresh.push(record)
    this.#next ??= setImmediate(() => this.#packSome())
  }

  /** Whether the record is here, and not packed yet. */
  has(id: string): boolean {
    const isIt = (record: FreshRecord) => record.id === id
    return this.#fresh.some(isIt) || this.#unprepared.some(isIt) || this.#preparing.some(isIt)
  }

  /** Gives the oldest up. */
  dropOldest(): void {
    if (this.#unprepared.length > 0) this.#unprepared = this.#unprepared.slice(1)
    else this.#fresh = this.#fresh.slice(1)
  }

  /** Packs all that is here now, those that have to be prepared too. */
  finish(): Promise<void> {
    this.#finished = this.#finished.then(() => this.#prepareAll())
    return this.#finished
  }

  async #prepareAll(): Promise<void> {
    while (this.#fresh.length > 0) {
      this.#packSome()
      if (this.#fresh.length > 0) await new Promise(resolve => setImmediate(resolve))
    }
    const preparing = this.#unprepared
    this.#unprepared = []
    this.#preparing = preparing
    for (const [i, record] of preparing.entries()) {
      if (i % PACKED_TOGETHER === PACKED_TOGETHER - 1)
        await new Promise(resolve => setImmediate(resolve))
      try {
        await record.prepare?.()
        this.#pack(record)
      } catch (error) {
        this.#failed(record.id, error)
      }
    }
    this.#preparing = []
  }

  #packSome(): void {
    this.#next = undefined
    const fresh = this.#fresh
    this.#fresh = fresh.length > PACKED_TOGETHER ? fresh.slice(PACKED_TOGETHER) : []
    if (this.#fresh.length > 0) this.#next = setImmediate(() => this.#packSome())
    for (const record of fresh.slice(0, PACKED_TOGETHER)) this.#pack(record)
  }

  #pack(record: FreshRecord): void {
    const { id, decidedAtMs, journal } = record
    try {
      this.#packed({ id, decidedAtMs, whenFull: journal?.whenFull, bytes: packRecord(record) })
    } catch (error) {
      this.#failed(id, error)
    }
  }
}
