import type { LearningFeature, Regression } from '../domain/learning.js'
import { solvePositiveDefinite } from './matrix.js'

/*
 * An online Bayesian logistic regression that corrects a start propensity p0: P = σ(logit p0 + x·m), with weights m that begin as
 * Gaussians of mean 0. Each impression moves them by one step of Newton's method, with the precision Λ of what was seen so far.
 */

/** Of how many impressions numbers are standardised by; while these are seen, numbers do not contribute. */
export const STANDARDISED_BY = 100
/** Standardised numbers beyond count as this: one customer far out must not move everything. */
const MOST_SPREADS = 3
/** A start that leaves nothing open could never be corrected. */
const NEAREST_START = 1e-6

export interface RegressionSettings {
  readonly features: readonly LearningFeature[]
  /** Columns of x: the intercept, then those of the features. */
  readonly columns: number
  /** Λ of the intercept at the start; that of the features is 1. */
  readonly interceptPrecision: number
  /** What is kept of older impressions with every new one, above 0 and at most 1. */
  readonly forget: number
}

/** What was known of an impression: the start propensity, and the values of the features; null where missing. */
export interface Observation {
  readonly start: number
  readonly values: readonly unknown[]
}

/** Λ of the intercept, so that without features the start is worth about as many impressions as in the blend. */
export function interceptPrecisionOf(prior: number, evidence: number): number {
  return evidence * prior * (1 - prior)
}

export function beginRegression({ features, columns, ...rest }: RegressionSettings): Regression {
  const precision = new Float64Array(columns * columns)
  for (let i = 0; i < columns; i++) precision[i * (columns + 1)] = startPrecision(i, rest)
  return {
    means: new Float64Array(features.length),
    squares: new Float64Array(features.length),
    weights: new Float64Array(columns),
    precision
  }
}

/**
 * Writes the columns of x. Missing values and strings that are not declared are 0 in all their columns.
 * @param seen impressions of the regression up to the one that is encoded
 */
export function encodeObservation(
  features: readonly LearningFeature[],
  { means, squares }: Regression,
  values: readonly unknown[],
  seen: number,
  x: Float64Array
): void {
  x[0] = 1
  let at = 1
  for (let i = 0; i < features.length; i++) {
    const feature = features[i]!
    const value = values[i]
    if (feature.type === 'string') {
      for (const known of feature.values) x[at++] = value === known ? 1 : 0
    } else if (feature.type === 'boolean') {
      x[at++] = value === true ? 1 : 0
    } else {
      const spread = Math.sqrt(squares[i]! / STANDARDISED_BY)
      const isReady = typeof value === 'number' && seen > STANDARDISED_BY && spread > 0
      const distance = isReady ? (value - means[i]!) / spread : 0
      x[at++] = Math.max(-MOST_SPREADS, Math.min(MOST_SPREADS, distance))
    }
  }
}

/**
 * The regression with one more impression, at first without a positive.
 * @param seen impressions with this one
 */
export function withObserved(
  before: Regression,
  settings: RegressionSettings,
  { start, values }: Observation,
  seen: number
): Regression {
  const { features, columns, forget } = settings
  const regression = seen <= STANDARDISED_BY ? withValues(before, features, values, seen) : before
  const x = new Float64Array(columns)
  encodeObservation(features, regression, values, seen, x)
  const p = corrected(start, correctionBy(regression.weights, x))
  const precision = Float64Array.from(regression.precision)
  const w = p * (1 - p)
  for (let i = 0; i < columns; i++) {
    for (let j = 0; j < columns; j++) {
      const begun = i === j ? (1 - forget) * startPrecision(i, settings) : 0
      precision[i * columns + j] = forget * precision[i * columns + j]! + begun + w * x[i]! * x[j]!
    }
  }
  return moved({ ...regression, precision }, x, -p)
}

/**
 * The regression with an impression that was observed before turned into a positive (weight above 0), or back (below 0): its step
 * is linear in the answer, so what was missing is added.
 * @param seen impressions up to the one that is turned
 */
export function withTurned(
  regression: Regression,
  { features, columns }: RegressionSettings,
  { values }: Observation,
  seen: number,
  weight: number
): Regression {
  const x = new Float64Array(columns)
  encodeObservation(features, regression, values, seen, x)
  return moved(regression, x, weight)
}

/** x·m, what is added to the logit of the start. */
export function correctionBy(weights: Float64Array, x: Float64Array): number {
  let sum = 0
  for (let i = 0; i < x.length; i++) sum += weights[i]! * x[i]!
  return sum
}

/** The start propensity with its correction. */
export function corrected(start: number, correction: number): number {
  const p0 = Math.max(NEAREST_START, Math.min(1 - NEAREST_START, start))
  return 1 / (1 + Math.exp(-(Math.log(p0 / (1 - p0)) + correction)))
}

/** Of P, by the delta method: (P(1 − P))² xᵀΛ⁻¹x. @param covariance Λ⁻¹, row by row */
export function varianceBy(p: number, covariance: Float64Array, x: Float64Array): number {
  let spread = 0
  for (let i = 0; i < x.length; i++) {
    let row = 0
    for (let j = 0; j < x.length; j++) row += covariance[i * x.length + j]! * x[j]!
    spread += x[i]! * row
  }
  return (p * (1 - p)) ** 2 * spread
}

function startPrecision(
  column: number,
  { interceptPrecision }: Pick<RegressionSettings, 'interceptPrecision'>
): number {
  return column === 0 ? interceptPrecision : 1
}

/** m + Λ⁻¹x·by. */
function moved(regression: Regression, x: Float64Array, by: number): Regression {
  const step = solvePositiveDefinite(regression.precision, x)
  return { ...regression, weights: regression.weights.map((weight, i) => weight + step[i]! * by) }
}

/** Running means and sums of squared distances of numbers (Welford); a missing one is at the mean. */
function withValues(
  regression: Regression,
  features: readonly LearningFeature[],
  values: readonly unknown[],
  seen: number
): Regression {
  const means = Float64Array.from(regression.means)
  const squares = Float64Array.from(regression.squares)
  for (let i = 0; i < features.length; i++) {
    const value = values[i]
    if (features[i]!.type !== 'number' || typeof value !== 'number') continue
    const distance = value - means[i]!
    means[i]! += distance / seen
    squares[i]! += distance * (value - means[i]!)
  }
  return { ...regression, means, squares }
}
