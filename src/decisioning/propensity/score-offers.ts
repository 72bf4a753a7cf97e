import type { Facts } from '../../policy/facts.js'
import { encodeRows, encodeSides } from '../../scoring/encode.js'
import type { Fusion } from './fuse-models.js'
import type { ReadyModel } from './ready-model.js'
import { tallyScores } from '../../scoring/score-tally.js'

/** How far outside [0,1] rounding may carry a probability before the model counts as broken. */
const TOLERANCE = 1e-6

/** A model gave what is no probability. */
export class ScoreOutside extends Error {
  override readonly name = 'ScoreOutside'
  readonly score: number

  constructor(score: number) {
    super(`a score of ${score} is no probability`)
    this.score = score
  }
}

/** Offers that a model is to score. */
export interface ModelOffers {
  readonly model: ReadyModel
  /** Indices. */
  readonly offers: Int32Array
}

/**
 * Scores offers with one run, which it shares with all others of the same turn of the event loop.
 * @param offers indices
 * @returns calibrated scores in [0, 1], one for each of the offers; where all would be the same, one for all of them.
 *   Rejects when the run fails, and with ScoreOutside for NaN and what lies outside [0, 1].
 */
export async function scoreOffers(
  model: ReadyModel,
  facts: Facts,
  offers: Int32Array
): Promise<Float64Array> {
  const rows = rowsOf(model, offers)
  const encode = encodeRows(model.plan, facts, offers, rows, model.counters)
  return calibrated({ model, offers }, await model.open.score(rows, encode), 0, 1)
}

/** How many rows tell a model's scores of offers. */
function rowsOf({ plan }: ReadyModel, offers: Int32Array): number {
  return plan.perOffer ? offers.length : 1
}

/**
 * Scores the offers of some members of a fusion with one run.
 * @returns by member that was asked, in their order: what scoreOffers gives, or what it would reject with. Rejects when the run fails.
 */
export async function scoreTogether(
  { open, members, layout }: Fusion,
  facts: Facts,
  asked: readonly ModelOffers[]
): Promise<Array<Float64Array | ScoreOutside>> {
  const numbers = asked.map(({ model }) => members.indexOf(model))
  const sides = asked.map(({ model, offers }, i) => {
    const count = rowsOf(model, offers)
    return { plan: layout.plans[numbers[i]!]!, offers, count, counters: model.counters }
  })
  const rows = Math.max(...sides.map(({ count }) => count))
  const raw = await open.score(rows, encodeSides(layout.common, sides, facts, rows))
  return asked.map((each, i) => {
    try {
      return calibrated(each, raw, numbers[i]!, members.length)
    } catch (error) {
      if (error instanceof ScoreOutside) return error
      throw error
    }
  })
}

/** Whether one run of all members costs less than a run of each that is asked. */
export function isCheaperTogether({ open }: Fusion, asked: readonly ModelOffers[]): boolean {
  let longest = 0
  let apartMicros = 0
  for (const { model, offers } of asked) {
    const rows = rowsOf(model, offers)
    const { runMicros, rowMicros } = model.open.cost
    longest = Math.max(longest, rows)
    apartMicros += runMicros + rowMicros * rows
  }
  return asked.length > 1 && open.cost.runMicros + open.cost.rowMicros * longest < apartMicros
}

/** @param first where the first row's raw score stands, and how far apart rows stand */
function calibrated(
  { model, offers }: ModelOffers,
  raw: Float64Array,
  first: number,
  stride: number
): Float64Array {
  const scores = new Float64Array(rowsOf(model, offers))
  for (let i = 0; i < scores.length; i++) {
    const score = model.calibrate(raw[first + i * stride]!)
    if (!(score >= -TOLERANCE && score <= 1 + TOLERANCE)) throw new ScoreOutside(score)
    scores[i] = score
  }
  tallyScores(model.tally, offers, scores)
  return scores
}
