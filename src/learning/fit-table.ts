import { fitPlatt, type Platt } from './calibrate.js'
import {
  encodeNumbers,
  encodeSegments,
  learnFeatures,
  segmentsOf,
  type Feature,
  type Segment
} from './features.js'
import { fitLogistic, logisticScore, sigmoid, type LogisticModel } from './logistic.js'
import { pickRows, rowOf, type Matrix } from './matrix.js'
import { logLoss } from './metrics.js'
import { createRandom } from './random.js'
import { pickLabels, type Table } from './table.js'
import { fitTrees, treesScore, type TreeEnsemble } from './trees.js'

export type Method = 'logistic' | 'trees'

/** A model of a table, its probabilities calibrated by Platt's sigmoid over the log odds, which is part of its weights. */
export type FittedTable = FittedRegression | FittedTrees

interface FittedRegression {
  readonly method: 'logistic'
  readonly features: readonly Feature[]
  /** What the first coefficients belong to; those of the categories follow. */
  readonly segments: readonly Segment[]
  /** 32-bit floats. */
  readonly intercept: number
  readonly coefficients: Float64Array
  readonly ridge: number
}

interface FittedTrees {
  readonly method: 'trees'
  readonly features: readonly Feature[]
  readonly ensemble: TreeEnsemble
  readonly depth: number
  readonly learningRate: number
}

/** Positions of rows: what a model is fitted on, and what it is chosen and calibrated by. */
export interface Parts {
  readonly train: Int32Array
  readonly validation: Int32Array
}

interface Fitting extends Parts {
  readonly table: Table
  readonly seed: number
  readonly features: readonly Feature[]
  /** Called with the share of the work that is done, in [0, 1]. */
  readonly progress: (share: number) => void
}

/** Weights of the squared coefficients to choose from. */
const RIDGES = [1, 10, 100]
/** Depths of trees to choose from: few rows carry little depth. */
const DEPTHS = [3, 5]
const MOST_TREES = 400
const GROWTH = {
  trees: MOST_TREES,
  learningRate: 0.1,
  minRows: 30,
  ridge: 5,
  rowShare: 0.8,
  bins: 64
}
const PATIENCE = 25

/**
 * Fits one method to the training rows; ridge, depth and number of trees are those of the least log loss over the validation
 * rows, which calibrate as well. The same table, parts and seed give the same model. Throws a RangeError where the training or
 * the validation rows hold one label only.
 */
export function fitTable(
  table: Table,
  parts: Parts,
  {
    method,
    seed,
    progress = () => {}
  }: { method: Method; seed: number; progress?: (share: number) => void }
): FittedTable {
  const fitting = { ...parts, table, seed, progress, features: learnFeatures(table, parts.train) }
  return method === 'logistic' ? fitRegression(fitting) : fitEnsemble(fitting)
}

function fitRegression(fitting: Fitting): FittedTable {
  const { table, train, validation, features, progress } = fitting
  const x = encodeSegments(table, features)
  const known = pickRows(x, train)
  const asked = pickRows(x, validation)
  const fits = RIDGES.map((ridge, i) => {
    const model = fitLogistic(known, pickLabels(table.labels, train), { ridge, tolerance: 1e-6 })
    progress((i + 1) / RIDGES.length)
    return { ridge, model, ...judged(asked, row => logisticScore(model, row), fitting) }
  })
  const { ridge, model, scores } = leastLoss(fits)
  const calibrated = calibratedWeights(
    model,
    fitPlatt(scores, pickLabels(table.labels, validation))
  )
  return { method: 'logistic', features, segments: segmentsOf(features), ...calibrated, ridge }
}

function calibratedWeights(
  { intercept, coefficients }: LogisticModel,
  { a, b }: Platt
): { intercept: number; coefficients: Float64Array } {
  return {
    intercept: Math.fround(-(a * intercept + b)),
    coefficients: coefficients.map(coefficient => Math.fround(-a * coefficient))
  }
}

function fitEnsemble(fitting: Fitting): FittedTable {
  const { table, train, validation, features, seed, progress } = fitting
  const x = encodeNumbers(table, features)
  const known = pickRows(x, train)
  const asked = pickRows(x, validation)
  const heldLabels = pickLabels(table.labels, validation)
  const fits = DEPTHS.map((depth, i) => {
    const ensemble = fitTrees(known, pickLabels(table.labels, train), createRandom(seed, depth), {
      ...GROWTH,
      depth,
      held: { x: asked, labels: heldLabels, patience: PATIENCE },
      grown: trees => progress((i + trees / MOST_TREES) / DEPTHS.length)
    })
    return { depth, ensemble, ...judged(asked, row => treesScore(ensemble, row), fitting) }
  })
  const { depth, ensemble, scores } = leastLoss(fits)
  return {
    method: 'trees',
    features,
    ensemble: calibratedTrees(ensemble, fitPlatt(scores, heldLabels)),
    depth,
    learningRate: GROWTH.learningRate
  }
}

function calibratedTrees({ base, trees }: TreeEnsemble, { a, b }: Platt): TreeEnsemble {
  return {
    base: exactlySummed(-(a * base + b)),
    trees: trees.map(tree => {
      return { ...tree, values: tree.values.map(value => exactlySummed(-a * value)) }
    })
  }
}

/**
 * A multiple of 2⁻¹⁸, so that sums below 64 are exact in the 32-bit floats that models are computed in: whatever the order in which
 * leaves are added, for one row or many at once, the result is the same.
 */
function exactlySummed(logOdds: number): number {
  return Math.round(logOdds * 2 ** 18) / 2 ** 18
}

function judged(
  asked: Matrix,
  score: (row: Float64Array) => number,
  { table, validation }: Fitting
): { scores: Float64Array; loss: number } {
  const scores = Float64Array.from({ length: asked.rows }, (_, i) => score(rowOf(asked, i)))
  return { scores, loss: logLoss(scores.map(sigmoid), pickLabels(table.labels, validation)) }
}

function leastLoss<T extends { readonly loss: number }>(fits: readonly T[]): T {
  return fits.reduce((best, fit) => (fit.loss < best.loss ? fit : best))
}

/** The probabilities of all rows of a table, as the model's file gives them. */
export function probabilitiesOf(fitted: FittedTable, table: Table): Float64Array {
  const x =
    fitted.method === 'logistic'
      ? encodeSegments(table, fitted.features)
      : encodeNumbers(table, fitted.features)
  return Float64Array.from({ length: x.rows }, (_, i) => {
    const row = rowOf(x, i)
    return sigmoid(
      fitted.method === 'logistic' ? logisticScore(fitted, row) : treesScore(fitted.ensemble, row)
    )
  })
}
