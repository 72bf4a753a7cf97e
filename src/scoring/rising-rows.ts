import type { TreesSum } from './arithmetic.js'

/** Rows that differ in one cell: every node of a tree parts them at one place. */
export interface RisingRows {
  readonly cell: number
  /** The rows, the lowest cell first. */
  readonly order: Int32Array
  /** By node that compares the cell: how many rows go left. */
  readonly cuts: Int32Array
  /** By place in the order: what sums rise by from there on; 0 in between, with one more for the end. */
  readonly steps: Float64Array
}

/** undefined where rows differ in several cells, or in none. */
export function risingRows(
  { features, thresholds }: TreesSum,
  fixed: ReadonlyArray<Float32Array | undefined>
): RisingRows | undefined {
  const [cell = -1, ...others] = [...fixed.keys()].filter(at => fixed[at] !== undefined)
  const column = fixed[cell]
  if (column === undefined || others.length > 0) return undefined
  const order = Int32Array.from(column.keys()).sort((a, b) => column[a]! - column[b]!)
  const sorted = Float32Array.from(order, row => column[row]!)
  const cuts = Int32Array.from(features, (feature, node) =>
    feature === cell ? countUpTo(sorted, thresholds[node]!) : 0
  )
  return { cell, order, cuts, steps: new Float64Array(order.length + 1) }
}

/** How many of rising numbers are at most a limit. */
function countUpTo(rising: Float32Array, limit: number): number {
  let low = 0
  let high = rising.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (rising[middle]! <= limit) low = middle + 1
    else high = middle
  }
  return low
}

/** The sums of all rows: a leaf is added once for all the rows that lie side by side and come to it. */
export function addRising(
  trees: TreesSum,
  { cell, order, cuts, steps }: RisingRows,
  cells: Float32Array,
  values: Float64Array
): void {
  const { features, thresholds, lefts, rights } = trees
  function descend(root: number, from: number, end: number): void {
    let node = root
    let first = from
    for (let feature = features[node]!; feature >= 0; feature = features[node]!) {
      const goesLeft = feature === cell ? cuts[node]! >= end : cells[feature]! <= thresholds[node]!
      if (feature === cell && !goesLeft && cuts[node]! > first) {
        descend(lefts[node]!, first, cuts[node]!)
        first = cuts[node]!
      }
      node = goesLeft ? lefts[node]! : rights[node]!
    }
    steps[first]! += trees.values[node]!
    steps[end]! -= trees.values[node]!
  }
  for (let tree = 0; tree < trees.roots.length; tree++) descend(trees.roots[tree]!, 0, order.length)
  let sum = trees.base
  for (let place = 0; place < order.length; place++) {
    sum += steps[place]!
    values[order[place]!] = sum
  }
  steps.fill(0)
}
