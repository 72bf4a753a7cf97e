import { rowOf, solvePositiveDefinite, type Matrix } from './matrix.js'

/** P = 1 / (1 + exp(−(intercept + coefficients · row))), for rows as they were given, not standardised. */
export interface LogisticModel {
  readonly intercept: number
  readonly coefficients: Float64Array
  /** Newton steps taken. */
  readonly steps: number
}

export interface LogisticOptions {
  /** Weight of the squared coefficients of the standardised columns, against the log likelihood summed over rows. Default 1. */
  readonly ridge?: number
  /** Default 50. */
  readonly maxSteps?: number
  /** Ends when no standardised coefficient moves by more. Default 1e-10. */
  readonly tolerance?: number
}

/**
 * Fits a logistic regression by Newton's method (iteratively reweighted least squares) with a ridge.
 * Columns are standardised while fitting, so that the ridge treats all alike, and the result is folded back.
 * The intercept is not shrunk. Labels are 0 and 1. A step that would lower the likelihood is halved.
 * Throws a RangeError without both labels, or when it does not settle within maxSteps.
 */
export function fitLogistic(
  x: Matrix,
  labels: ArrayLike<number>,
  options: LogisticOptions = {}
): LogisticModel {
  const { ridge = 1, maxSteps = 50, tolerance = 1e-10 } = options
  checkLabels(labels, x.rows)
  const { means, scales } = moments(x)
  const z = standardised(x, means, scales)
  let weights = new Float64Array(x.columns + 1)
  let loss = penalisedLoss(z, labels, weights, ridge)
  for (let steps = 1; steps <= maxSteps; steps++) {
    const step = newtonStep(z, labels, weights, ridge)
    let share = 1
    let next = moved(weights, step, share)
    let nextLoss = penalisedLoss(z, labels, next, ridge)
    // Rounding alone may raise the loss in the last digits, once there is nothing left to win.
    while (nextLoss > loss * (1 + 1e-12) && share > 1e-6) {
      share /= 2
      next = moved(weights, step, share)
      nextLoss = penalisedLoss(z, labels, next, ridge)
    }
    const largest = step.reduce((most, s) => Math.max(most, Math.abs(s * share)), 0)
    weights = next
    loss = nextLoss
    if (largest <= tolerance) return folded(weights, means, scales, steps)
  }
  throw new RangeError(
    `The regression did not settle in ${maxSteps} steps; a column may separate the labels. Use a larger ridge.`
  )
}

/** The log odds of a row. */
export function logisticScore(
  { intercept, coefficients }: Pick<LogisticModel, 'intercept' | 'coefficients'>,
  row: ArrayLike<number>
): number {
  let score = intercept
  for (let i = 0; i < coefficients.length; i++) score += coefficients[i]! * row[i]!
  return score
}

export function sigmoid(score: number): number {
  return 1 / (1 + Math.exp(-score))
}

/** Throws a RangeError unless there is a label 0 or 1 for every row, and both occur. */
export function checkLabels(labels: ArrayLike<number>, rows: number): void {
  if (labels.length !== rows)
    throw new RangeError(`There are ${rows} rows and ${labels.length} labels.`)
  let positives = 0
  for (let i = 0; i < rows; i++) {
    if (labels[i] !== 0 && labels[i] !== 1)
      throw new RangeError(`Label ${i} is ${labels[i]}; labels are 0 and 1.`)
    positives += labels[i]!
  }
  if (positives === 0 || positives === rows)
    throw new RangeError('All labels are alike; there is nothing to learn.')
}

function moments({ rows, columns, values }: Matrix): { means: Float64Array; scales: Float64Array } {
  const means = new Float64Array(columns)
  const scales = new Float64Array(columns)
  for (let i = 0; i < values.length; i++) means[i % columns]! += values[i]! / rows
  for (let i = 0; i < values.length; i++)
    scales[i % columns]! += (values[i]! - means[i % columns]!) ** 2 / rows
  // A column that never changes stays as it is: zero after centring, and so is its coefficient.
  return { means, scales: scales.map(variance => (variance > 1e-18 ? Math.sqrt(variance) : 1)) }
}

