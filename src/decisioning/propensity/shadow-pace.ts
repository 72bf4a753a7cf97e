import type { Facts } from '../../policy/facts.js'
import { LATE, within, type Deadline } from '../deadline.js'
import type { Log, Meters } from '../ports.js'
import type { ReadyModel } from './ready-model.js'
import { scoreOffers } from './score-offers.js'

export interface PaceDeps {
  readonly meters: Pick<Meters, 'shadowScored'>
  readonly log: Log
  readonly clock: { monotonicMs(): number }
}

/** What one shadow is asked in one decision. */
export interface ShadowWork {
  readonly model: ReadyModel
  readonly facts: Facts
  /** Positions among the contestants, and the offers' indices. */
  readonly contestants: readonly number[]
  readonly offers: Int32Array
  /** On the monotonic clock. */
  readonly notedAtMs: number
  /** One for each of the contestants; undefined until they are there. */
  scores: Float64Array | undefined
}

/** What has waited for longer is not scored: then the process has other things to do. */
const BEHIND_MS = 500
/** A run that has not answered by then has failed. */
const LATE_MS = 100
/** Most of the time that one shadow may take; it rests after a run until it is back at that. */
const MOST_SHARE = 0.2
/** How far it may be ahead of its share. */
const BURST_MS = 100
const WARN_EVERY_MS = 60_000

type Outcome = Parameters<Meters['shadowScored']>[1]

/** One shadow at work: how much time it has taken, and what became of what it was asked. */
export class ShadowPace {
  readonly #model: ReadyModel
  readonly #deps: PaceDeps
  /** When it will have taken no more than its share, on the monotonic clock. */
  #paidAtMs = 0
  #warnedAtMs = Number.NEGATIVE_INFINITY

  constructor(model: ReadyModel, deps: PaceDeps) {
    this.#model = model
    this.#deps = deps
  }

  /** Scores the works with one run, or counts why not. Never rejects. */
  async run(works: readonly ShadowWork[]): Promise<void> {
    const { clock } = this.#deps
    const startedAtMs = clock.monotonicMs()
    const rests = this.#paidAtMs > startedAtMs + BURST_MS
    const due = works.filter(({ notedAtMs }) => !rests && startedAtMs - notedAtMs <= BEHIND_MS)
    if (due.length < works.length) this.#count('skipped', works.length - due.length)
    if (due.length === 0) return
    const deadline = { atMs: startedAtMs + LATE_MS, clock: clock.monotonicMs }
    const scored = await Promise.all(due.map(work => this.#score(work, deadline)))
    const tookMs = clock.monotonicMs() - startedAtMs
    this.#paidAtMs = Math.max(this.#paidAtMs, startedAtMs) + tookMs / MOST_SHARE
    const successes = scored.filter(Boolean).length
    if (successes > 0) this.#count('scored', successes)
    if (successes < due.length) this.#count('failed', due.length - successes)
  }

  /** Whether it gave scores. */
  async #score(work: ShadowWork, deadline: Deadline): Promise<boolean> {
    const { facts, offers } = work
    try {
      const scores = await within(scoreOffers(this.#model, facts, offers), deadline)
      if (scores === LATE) {
        this.#warn({ lateMs: LATE_MS }, 'a shadow model was too late')
        return false
      }
      work.scores =
        scores.length === offers.length ? scores : new Float64Array(offers.length).fill(scores[0]!)
      return true
    } catch (error) {
      this.#warn({ err: error }, 'a shadow model failed')
      return false
    }
  }

  #count(outcome: Outcome, decisions: number): void {
    this.#deps.meters.shadowScored(this.#model.label, outcome, decisions)
    if (outcome === 'skipped')
      this.#warn({ decisions }, 'a shadow model takes too long, or the process is behind')
  }

  #warn(facts: object, sentence: string): void {
    const nowMs = this.#deps.clock.monotonicMs()
    if (nowMs - this.#warnedAtMs < WARN_EVERY_MS) return
    this.#warnedAtMs = nowMs
    this.#deps.log.warn(
      { model: this.#model.label, ...facts },
      `${sentence}; decisions go on, without its scores (told at most once a minute)`
    )
  }
}
