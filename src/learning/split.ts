import type { Random } from './random.js'

export interface Split {
  readonly train: Int32Array
  readonly test: Int32Array
}

/**
 * Splits the rows at random so that both parts have the same share of every label: `testShare` of each label's rows,
 * rounded, go to the test. Positions are ascending in both parts.
 */
export function stratifiedSplit(
  labels: ArrayLike<number>,
  testShare: number,
  random: Random
): Split {
  const inTest = new Uint8Array(labels.length)
  for (const label of new Set(Array.from(labels))) {
    const rows = Array.from({ length: labels.length }, (_, i) => i).filter(i => labels[i] === label)
    const wanted = Math.round(rows.length * testShare)
    // The first `wanted` steps of a Fisher-Yates shuffle are a fair draw.
    for (let i = 0; i < wanted; i++) {
      const j = i + random.integer(rows.length - i)
      const drawn = rows[j]!
      rows[j] = rows[i]!
      rows[i] = drawn
      inTest[drawn] = 1
    }
  }
  const positions = Int32Array.from({ length: labels.length }, (_, i) => i)
  return {
    train: positions.filter(i => inTest[i] === 0),
    test: positions.filter(i => inTest[i] === 1)
  }
}

/** Cuts the rows at random into parts of about equal size with about the same share of every label; positions ascend. */
export function stratifiedFolds(
  labels: ArrayLike<number>,
  folds: number,
  random: Random
): Int32Array[] {
  const parts: Int32Array[] = []
  let rest = Int32Array.from({ length: labels.length }, (_, i) => i)
  for (let left = folds; left > 1; left--) {
    const remaining = rest
    const { train, test } = stratifiedSplit(
      remaining.map(row => labels[row]!),
      1 / left,
      random
    )
    parts.push(test.map(at => remaining[at]!))
    rest = train.map(at => remaining[at]!)
  }
  return [...parts, rest]
}
