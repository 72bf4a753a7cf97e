import type { Offer } from '../../policy/strategy.js'
import { scorePropensities, type Propensities } from '../propensity/propensities.js'
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
  /** Before experience corrected it. */
  readonly value: number
  /** The impressions that corrected it, what is known by them, and what they made of it. */
  readonly evidence: number
  readonly worth: number
  readonly propensity: number
  /** undefined where the prior gave it. */
  readonly model: string | undefined
}

/**
 * Runs the models and compares their scores with the recorded ones. Where they agree, the recorded score goes on, so that everything
 * after it is computed exactly, with what experience had made of it; where they do not, or another model or prior scores the offer
 * now, the fresh one without experience.
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
      const scored: Propensities = { values, models, adapted: undefined, degraded }
      const offers = Array.from(left, at => snapshot.strategy.offers[candidates.offers[at]!]!)
      return adaptedBefore(scored, offers, recorded, known)
    }
  }
}

/** Scores with what experience made of them then, where it was made of the same ones and the offers adapt. */
function adaptedBefore(
  scored: Propensities,
  offers: readonly Offer[],
  { trace: { adapted } }: MadeDecision,
  known: ReadonlyMap<string, RecordedScore>
): Propensities {
  if (adapted === undefined) return scored
  const starts = scored.values
  const values = starts.slice()
  const evidence = new Float64Array(values.length)
  const worth = Float64Array.from(offers, offer => offer.evidence)
  offers.forEach(({ id, adapt }, i) => {
    const before = adapt && known.get(id)
    if (before === undefined || before.value !== starts[i]) return
    values[i] = before.propensity
    evidence[i] = before.evidence
    worth[i] = before.worth
  })
  return { ...scored, values, adapted: { version: adapted.version, starts, evidence, worth } }
}

/** What was known of the propensities, by offer. */
function scoresOf({ trace, legend }: MadeDecision): ReadonlyMap<string, RecordedScore> {
  const { contest, offers, adapted } = trace
  if (contest === null) return new Map()
  const values = knownPropensities({ trace })!
  return new Map(
    Array.from(contest.positions, (position, i) => {
      const model = contest.models[i]!
      return [
        legend.offers[offers[position]!]!.id,
        {
          value: adapted?.starts[i] ?? values[i]!,
          evidence: adapted?.evidence[i] ?? 0,
          worth: adapted?.worth[i] ?? 0,
          propensity: values[i]!,
          model: model === 0 ? undefined : legend.models[model - 1]
        }
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
