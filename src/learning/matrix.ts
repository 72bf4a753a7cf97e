/** Rows of numbers, one row after the other. */
export interface Matrix {
  readonly rows: number
  readonly columns: number
  readonly values: Float64Array
}

/** Throws a RangeError when the rows differ in length. */
export function matrixOf(rows: ReadonlyArray<ArrayLike<number>>): Matrix {
  const columns = rows[0]?.length ?? 0
  const values = new Float64Array(rows.length * columns)
  rows.forEach((row, i) => {
    if (row.length !== columns)
      throw new RangeError(`Row ${i} has ${row.length} columns where the first has ${columns}.`)
    values.set(row, i * columns)
  })
  return { rows: rows.length, columns, values }
}

/** The rows at the given positions, in that order. */
export function pickRows({ columns, values }: Matrix, positions: ArrayLike<number>): Matrix {
  const picked = new Float64Array(positions.length * columns)
  for (let i = 0; i < positions.length; i++) {
    const from = positions[i]! * columns
    picked.set(values.subarray(from, from + columns), i * columns)
  }
  return { rows: positions.length, columns, values: picked }
}

export function rowOf({ columns, values }: Matrix, row: number): Float64Array {
  return values.subarray(row * columns, (row + 1) * columns)
}

/**
 * Solves A·x = b for a symmetric positive definite A (row by row) by Cholesky's decomposition.
 * Throws a RangeError when A is not positive definite, as with columns that depend on each other and no ridge.
 */
export function solvePositiveDefinite(a: Float64Array, b: Float64Array): Float64Array {
  return solveBy(decompose(a, b.length), b)
}

/** The inverse of a symmetric positive definite n × n matrix (row by row). Throws as solvePositiveDefinite does. */
export function invertPositiveDefinite(a: Float64Array, n: number): Float64Array {
  const lower = decompose(a, n)
  const inverse = new Float64Array(n * n)
  for (let column = 0; column < n; column++) {
    const unit = new Float64Array(n)
    unit[column] = 1
    // Symmetric: a column is a row.
    inverse.set(solveBy(lower, unit), column * n)
  }
  return inverse
}

/** L with L·Lᵀ = A, in the lower triangle. */
function decompose(a: Float64Array, n: number): Float64Array {
  const lower = Float64Array.from(a)
  for (let j = 0; j < n; j++) {
    for (let i = j; i < n; i++) {
      let sum = lower[i * n + j]!
      for (let k = 0; k < j; k++) sum -= lower[i * n + k]! * lower[j * n + k]!
      if (i > j) lower[i * n + j] = sum / lower[j * n + j]!
      else if (sum > 0) lower[j * n + j] = Math.sqrt(sum)
      else
        throw new RangeError(
          'The columns depend on each other; take one of them out or use a ridge above 0.'
        )
    }
  }
  return lower
}

function solveBy(lower: Float64Array, b: Float64Array): Float64Array {
  const n = b.length
  const x = Float64Array.from(b)
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) x[i]! -= lower[i * n + k]! * x[k]!
    x[i]! /= lower[i * n + i]!
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) x[i]! -= lower[k * n + i]! * x[k]!
    x[i]! /= lower[i * n + i]!
  }
  return x
}