/** Centred and scaled, with a leading column of ones for the intercept. */
function standardised(x: Matrix, means: Float64Array, scales: Float64Array): Matrix {
  const columns = x.columns + 1
  const values = new Float64Array(x.rows * columns)
  for (let i = 0; i < x.rows; i++) {
    values[i * columns] = 1
    for (let j = 0; j < x.columns; j++) {
      values[i * columns + j + 1] = (x.values[i * x.columns + j]! - means[j]!) / scales[j]!
    }
  }
  return { rows: x.rows, columns, values }
}

function newtonStep(
  z: Matrix,
  labels: ArrayLike<number>,
  weights: Float64Array,
  ridge: number
): Float64Array {
  const n = z.columns
  const gradient = new Float64Array(n)
  const curvatures = new Float64Array(z.rows)
  for (let i = 0; i < z.rows; i++) {
    const row = rowOf(z, i)
    const p = sigmoid(dot(row, weights))
    curvatures[i] = p * (1 - p)
    for (let j = 0; j < n; j++) gradient[j]! += (labels[i]! - p) * row[j]!
  }
  const hessian = weightedProducts(z, curvatures)
  for (let j = 1; j < n; j++) {
    gradient[j]! -= ridge * weights[j]!
    hessian[j * n + j]! += ridge
    for (let k = 0; k < j; k++) hessian[k * n + j] = hessian[j * n + k]!
  }
  return solvePositiveDefinite(hessian, gradient)
}

/**
 * The lower half of zᵀ·diag(weights)·z, row by row; most of the time of a fit is spent here. Four rows at once spare most of the
 * reading and writing of sums, and add up in the order of the rows all the same.
 */
function weightedProducts(
  { rows, columns: n, values }: Matrix,
  weights: Float64Array
): Float64Array {
  const products = new Float64Array(n * n)
  const whole = rows - (rows % 4)
  for (let i = 0; i < whole; i += 4) {
    const [a, b, c, d] = [i * n, (i + 1) * n, (i + 2) * n, (i + 3) * n]
    for (let j = 0; j < n; j++) {
      const wa = weights[i]! * values[a + j]!
      const wb = weights[i + 1]! * values[b + j]!
      const wc = weights[i + 2]! * values[c + j]!
      const wd = weights[i + 3]! * values[d + j]!
      for (let k = 0; k <= j; k++) {
        products[j * n + k] =
          products[j * n + k]! +
          wa * values[a + k]! +
          wb * values[b + k]! +
          wc * values[c + k]! +
          wd * values[d + k]!
      }
    }
  }
  for (let i = whole; i < rows; i++) {
    for (let j = 0; j < n; j++) {
      const weighted = weights[i]! * values[i * n + j]!
      for (let k = 0; k <= j; k++) products[j * n + k]! += weighted * values[i * n + k]!
    }
  }
  return products
}

function penalisedLoss(
  z: Matrix,
  labels: ArrayLike<number>,
  weights: Float64Array,
  ridge: number
): number {
  let loss = 0
  for (let i = 0; i < z.rows; i++) {
    const score = dot(rowOf(z, i), weights)
    const margin = labels[i] === 1 ? score : -score
    loss += margin > 0 ? Math.log1p(Math.exp(-margin)) : Math.log1p(Math.exp(margin)) - margin
  }
  for (let j = 1; j < weights.length; j++) loss += (ridge * weights[j]! ** 2) / 2
  return loss
}

function folded(
  weights: Float64Array,
  means: Float64Array,
  scales: Float64Array,
  steps: number
): LogisticModel {
  const coefficients = scales.map((scale, j) => weights[j + 1]! / scale)
  const intercept = weights[0]! - dot(coefficients, means)
  return { intercept, coefficients, steps }
}

function moved(
  weights: Float64Array,
  step: Float64Array,
  share: number
): Float64Array<ArrayBuffer> {
  return Float64Array.from(weights, (weight, i) => weight + share * step[i]!)
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!
  return sum
}
