/**
 * What a model computes, where its file says so plainly: a sum over the cells of a row, and perhaps the logistic function of it. Known, so
 * that scores can be told within bounds without a run.
 */
export interface Arithmetic {
  /** By input, in the model's order: where its first cell stands in the row. All inputs are float32. */
  readonly offsets: readonly number[]
  /** Cells of a row. */
  readonly columns: number
  readonly sum: LinearSum | TreesSum
  readonly link: 'logistic' | 'none'
}

/** intercept + Σ coefficient × cell. */
export interface LinearSum {
  readonly kind: 'linear'
  readonly intercept: number
  readonly coefficients: Float64Array
}

/** base + the leaf of every tree; cells that are at most the threshold go left. */
export interface TreesSum {
  readonly kind: 'trees'
  readonly base: number
  /** Nodes. */
  readonly roots: Int32Array
  /** By node: the cell that is compared, -1 for a leaf. */
  readonly features: Int32Array
  /** By node, each a float32 as the runtime has it. */
  readonly thresholds: Float64Array
  readonly lefts: Int32Array
  readonly rights: Int32Array
  /** By node: what a leaf adds. */
  readonly values: Float64Array
}
