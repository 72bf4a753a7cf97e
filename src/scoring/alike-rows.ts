import type { Arithmetic, LinearSum, TreesSum } from './arithmetic.js'
import { addRising, risingRows, type RisingRows } from './rising-rows.js'

/** The largest relative error of one rounding to float32. */
const ROUNDING = 2 ** -24
/** What float32 and the ways of computing a logistic function may add to a score, and to one of 1. */
const SCORE_ROUNDING = 1e-6

/** Sums of rows, and how far a runtime that adds up float32 numbers in any order may come out from them. */
interface Sums {
  readonly values: Float64Array
  readonly errors: Float64Array
}

/** Rows that differ in some cells only, the same for every decision; made once, written anew by every use. */
export class AlikeRows {
  readonly #arithmetic: Arithmetic
  /** By cell: its value in every row; undefined where it comes with the decision. */
  readonly #fixed: ReadonlyArray<Float32Array | undefined>
  /** Of linear sums: by row, the part of the cells that are fixed, and what its terms come to without their signs. */
  readonly #own: Sums
  /** Of sums over trees: what no sum's terms exceed without their signs. */
  readonly #mostLeaves: number
  /** Of sums over trees whose rows differ in one cell only: the rows by that cell. */
  readonly #rising: RisingRows | undefined
  readonly #order: Int32Array
  readonly #sums: Sums

  constructor(
    arithmetic: Arithmetic,
    fixed: ReadonlyArray<Float32Array | undefined>,
    count: number
  ) {
    this.#arithmetic = arithmetic
    this.#fixed = fixed
    this.#own = sumsOf(count)
    this.#order = new Int32Array(count)
    this.#sums = sumsOf(count)
    const { sum } = arithmetic
    this.#mostLeaves = sum.kind === 'trees' ? mostOf(sum) : 0
    this.#rising = sum.kind === 'trees' ? risingRows(sum, fixed) : undefined
    if (sum.kind === 'linear') addFixed(sum, fixed, this.#own)
  }

  /**
   * Bounds of the scores of some rows.
   * @param cells by cell: what the decision gives; anything where it is fixed. Every one a float32 and a number
   * @param rows the rows that are asked for
   * @param low @param high by row: receive the bounds; of float32 arithmetic in any order, rounding included
   */
  bound(cells: Float32Array, rows: Int32Array, low: Float64Array, high: Float64Array): void {
    const { sum, link, columns } = this.#arithmetic
    const { values, errors } = this.#sums
    if (sum.kind === 'linear') this.#addUp(sum, cells, rows)
    else this.#walk(sum, cells, rows)
    const terms = (sum.kind === 'linear' ? columns : sum.roots.length) + 2
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!
      const error = errors[row]! * terms * ROUNDING * 1.01
      // The logistic function is nowhere steeper than a quarter.
      const score = link === 'none' ? values[row]! : 1 / (1 + Math.exp(-values[row]!))
      const margin = (link === 'none' ? error : error / 4) + SCORE_ROUNDING
      low[row] = score - margin
      high[row] = score + margin
    }
  }

  #addUp({ intercept, coefficients }: LinearSum, cells: Float32Array, rows: Int32Array): void {
    let shared = intercept
    let size = Math.abs(intercept)
    for (let cell = 0; cell < coefficients.length; cell++) {
      if (this.#fixed[cell] !== undefined) continue
      const term = coefficients[cell]! * cells[cell]!
      shared += term
      size += Math.abs(term)
    }
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!
      this.#sums.values[row] = shared + this.#own.values[row]!
      this.#sums.errors[row] = size + this.#own.errors[row]!
    }
  }

  /** Every tree once for all rows, which part only where they differ. */
  #walk(trees: TreesSum, cells: Float32Array, rows: Int32Array): void {
    const { values, errors } = this.#sums
    errors.fill(this.#mostLeaves)
    if (this.#rising !== undefined) {
      addRising(trees, this.#rising, cells, values)
      return
    }
    this.#order.set(rows)
    for (let i = 0; i < rows.length; i++) values[rows[i]!] = trees.base
    for (let tree = 0; tree < trees.roots.length; tree++)
      this.#descend(trees, trees.roots[tree]!, cells, 0, rows.length)
  }

  /** From a node on, with the rows that stand in the order from `from` to `end`. */
  #descend(trees: TreesSum, root: number, cells: Float32Array, from: number, end: number): void {
    const { features, thresholds, lefts, rights } = trees
    const order = this.#order
    let node = root
    let first = from
    for (let feature = features[node]!; feature >= 0; feature = features[node]!) {
      const fixed = this.#fixed[feature]
      const threshold = thresholds[node]!
      if (fixed === undefined) {
        node = cells[feature]! <= threshold ? lefts[node]! : rights[node]!
        continue
      }
      let middle = first
      for (let i = first; i < end; i++) {
        const row = order[i]!
        if (!(fixed[row]! <= threshold)) continue
        order[i] = order[middle]!
        order[middle++] = row
      }
      if (middle > first && middle < end) {
        this.#descend(trees, lefts[node]!, cells, first, middle)
        first = middle
        node = rights[node]!
      } else node = middle === end ? lefts[node]! : rights[node]!
    }
    const leaf = trees.values[node]!
    const { values } = this.#sums
    for (let i = first; i < end; i++) values[order[i]!]! += leaf
  }
}

function sumsOf(count: number): Sums {
  return { values: new Float64Array(count), errors: new Float64Array(count) }
}

function addFixed(
  { coefficients }: LinearSum,
  fixed: ReadonlyArray<Float32Array | undefined>,
  { values, errors }: Sums
): void {
  fixed.forEach((column, cell) => {
    column?.forEach((value, row) => {
      const term = coefficients[cell]! * value
      values[row]! += term
      errors[row]! += Math.abs(term)
    })
  })
}

/** The largest leaf of every tree without its sign, summed up with the base. */
function mostOf({ base, roots, features, lefts, rights, values }: TreesSum): number {
  const most = (node: number): number =>
    features[node]! < 0
      ? Math.abs(values[node]!)
      : Math.max(most(lefts[node]!), most(rights[node]!))
  return roots.reduce((sum, root) => sum + most(root), Math.abs(base))
}
