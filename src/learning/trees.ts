import { binColumns, type Binned } from './bins.js'
import { bestSplit, histogramOf, sparseRows, type SparseRows } from './histogram.js'
import { checkLabels, sigmoid } from './logistic.js'
import type { Matrix } from './matrix.js'
import { logLoss } from './metrics.js'
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

/** Rows that no tree is grown on, to end in time. */
export interface HeldRows {
  readonly x: Matrix
  readonly labels: ArrayLike<number>
  /** Trees that are grown in vain before the best number of them is kept. */
  readonly patience: number
}

/** Options of a single fit, beside those of its trees. */
interface Watch {
  /** Fewer trees are kept where the log loss of these rows says so, but one at least; all of them when absent. */
  readonly held?: HeldRows
  /** Called after every tree with the number of trees. */
  readonly grown?: ((trees: number) => void) | undefined
}

interface Growth {
  readonly binned: Binned
  readonly sparse: SparseRows
  /** First and second derivative of the log loss by row. */
  readonly gradients: Float64Array
  readonly curvatures: Float64Array
  readonly options: TreeOptions
  readonly tree: Tree
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
  { held, grown, ...options }: Partial<TreeOptions> & Watch = {}
): TreeEnsemble {
  checkLabels(labels, x.rows)
  const chosen = { ...DEFAULT_TREES, ...options }
  const binned = binColumns(x, chosen.bins)
  const sparse = sparseRows(binned)
  const rate = Array.from(labels).reduce((sum, label) => sum + label, 0) / x.rows
  const base = Math.fround(Math.log(rate / (1 - rate)))
  const scores = new Float64Array(x.rows).fill(base)
  const judge = held === undefined ? undefined : createJudge(held, base)
  const trees: Tree[] = []
  while (trees.length < chosen.trees && judge?.hasEnough() !== true) {
    const rows = drawRows(x.rows, chosen.rowShare, random)
    const tree = growTree({ binned, sparse, options: chosen }, labels, scores, rows)
    addTo(scores, tree, x)
    trees.push(tree)
    judge?.see(tree)
    grown?.(trees.length)
  }
  return { base, trees: judge === undefined ? trees : trees.slice(0, Math.max(1, judge.best())) }
}

/** Follows the log loss of held rows while trees are added. */
function createJudge({ x, labels, patience }: HeldRows, base: number) {
  const scores = new Float64Array(x.rows).fill(base)
  let seen = 0
  let best = 0
  let least = logLoss(scores.map(sigmoid), labels)
  return {
    see(tree: Tree): void {
      seen++
      addTo(scores, tree, x)
      const loss = logLoss(scores.map(sigmoid), labels)
      if (loss >= least) return
      least = loss
      best = seen
    },
    hasEnough: () => seen - best >= patience,
    best: () => best
  }
}

function addTo(scores: Float64Array, tree: Tree, { columns, values }: Matrix): void {
  for (let i = 0; i < scores.length; i++) scores[i]! += leafOf(tree, values, i * columns)
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
  grounds: Pick<Growth, 'binned' | 'sparse' | 'options'>,
  labels: ArrayLike<number>,
  scores: Float64Array,
  rows: Int32Array
): Tree {
  const gradients = new Float64Array(scores.length)
  const curvatures = new Float64Array(scores.length)
  for (const row of rows) {
    const p = sigmoid(scores[row]!)
    gradients[row] = p - labels[row]!
    curvatures[row] = p * (1 - p)
  }
  const tree: Tree = { features: [], thresholds: [], lefts: [], rights: [], values: [] }
  growNode({ ...grounds, gradients, curvatures, tree }, rows, grounds.options.depth)
  return tree
}

/** Adds a node for the rows and everything below it; answers its number. */
function growNode(growth: Growth, rows: Int32Array, depthLeft: number): number {
  const { binned, sparse, gradients, curvatures, tree, options } = growth
  const node = tree.features.length
  tree.features.push(-1)
  tree.thresholds.push(0)
  tree.lefts.push(0)
  tree.rights.push(0)
  tree.values.push(0)
  const split =
    depthLeft > 0 && rows.length >= 2 * options.minRows
      ? bestSplit(histogramOf(sparse, rows, gradients, curvatures), sparse.offsets, options)
      : undefined
  if (split === undefined) {
    tree.values[node] = leafValue(growth, rows)
    return node
  }
  const codes = binned.codes[split.column]!
  tree.features[node] = split.column
  tree.thresholds[node] = binned.thresholds[split.column]![split.bin]!
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
