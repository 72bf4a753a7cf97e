import type { DecisionOutcomes, JournalCandidate } from '../domain/journal.js'
import type { LoggedDecision } from './off-policy.js'

/** What must be known of the strategy beside a decision. */
export interface RankingRules {
  /** Ids of offers that come before all others. */
  readonly mandatory: ReadonlySet<string>
  /** Whether propensities are drawn: then what was noted of offers without a model is chance. */
  readonly drawn: boolean
}

/** How far a logged priority may be from the product of its factors. */
const ROUNDING = 1e-9

/**
 * A decision as the evidence on another policy: the one that fills the first slot with the offer of the highest priority, a model's
 * scores taking the place of what the propensities were. Offers that the model does not score keep theirs. The reward is what the
 * first slot earned: what its success was worth, else the offer's value.
 *
 * undefined where the decision tells nothing of it: without a known probability, with several placements (what competed for which is
 * not noted), with a formula in the place of the product, and where what the policy would have done cannot be told.
 */
export function rankedBy(
  scores: ReadonlyMap<string, number>,
  decision: DecisionOutcomes,
  { mandatory, drawn }: RankingRules
): LoggedDecision | undefined {
  const { placed, candidates, holdout, control } = decision
  const first = placed.find(({ rank }) => rank === 1)
  if (first === undefined || first.fallback || first.probability === null) return undefined
  if (holdout || control || placed.some(({ placement }) => placement !== first.placement))
    return undefined
  let best: Ranked | undefined
  for (const candidate of candidates) {
    if (candidate.outcome !== 'selected' && candidate.outcome !== 'outranked') continue
    const score = scores.get(candidate.offer)
    if (score === undefined && drawn) return undefined
    const ranked = rank(candidate, score ?? candidate.p, mandatory)
    if (ranked === undefined) return undefined
    if (best === undefined || isBefore(ranked, best)) best = ranked
  }
  if (best === undefined) return undefined
  const shown = candidates.find(({ offer }) => offer === first.offer)
  return {
    reward: first.positive ? (first.value ?? shown?.v ?? 0) : 0,
    loggedProbability: first.probability,
    newProbability: best.offer === first.offer ? 1 : 0
  }
}

interface Ranked {
  readonly offer: string
  readonly mandatory: boolean
  readonly priority: number
  readonly p: number
}

function rank(
  { offer, p, c, v, l, priority }: JournalCandidate,
  score: number | null,
  mandatory: ReadonlySet<string>
): Ranked | undefined {
  if (p === null || c === null || v === null || l === null || priority === null || score === null)
    return undefined
  const product = p * c * v * l
  if (Math.abs(product - priority) > ROUNDING * Math.max(1, Math.abs(priority))) return undefined
  return { offer, mandatory: mandatory.has(offer), priority: score * c * v * l, p: score }
}

/** As the arbitration orders: mandatory ones, then priority, then propensity, then id. */
function isBefore(one: Ranked, other: Ranked): boolean {
  if (one.mandatory !== other.mandatory) return one.mandatory
  if (one.priority !== other.priority) return one.priority > other.priority
  if (one.p !== other.p) return one.p > other.p
  return one.offer < other.offer
}
