import type { ReplayReport } from '../../decisioning/replay/replay.js'
import { Refusal } from '../../domain/refusal.js'

/** Decisions whose first difference is at the same stage. */
export interface StageTally {
  readonly stage: string
  readonly decisions: number
  /** The first of them. */
  readonly example: ReplayReport
}

/** What many replays came to. */
export interface ReplaySummary {
  readonly replayed: number
  readonly differing: number
  readonly scores: ReplayReport['scores']
  /** Those that differ, by stage, most first. */
  readonly stages: readonly StageTally[]
  /** Why decisions could not be made again, and how many. */
  readonly notReplayable: ReadonlyArray<{ readonly reason: string; readonly decisions: number }>
}

/** Counts what replays come to. */
export class ReplayTally {
  #replayed = 0
  #compared = 0
  #largestDifference = 0
  #firstMs: number | undefined
  readonly #stages = new Map<string, { decisions: number; example: ReplayReport }>()
  readonly #reasons = new Map<string, number>()

  /** A decision that cannot be made again is counted, too; other failures pass through. */
  async add(replaying: Promise<ReplayReport>): Promise<void> {
    try {
      this.#count(await replaying)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      this.#reasons.set(error.message, (this.#reasons.get(error.message) ?? 0) + 1)
    }
  }

  /** How much of the time from the first decision on is done, from 0 to 1. */
  shareOf(atMs: number, nowMs: number): number {
    this.#firstMs ??= atMs
    return nowMs <= this.#firstMs ? 1 : (atMs - this.#firstMs) / (nowMs - this.#firstMs)
  }

  summary(): ReplaySummary {
    const stages = Array.from(this.#stages, ([stage, tally]) => ({ stage, ...tally }))
    return {
      replayed: this.#replayed,
      differing: stages.reduce((sum, { decisions }) => sum + decisions, 0),
      scores: { compared: this.#compared, largestDifference: this.#largestDifference },
      stages: stages.sort((one, other) => other.decisions - one.decisions),
      notReplayable: Array.from(this.#reasons, ([reason, decisions]) => ({ reason, decisions }))
    }
  }

  #count(report: ReplayReport): void {
    const { difference, scores } = report
    this.#replayed++
    this.#compared += scores.compared
    this.#largestDifference = Math.max(this.#largestDifference, scores.largestDifference)
    if (difference === undefined) return
    const tally = this.#stages.get(difference.stage) ?? { decisions: 0, example: report }
    tally.decisions++
    this.#stages.set(difference.stage, tally)
  }
}
