import type { Matrix } from './matrix.js'

/** Columns cut into intervals. */
export interface Binned {
  /** By column, by row: the interval's number. */
  readonly codes: ReadonlyArray<Uint16Array>
  /** By column, by interval but the last: the greatest value that belongs to it, a 32-bit float. */
  readonly thresholds: ReadonlyArray<Float64Array>
}

/**
 * Cuts every column into at most `bins` intervals that hold about equally many rows; values are taken as 32-bit floats,
 * since that is how a model sees them later. A threshold lies halfway between two values that occur.
 */
export function binColumns({ rows, columns, values }: Matrix, bins: number): Binned {
  const codes: Uint16Array[] = []
  const thresholds: Float64Array[] = []
  for (let column = 0; column < columns; column++) {
    const cells = Float64Array.from({ length: rows }, (_, row) =>
      Math.fround(values[row * columns + column]!)
    )
    const cuts = cutsOf(cells, bins)
    thresholds.push(cuts)
    codes.push(Uint16Array.from(cells, cell => intervalOf(cuts, cell)))
  }
  return { codes, thresholds }
}

function cutsOf(cells: Float64Array, bins: number): Float64Array {
  const sorted = Float64Array.from(cells).sort()
  const cuts: number[] = []
  let taken = 0
  for (let i = 1; i < sorted.length; i++) {
    const below = sorted[i - 1]!
    const above = sorted[i]!
    if (below === above || i - taken < sorted.length / bins) continue
    taken = i
    cuts.push(between(below, above))
  }
  return Float64Array.from(cuts)
}

/** A 32-bit float t with below ≤ t < above. */
function between(below: number, above: number): number {
  const middle = Math.fround(below + (above - below) / 2)
  return middle < above ? middle : below
}

/** The first interval whose threshold is not below the cell. */
function intervalOf(cuts: Float64Array, cell: number): number {
  let low = 0
  let high = cuts.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (cell <= cuts[middle]!) high = middle
    else low = middle + 1
  }
  return low
}
