import { scorePropensities, type Propensities } from './propensities.js'
import type { MadeDecision } from './recorded-decision.js'

/** By how much a model's score of a row may differ from one run to another: alone and in a batch it is not the same arithmetic. */
const SCORE_TOLERANCE = 1e-6

/** What came of asking the models again. */
export interface ScoreComparison {
  compared: number
  /** 0 where nothing was compared. */
  largestDifference: number
}

interface RecordedScore {
  readonly value: number
  /** undefined where the prior gave it. */
  readonly model: string | undefined
}

/**
 * Runs the models and compares their scores with the recorded ones. Where they agree, the recorded score goes on, so that everything
 * after it is computed exactly; where they do not, or another model or prior scores the offer now, the fresh one.
 */
export function recordedScores(recorded: MadeDecision): {
  score: typeof scorePropensities
  comparison: ScoreComparison
} {
  const known = scoresOf(recorded)
  const failed = recorded.answer.degraded.filter(reason => reason.startsWith('model:'))
  const comparison: ScoreComparison = { compared: 0, largestDifference: 0 }

  return {
    comparison,
    async score(deps, snapshot, facts, candidates, left, ...rest) {
      const fresh = await scorePropensities(deps, snapshot, facts, candidates, left, ...rest)
      const values = fresh.values.slice()
      const models = [...fresh.models]
      for (let i = 0; i < left.length; i++) {
        const { id } = snapshot.strategy.offers[candidates.offers[left[i]!]!]!
        const before = known.get(id)
        const model = models[i]
        if (before === undefined || model === undefined) continue
        if (before.model === undefined) {
          // The model failed then.
          if (!failed.includes(`model:${model.name}`)) continue
          values[i] = before.value
          models[i] = undefined
        } else if (before.model === model.name) {
          const difference = Math.abs(values[i]! - before.value)
          comparison.compared++
          comparison.largestDifference = Math.max(comparison.largestDifference, difference)
          if (difference <= SCORE_TOLERANCE) values[i] = before.value
        }
      }
      const degraded = [...new Set([...failed, ...fresh.degraded])].sort()
      return { values, models, degraded } satisfies Propensities
    }
  }
}

/** What was known of the propensities, by offer. */
function scoresOf({ trace, legend }: MadeDecision): ReadonlyMap<string, RecordedScore> {
  const { contest, offers } = trace
  if (contest === null) return new Map()
  const values = knownPropensities({ trace })!
  return new Map(
    Array.from(contest.positions, (position, i) => {
      const model = contest.models[i]!
      return [
        legend.offers[offers[position]!]!.id,
        { value: values[i]!, model: model === 0 ? undefined : legend.models[model - 1] }
      ]
    })
  )
}

/** By contestant: the propensities as they were known, before any was drawn. */
export function knownPropensities({
  trace: { contest, exploration }
}: Pick<MadeDecision, 'trace'>): ArrayLike<number> | undefined {
  return exploration?.method === 'thompson' ? exploration.means : contest?.p
}
