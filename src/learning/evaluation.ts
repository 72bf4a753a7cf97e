import { bootstrapIntervals, measure, type BootstrapOptions, type Interval } from './bootstrap.js'
import type { LogSums } from './off-policy.js'

/** Below it the weight lies on so few decisions that estimates are those decisions' luck. */
export const LEAST_EFFECTIVE_SIZE = 100
/** Below it chance in a handful of outcomes makes the estimate, and resamples may hold none of them. */
export const LEAST_CARRYING = 10
/** Two-sided probability 0.001 of the normal distribution. */
const MOST_STANDARD_ERRORS = 3.2905
/** Probabilities are often logged rounded. */
const ROUNDING = 1e-3

/** How much of another policy a log shows. Shares and means are NaN without decisions. */
export interface WeightReport {
  /** Kish's (Σw)² / Σw²: as many decisions of the new policy itself would tell as much. */
  readonly effectiveSampleSize: number
  /** 1 but for chance, where the logged probabilities are right and the logged policy could choose all that the new one would. */
  readonly mean: number
  readonly standardError: number
  readonly largest: number
  /** Of the decision with the largest weight in all weight. */
  readonly largestShare: number
  /** Of decisions that the new policy would never make. */
  readonly zeroShare: number
}

/** An estimator's answer, with the interval that holds the truth in 95 of 100 logs as far as the estimator is unbiased. */
export interface Estimate extends Interval {
  readonly estimator: string
  readonly title: string
  readonly value: number
}

export type WarningReason =
  | 'no_overlap'
  | 'effective_sample_size'
  | 'mean_weight'
  | 'carrying_decisions'

interface Findings {
  readonly decisions: number
  readonly weights: WeightReport
  /**
   * How many decisions carry the uncertainty: (Σ|ψ| / 2)² / Σψ² of their influences ψ = w(r − SNIPS). Where rewards are rare, about
   * their number, less as their weights are uneven. Counted over the blocks of a long log, it stays below some hundreds.
   */
  readonly carryingDecisions: number
}

/** What a log says of a new policy: estimates, or why there are none. */
export type Evaluation = Findings &
  (
    | {
        readonly verdict: 'estimates'
        /** The mean reward that the log itself shows, to compare with. */
        readonly logged: Estimate
        readonly estimates: readonly Estimate[]
      }
    | { readonly verdict: 'warning'; readonly reasons: readonly WarningReason[] }
  )

/** Judges whether the log can carry estimates, and gives them only then. */
export function evaluate(sums: LogSums, options: BootstrapOptions): Evaluation {
  const weights = reportWeights(sums)
  const carryingDecisions = carriersOf(sums)
  const findings = { decisions: sums.decisions, weights, carryingDecisions }
  const reasons = reasonsAgainst(findings)
  if (reasons.length > 0) return { ...findings, verdict: 'warning', reasons }
  const [logged, ...estimates] = estimatesOf(sums, options)
  if (estimates.some(({ low, high }) => !Number.isFinite(high - low)))
    return { ...findings, verdict: 'warning', reasons: ['carrying_decisions'] }
  return { ...findings, verdict: 'estimates', logged: logged!, estimates }
}

function reportWeights(sums: LogSums): WeightReport {
  const { decisions, weightSum, weightSquareSum, largestWeight, zeroWeights } = sums
  const mean = weightSum / decisions
  const variance = (weightSquareSum - decisions * mean * mean) / Math.max(1, decisions - 1)
  return {
    effectiveSampleSize: weightSum === 0 ? 0 : (weightSum * weightSum) / weightSquareSum,
    mean,
    standardError: Math.sqrt(Math.max(0, variance) / decisions),
    largest: largestWeight,
    largestShare: weightSum === 0 ? 0 : largestWeight / weightSum,
    zeroShare: zeroWeights / decisions
  }
}

function carriersOf({ estimators }: LogSums): number {
  const { statistic } = estimators.find(({ id }) => id === 'snips')!
  const { correction, scale } = statistic
  const { value } = measure(statistic, new Float64Array(scale.length).fill(1))
  let size = 0
  let distances = 0
  let squares = 0
  for (let i = 0; i < scale.length; i++) {
    const influence = correction[i]! - value * scale[i]!
    size += correction[i]! ** 2
    distances += Math.abs(influence)
    squares += influence * influence
  }
  // Where all rewards are alike, what is left is rounding.
  return squares > size * 1e-24 ? (distances / 2) ** 2 / squares : 0
}

function reasonsAgainst({ weights, carryingDecisions }: Findings): WarningReason[] {
  if (weights.effectiveSampleSize === 0) return ['no_overlap']
  const allowed = MOST_STANDARD_ERRORS * weights.standardError + ROUNDING
  const reasons: WarningReason[] = []
  if (weights.effectiveSampleSize < LEAST_EFFECTIVE_SIZE) reasons.push('effective_sample_size')
  if (Math.abs(weights.mean - 1) > allowed) reasons.push('mean_weight')
  if (carryingDecisions < LEAST_CARRYING) reasons.push('carrying_decisions')
  return reasons
}

function estimatesOf({ logged, estimators }: LogSums, options: BootstrapOptions): Estimate[] {
  const all = [{ id: 'logged', title: 'the log itself', statistic: logged }, ...estimators]
  const statistics = all.map(({ statistic }) => statistic)
  const once = new Float64Array(logged.rows.length).fill(1)
  const intervals = bootstrapIntervals(statistics, options)
  return all.map(({ id, title, statistic }, i) => ({
    estimator: id,
    title,
    value: measure(statistic, once).value,
    ...intervals[i]!
  }))
}
