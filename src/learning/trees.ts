import { binColumns, type Binned } from './bins.js'
import { checkLabels, sigmoid } from './logistic.js'
import type { Matrix } from './matrix.js'
import type { Random } from './random.js'

/** One decision tree in columns; node 0 is the root. Rows with cell ≤ threshold (both as 32-bit floats) go left. */
interface Tree {
  /** Column that the node looks at; -1 in a leaf. */
  readonly features: number[]
  readonly thresholds: number[]
  readonly lefts: number[]
  readonly rights: number[]
  /** What a leaf adds to the log odds; 0 elsewhere. A 32-bit float. */
  readonly values: number[]
}

/** P = 1 / (1 + exp(−(base + the sum of the trees' leaves))). */
export interface TreeEnsemble {
  readonly base: number
  readonly trees: readonly Tree[]
}

export interface TreeOptions {
  readonly trees: number
  /** Most splits between root and leaf. */
  readonly depth: number
  /** Share of every tree's answer that is taken. */
  readonly learningRate: number
  /** Fewest rows in a leaf. */
  readonly minRows: number
  /** Added to the curvature when leaves and splits are weighed; pulls small leaves to 0. */
  readonly ridge: number
  /** Share of the rows that each tree is grown on. */
  readonly rowShare: number
  /** Most intervals that a column is cut into. */
  readonly bins: number
}

/** A share of the signal of a few thousand rows; a start for most tables. */
const DEFAULT_TREES: TreeOptions = Object.freeze({
  trees: 100,
  depth: 3,
  learningRate: 0.1,
  minRows: 20,
  ridge: 1,
  rowShare: 0.7,
  bins: 64
})

interface Growth {
  readonly binned: Binned
  /** First and second derivative of the log loss by row. */
  readonly gradients: Float64Array
  readonly curvatures: Float64Array
  readonly options: TreeOptions
  readonly tree: Tree
}

interface Split {
  readonly feature: number
  readonly bin: number
  readonly gain: number
}

/**
 * Grows gradient-boosted trees for the log loss: every tree is fitted to the first and second derivatives of the loss
 * over binned columns, and a leaf answers the Newton step −G / (H + ridge) (Friedman 2001; Chen and Guestrin 2016).
 * The same rows, options and random source give the same trees. Labels are 0 and 1, and both occur.
 */
export function fitTrees(
  x: Matrix,
  labels: ArrayLike<number>,
  random: Random,
  options: Partial<TreeOptions> = {}
): TreeEnsemble {
  checkLabels(labels, x.rows)
  const chosen = { ...DEFAULT_TREES, ...options }
  const binned = binColumns(x, chosen.bins)
  const rate = Array.from(labels).reduce((sum, label) => sum + label, 0) / x.rows
  const base = Math.fround(Math.log(rate / (1 - rate)))
  const scores = new Float64Array(x.rows).fill(base)
  const trees: Tree[] = []
  for (let t = 0; t < chosen.trees; t++) {
    const rows = drawRows(x.rows, chosen.rowShare, random)
    const tree = growTree(binned, labels, scores, rows, chosen)
    for (let i = 0; i < x.rows; i++) scores[i]! += leafOf(tree, x.values, i * x.columns)
    trees.push(tree)
  }
  return { base, trees }
}

/** The log odds of a row. */
export function treesScore({ base, trees }: TreeEnsemble, row: ArrayLike<number>): number {
  let score = base
  for (const tree of trees) score += leafOf(tree, row, 0)
  return score
}

function leafOf(
  { features, thresholds, lefts, rights, values }: Tree,
  cells: ArrayLike<number>,
  offset: number
): number {
  let node = 0
  while (features[node]! >= 0) {
    node =
      Math.fround(cells[offset + features[node]!]!) <= thresholds[node]!
        ? lefts[node]!
        : rights[node]!
  }
  return values[node]!
}

function drawRows(rows: number, share: number, random: Random): Int32Array {
  const all = Int32Array.from({ length: rows }, (_, i) => i)
  return share >= 1 ? all : all.filter(() => random.chance(share))
}

