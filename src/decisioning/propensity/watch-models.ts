import { sumOf } from '../../learning/sum.js'
import type { Log } from '../ports.js'
import type { ReadyModel } from './ready-model.js'
import type { ScoreTally } from '../../scoring/score-tally.js'
import { modelsOf, type Snapshot } from '../snapshot.js'

/** Fewer scores, or values, than this tell nothing. */
const LEAST = 500
/** A mean that is so many times what it was, or so many times less, is told. */
const MOST_CHANGE = 2
/** Share of a column's values outside the training range, beyond which it is told. */
const MOST_OUTSIDE = 0.05

/** What was counted of one figure until a look. */
interface Counted {
  /** Of the scores, or the values outside the range. */
  readonly sum: number
  readonly count: number
}

const NOTHING: Counted = { sum: 0, count: 0 }

/**
 * Tells the log when models are asked or say something else than before: each look judges what came since the last one. Scores are
 * compared with those from the load until then, values with the range that the model was trained on. A figure is told at most once
 * a look.
 */
export function createModelWatch(log: Log): (snapshot: Snapshot) => void {
  let hash: string | undefined
  let before = new Map<string, Counted>()

  return snapshot => {
    const now = new Map<string, Counted>()
    if (snapshot.hash !== hash) before = new Map()
    hash = snapshot.hash
    for (const model of modelsOf(snapshot)) {
      const scores = scoresOf(model.tally)
      now.set(model.label, scores)
      judgeScores(model, scores, before.get(model.label) ?? NOTHING)
      for (const { input, label: column, range } of [...model.plan.shared, ...model.plan.byOffer]) {
        if (range === undefined) continue
        const key = JSON.stringify([model.label, input, column])
        const values = { sum: range.outside, count: range.values }
        now.set(key, values)
        judgeValues({ model: model.label, input, column }, values, before.get(key) ?? NOTHING)
      }
    }
    before = now
  }

  function judgeScores({ label: model }: ReadyModel, now: Counted, earlier: Counted): void {
    const scores = now.count - earlier.count
    if (earlier.count < LEAST || scores < LEAST) return
    const mean = (now.sum - earlier.sum) / scores
    const meanBefore = earlier.sum / earlier.count
    if (mean <= meanBefore * MOST_CHANGE && mean * MOST_CHANGE >= meanBefore) return
    log.warn(
      { model, mean, meanBefore, scores },
      'the scores of a model are far from what they were; compare offerd_model_scores_sum and _count by offer'
    )
  }

  function judgeValues(of: object, now: Counted, earlier: Counted): void {
    const values = now.count - earlier.count
    if (values < LEAST) return
    const share = (now.sum - earlier.sum) / values
    if (share <= MOST_OUTSIDE) return
    log.warn(
      { ...of, share, values },
      'a model is asked with values outside the range that it was trained on; look at where they come from, or train it anew'
    )
  }
}

function scoresOf({ sums, counts }: ScoreTally): Counted {
  return { sum: sumOf(sums), count: sumOf(counts) }
}
