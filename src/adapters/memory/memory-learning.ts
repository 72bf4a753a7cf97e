import {
  POINT_SERIES,
  type Experience,
  type LearningPoint,
  type LedgerEntry,
  type LedgerPlace,
  type Lesson
} from '../../domain/learning.js'
import type {
  ExperienceNews,
  LearningStore,
  LearntLessons,
  WaitingLessons
} from '../../decisioning/ports.js'

interface Slice {
  expiresAtMs: number
  readonly entries: Map<string, LedgerEntry>
}

/** Lessons, ledger and experience of one process, gone with it. */
export class MemoryLearning implements LearningStore {
  readonly #clock: () => number
  readonly #mostLessons: number
  #lessons: Array<WaitingLessons['lessons'][number]> = []
  readonly #ledger = new Map<string, Slice>()
  readonly #experience = new Map<string, { readonly version: number; readonly is: Experience }>()
  readonly #series = POINT_SERIES.map((): LearningPoint[] => [])
  #appended = 0
  #version = 0
  #lease: { readonly holder: string; readonly expiresAtMs: number } | undefined

  constructor(clock: () => number, mostLessons: number) {
    this.#clock = clock
    this.#mostLessons = mostLessons
  }

  async append(lessons: readonly Lesson[]): Promise<number> {
    const room = Math.max(0, this.#mostLessons - this.#lessons.length)
    for (const lesson of lessons.slice(0, room)) {
      const place = String(++this.#appended)
      this.#lessons.push({ place, appendedMs: this.#clock(), lesson })
    }
    return Math.max(0, lessons.length - room)
  }

  async lease(holder: string, lifetimeMs: number): Promise<boolean> {
    if (this.#holder() !== undefined && this.#holder() !== holder) return false
    this.#lease = { holder, expiresAtMs: this.#clock() + lifetimeMs }
    return true
  }

  async giveUp(holder: string): Promise<void> {
    if (this.#holder() === holder) this.#lease = undefined
  }

  async waiting(most: number): Promise<WaitingLessons> {
    return { version: this.#version, lessons: this.#lessons.slice(0, most) }
  }

  async recall(ledger: readonly LedgerPlace[], experience: readonly string[]) {
    return {
      ledger: ledger.map(({ slice, entry }) => this.#slice(slice)?.entries.get(entry)),
      experience: experience.map(name => this.#experience.get(name)?.is)
    }
  }

  async learn(holder: string, learnt: LearntLessons): Promise<boolean> {
    if (this.#holder() !== holder || learnt.version !== this.#version) return false
    this.#version++
    for (const [name, is] of learnt.experience)
      this.#experience.set(name, { version: this.#version, is })
    const expiresAtMs = this.#clock() + learnt.ledgerLifetimeMs
    for (const [{ slice, entry }, known] of learnt.ledger) {
      const entries = this.#slice(slice)?.entries ?? new Map<string, LedgerEntry>()
      this.#ledger.set(slice, { expiresAtMs, entries: entries.set(entry, known) })
    }
    this.#forgetLapsed()
    this.#lessons = this.#lessons.filter(({ place }) => Number(place) > Number(learnt.upTo))
    return true
  }

  async experienceSince(version: number): Promise<ExperienceNews> {
    const since = version > this.#version ? 0 : version
    const news = [...this.#experience].filter(([, changed]) => changed.version > since)
    return {
      version: this.#version,
      isWhole: since === 0,
      experience: new Map(news.map(([name, { is }]) => [name, is]))
    }
  }

  async keepPoint(holder: string, point: LearningPoint): Promise<void> {
    if (this.#holder() !== holder) return
    this.#series.forEach((kept, i) => {
      const { everyMs, most } = POINT_SERIES[i]!
      const newest = kept.at(-1)
      if (newest !== undefined && point.timeMs - newest.timeMs < everyMs) return
      kept.push(point)
      if (kept.length > most) kept.shift()
    })
  }

  async points(): Promise<LearningPoint[]> {
    return [...new Set(this.#series.flat())].sort((one, other) => one.timeMs - other.timeMs)
  }

  #holder(): string | undefined {
    const lease = this.#lease
    return lease !== undefined && lease.expiresAtMs > this.#clock() ? lease.holder : undefined
  }

  #slice(name: string): Slice | undefined {
    const slice = this.#ledger.get(name)
    return slice !== undefined && slice.expiresAtMs > this.#clock() ? slice : undefined
  }

  /** Slices were written to in about this order; what is passed over here goes with a later one. */
  #forgetLapsed(): void {
    for (const [name, { expiresAtMs }] of this.#ledger) {
      if (expiresAtMs > this.#clock()) return
      this.#ledger.delete(name)
    }
  }
}