function growTree(
  binned: Binned,
  labels: ArrayLike<number>,
  scores: Float64Array,
  rows: Int32Array,
  options: TreeOptions
): Tree {
  const gradients = new Float64Array(scores.length)
  const curvatures = new Float64Array(scores.length)
  for (const row of rows) {
    const p = sigmoid(scores[row]!)
    gradients[row] = p - labels[row]!
    curvatures[row] = p * (1 - p)
  }
  const tree: Tree = { features: [], thresholds: [], lefts: [], rights: [], values: [] }
  growNode({ binned, gradients, curvatures, options, tree }, rows, options.depth)
  return tree
}

/** Adds a node for the rows and everything below it; answers its number. */
function growNode(growth: Growth, rows: Int32Array, depthLeft: number): number {
  const { binned, tree, options } = growth
  const node = tree.features.length
  tree.features.push(-1)
  tree.thresholds.push(0)
  tree.lefts.push(0)
  tree.rights.push(0)
  tree.values.push(0)
  const split =
    depthLeft > 0 && rows.length >= 2 * options.minRows ? bestSplit(growth, rows) : undefined
  if (split === undefined) {
    tree.values[node] = leafValue(growth, rows)
    return node
  }
  const codes = binned.codes[split.feature]!
  tree.features[node] = split.feature
  tree.thresholds[node] = binned.thresholds[split.feature]![split.bin]!
  tree.lefts[node] = growNode(
    growth,
    rows.filter(row => codes[row]! <= split.bin),
    depthLeft - 1
  )
  tree.rights[node] = growNode(
    growth,
    rows.filter(row => codes[row]! > split.bin),
    depthLeft - 1
  )
  return node
}

function leafValue({ gradients, curvatures, options }: Growth, rows: Int32Array): number {
  let gradient = 0
  let curvature = 0
  for (const row of rows) {
    gradient += gradients[row]!
    curvature += curvatures[row]!
  }
  return Math.fround((-options.learningRate * gradient) / (curvature + options.ridge))
}

/** The split that lowers the loss most; undefined when none does. Ties go to the first column and the lowest threshold. */
function bestSplit(growth: Growth, rows: Int32Array): Split | undefined {
  let best: Split | undefined
  for (let feature = 0; feature < growth.binned.codes.length; feature++) {
    const split = bestSplitOf(growth, rows, feature)
    if (split !== undefined && split.gain > (best?.gain ?? 1e-9)) best = split
  }
  return best
}

function bestSplitOf(
  { binned, gradients, curvatures, options }: Growth,
  rows: Int32Array,
  feature: number
): Split | undefined {
  const codes = binned.codes[feature]!
  const bins = binned.thresholds[feature]!.length + 1
  const gradientOf = new Float64Array(bins)
  const curvatureOf = new Float64Array(bins)
  const rowsOf = new Int32Array(bins)
  let gradient = 0
  let curvature = 0
  for (const row of rows) {
    const bin = codes[row]!
    gradientOf[bin]! += gradients[row]!
    curvatureOf[bin]! += curvatures[row]!
    rowsOf[bin]!++
    gradient += gradients[row]!
    curvature += curvatures[row]!
  }
  const worth = (g: number, h: number): number => (g * g) / (h + options.ridge)
  let best: Split | undefined
  let leftGradient = 0
  let leftCurvature = 0
  let leftRows = 0
  for (let bin = 0; bin < bins - 1; bin++) {
    leftGradient += gradientOf[bin]!
    leftCurvature += curvatureOf[bin]!
    leftRows += rowsOf[bin]!
    if (leftRows < options.minRows || rows.length - leftRows < options.minRows) continue
    const gain =
      worth(leftGradient, leftCurvature) +
      worth(gradient - leftGradient, curvature - leftCurvature) -
      worth(gradient, curvature)
    if (best === undefined || gain > best.gain) best = { feature, bin, gain }
  }
  return best
}
