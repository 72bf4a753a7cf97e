import type { JournalPeriod } from '../../domain/journal.js'
import type { DecisionRecord, DecisionRecords, FreshRecord } from '../../decisioning/ports.js'

const KEPT_MS = 7 * 86_400_000
/** What a record takes beside its texts, roughly: its trace and its place in the map. */
const OVERHEAD_BYTES = 4096

/** The decisions of this process: seven days, up to a bound of bytes, oldest out first. */
export class MemoryRecords implements DecisionRecords {
  readonly #clock: () => number
  readonly #mostBytes: number
  readonly #records = new Map<string, DecisionRecord>()
  /** Records that are not ready to be kept. */
  readonly #preparing = new Map<string, Promise<void>>()
  #bytes = 0

  constructor(clock: () => number, mostBytes: number) {
    this.#clock = clock
    this.#mostBytes = mostBytes
  }

  append(fresh: FreshRecord): void {
    if (fresh.prepare === undefined) {
      this.#keep(fresh)
      return
    }
    const kept = fresh.prepare().then(() => {
      this.#keep(fresh)
      this.#preparing.delete(fresh.id)
    })
    this.#preparing.set(fresh.id, kept)
  }

  #keep(fresh: FreshRecord): void {
    const { prepare: _prepare, packAnswer, packTrace, journal: _, packReplay, ...rest } = fresh
    const replay = packReplay?.()
    const record: DecisionRecord = {
      ...rest,
      answer: packAnswer(),
      trace: packTrace(),
      ...(replay === undefined ? {} : { replay })
    }
    this.#drop(record.id)
    this.#records.set(record.id, record)
    this.#bytes += sizeOf(record)
    for (const [id, { decidedAtMs }] of this.#records) {
      if (this.#bytes <= this.#mostBytes && decidedAtMs > this.#clock() - KEPT_MS) break
      this.#drop(id)
    }
  }

  async get(id: string): Promise<DecisionRecord | undefined> {
    await this.#preparing.get(id)
    const record = this.#records.get(id)
    return record !== undefined && record.decidedAtMs > this.#clock() - KEPT_MS ? record : undefined
  }

  async *walk({ fromMs, toMs }: JournalPeriod): AsyncGenerator<readonly DecisionRecord[]> {
    for (const record of [...this.#records.values()])
      if (record.decidedAtMs >= fromMs && record.decidedAtMs < toMs) yield [record]
  }

  async *latest(): AsyncGenerator<readonly DecisionRecord[]> {
    for (const record of [...this.#records.values()].reverse()) yield [record]
  }

  async flush(): Promise<void> {
    await Promise.all(this.#preparing.values())
  }

  #drop(id: string): void {
    const record = this.#records.get(id)
    if (record === undefined) return
    this.#records.delete(id)
    this.#bytes -= sizeOf(record)
  }
}

function sizeOf(record: DecisionRecord): number {
  return 2 * (record.answer.length + record.request.length) + OVERHEAD_BYTES
}
