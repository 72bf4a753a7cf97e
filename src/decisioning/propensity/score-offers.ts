import type { Facts } from '../../policy/facts.js'
import { encodeRows } from '../../scoring/encode.js'
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
  const rows = model.plan.perOffer ? offers.length : 1
  const raw = await model.open.score(
    rows,
    encodeRows(model.plan, facts, offers, rows, model.counters)
  )
  const scores = new Float64Array(raw.length)
  for (let i = 0; i < raw.length; i++) {
    const score = model.calibrate(raw[i]!)
    if (!(score >= -TOLERANCE && score <= 1 + TOLERANCE)) throw new ScoreOutside(score)
    scores[i] = score
  }
  tallyScores(model.tally, offers, scores)
  return scores
}
