import type { Binned } from './bins.js'

/**
 * The cells of binned rows, a row after the other, without the cells of every column's commonest interval: those follow from
 * the totals, so that columns that are nearly always the same, such as one a category, cost next to nothing.
 */
export interface SparseRows {
  /** By column, and one more at the end: where its intervals begin in a histogram. */
  readonly offsets: Int32Array
  /** By column: its commonest interval. */
  readonly commonest: Int32Array
  /** By row, and one more at the end: where its cells begin. */
  readonly starts: Int32Array
  /** Places in a histogram. */
  readonly cells: Int32Array
}

/** Sums over rows, by column and interval. */
export interface Histogram {
  readonly gradients: Float64Array
  readonly curvatures: Float64Array
  readonly rows: Int32Array
  /** Over all rows, whatever the column. */
  readonly total: number
  readonly gradient: number
  readonly curvature: number
}

export function sparseRows({ codes, thresholds }: Binned): SparseRows {
  const offsets = new Int32Array(codes.length + 1)
  thresholds.forEach((cuts, column) => {
    offsets[column + 1] = offsets[column]! + cuts.length + 1
  })
  const commonest = Int32Array.from(codes, (column, i) =>
    commonestOf(column, thresholds[i]!.length + 1)
  )
  const rows = codes[0]?.length ?? 0
  const starts = new Int32Array(rows + 1)
  for (let row = 0; row < rows; row++) {
    let count = 0
    for (let column = 0; column < codes.length; column++)
      if (codes[column]![row] !== commonest[column]) count++
    starts[row + 1] = starts[row]! + count
  }
  const cells = new Int32Array(starts[rows]!)
  for (let row = 0, at = 0; row < rows; row++) {
    for (let column = 0; column < codes.length; column++) {
      const code = codes[column]![row]!
      if (code !== commonest[column]) cells[at++] = offsets[column]! + code
    }
  }
  return { offsets, commonest, starts, cells }
}

function commonestOf(codes: Uint16Array, bins: number): number {
  const counts = new Int32Array(bins)
  for (const code of codes) counts[code]!++
  return counts.indexOf(counts.reduce((most, count) => Math.max(most, count), 0))
}

/** Adds up the derivatives of some rows. */
export function histogramOf(
  { offsets, commonest, starts, cells }: SparseRows,
  rows: Int32Array,
  gradientOf: Float64Array,
  curvatureOf: Float64Array
): Histogram {
  const gradients = new Float64Array(offsets.at(-1)!)
  const curvatures = new Float64Array(gradients.length)
  const counts = new Int32Array(gradients.length)
  let gradient = 0
  let curvature = 0
  for (const row of rows) {
    const g = gradientOf[row]!
    const h = curvatureOf[row]!
    gradient += g
    curvature += h
    const end = starts[row + 1]!
    for (let i = starts[row]!; i < end; i++) {
      const at = cells[i]!
      gradients[at]! += g
      curvatures[at]! += h
      counts[at]!++
    }
  }
  for (let column = 0; column < commonest.length; column++) {
    const place = offsets[column]! + commonest[column]!
    let [g, h, count] = [gradient, curvature, rows.length]
    for (let at = offsets[column]!; at < offsets[column + 1]!; at++) {
      g -= gradients[at]!
      h -= curvatures[at]!
      count -= counts[at]!
    }
    counts[place] = count
    // What rounding leaves of nothing is nothing.
    gradients[place] = count === 0 ? 0 : g
    curvatures[place] = count === 0 ? 0 : h
  }
  return { gradients, curvatures, rows: counts, total: rows.length, gradient, curvature }
}

/** Rows of a column's intervals up to `bin` go left. */
export interface Split {
  readonly column: number
  readonly bin: number
  /** How much lower the loss becomes, in the second-order approximation of Chen and Guestrin (2016), doubled. */
  readonly gain: number
}

interface SplitOptions {
  /** Fewest rows on either side. */
  readonly minRows: number
  readonly ridge: number
}

const LEAST_GAIN = 1e-9

/** The split that lowers the loss most; undefined when none does. Ties go to the first column and the lowest threshold. */
export function bestSplit(
  histogram: Histogram,
  offsets: Int32Array,
  options: SplitOptions
): Split | undefined {
  let best: Split | undefined
  for (let column = 0; column + 1 < offsets.length; column++) {
    const split = bestSplitOf(histogram, column, offsets, options)
    if (split !== undefined && split.gain > (best?.gain ?? LEAST_GAIN)) best = split
  }
  return best
}

function bestSplitOf(
  { gradients, curvatures, rows, total, gradient, curvature }: Histogram,
  column: number,
  offsets: Int32Array,
  { minRows, ridge }: SplitOptions
): Split | undefined {
  const worth = (g: number, h: number): number => (g * g) / (h + ridge)
  const first = offsets[column]!
  let best: Split | undefined
  let leftGradient = 0
  let leftCurvature = 0
  let leftRows = 0
  for (let at = first; at < offsets[column + 1]! - 1; at++) {
    leftGradient += gradients[at]!
    leftCurvature += curvatures[at]!
    leftRows += rows[at]!
    if (leftRows < minRows || total - leftRows < minRows) continue
    const gain =
      worth(leftGradient, leftCurvature) +
      worth(gradient - leftGradient, curvature - leftCurvature) -
      worth(gradient, curvature)
    if (best === undefined || gain > best.gain) best = { column, bin: at - first, gain }
  }
  return best
}
