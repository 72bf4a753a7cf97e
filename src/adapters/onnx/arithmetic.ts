import type { Arithmetic, ModelInput, TreesSum } from '../../decisioning/ports.js'
import { floatsOf, intOf, intsOf, textOf, textsOf } from './attributes.js'
import type { Node } from './graph.js'
import type { Producers } from './walk.js'

/** Where the scores come out: a column of a tensor. */
interface ScoreColumn {
  readonly tensor: string
  readonly width: number
  readonly column: number
}

/**
 * What a model computes, where its graph is float inputs side by side and one linear classifier or tree ensemble of two classes;
 * undefined for all other graphs, such as those that take texts apart. Whoever uses it compares it with runs first.
 */
export function arithmeticOf(
  producers: Producers,
  inputs: readonly ModelInput[],
  { tensor, width, column }: ScoreColumn
): Arithmetic | undefined {
  if (width !== 2 || inputs.some(({ type }) => type !== 'float32')) return undefined
  const made = producers.get(tensor)
  const classifier = made?.operator === 'Normalizer' ? producers.get(made.inputs[0] ?? '') : made
  if (classifier === undefined || classifier.inputs.length !== 1) return undefined
  const row = rowOf(producers, inputs, classifier.inputs[0]!)
  if (row === undefined) return undefined
  const read = READERS.get(classifier.operator)?.(classifier, row.columns, column)
  return read && { ...row, ...read }
}

/** How inputs make the row: one alone, or all joined. */
function rowOf(
  producers: Producers,
  inputs: readonly ModelInput[],
  tensor: string
): Pick<Arithmetic, 'offsets' | 'columns'> | undefined {
  const node = producers.get(tensor)
  if (node !== undefined && (node.operator !== 'Concat' || isAlongRows(node))) return undefined
  const parts = (node?.inputs ?? [tensor]).map(name => inputs.findIndex(i => i.name === name))
  if (parts.includes(-1) || parts.length !== inputs.length) return undefined
  const offsets = inputs.map(() => -1)
  let columns = 0
  for (const part of parts) {
    offsets[part] = columns
    columns += inputs[part]!.width
  }
  return offsets.includes(-1) ? undefined : { offsets, columns }
}

function isAlongRows(concat: Node): boolean {
  return intOf(concat, 'axis') !== 1
}

type Read = (
  node: Node,
  columns: number,
  column: number
) => Pick<Arithmetic, 'sum' | 'link'> | undefined

const READERS: ReadonlyMap<string, Read> = new Map([
  ['LinearClassifier', readLinear],
  ['TreeEnsembleClassifier', readTrees]
])

const LINKS: ReadonlyMap<string | undefined, Arithmetic['link']> = new Map([
  ['LOGISTIC', 'logistic'],
  ['NONE', 'none'],
  [undefined, 'none']
])

/** Both classes with weights of their own, each through the logistic function alone. */
function readLinear(node: Node, columns: number, column: number): ReturnType<Read> {
  const coefficients = floatsOf(node, 'coefficients')
  const intercepts = floatsOf(node, 'intercepts')
  const link = LINKS.get(textOf(node, 'post_transform'))
  if (coefficients.length !== 2 * columns || intercepts.length !== 2 || link === undefined)
    return undefined
  const own = Float64Array.from(coefficients.slice(column * columns, (column + 1) * columns))
  return { sum: { kind: 'linear', intercept: intercepts[column]!, coefficients: own }, link }
}

/** Leaves of one class give the log odds of the second; leaves of both give the scores of each. */
function readTrees(node: Node, columns: number, column: number): ReturnType<Read> {
  const classes = intsOf(node, 'class_ids')
  if (classes.length > MOST_NODES) return undefined
  const weights = floatsOf(node, 'class_weights')
  const link = LINKS.get(textOf(node, 'post_transform'))
  if (link === undefined) return undefined
  const isSingle = new Set(classes).size === 1
  // The runtime takes weights that are all positive for votes.
  const isVote = !weights.some(weight => weight < 0)
  if (isSingle ? link !== 'logistic' || isVote || column !== 1 : link !== 'none') return undefined
  const bases = floatsOf(node, 'base_values')
  const base = isSingle ? (bases[0] ?? 0) : (bases[column] ?? 0)
  if (isSingle && bases.length > 1) return undefined
  const leaves = classes.flatMap((label, i) => (isSingle || label === column ? [i] : []))
  const sum = treesOf(node, columns, base, leaves)
  return sum && { sum, link }
}

/** A float32 and the next lower one: cells below the one are at most the other. */
function nextBelow(threshold: number): number {
  const cell = Float32Array.of(threshold)
  const bits = new Int32Array(cell.buffer)
  if (threshold === 0) return -(2 ** -149)
  bits[0]! += threshold > 0 ? -1 : 1
  return cell[0]!
}

/** @param leaves positions in the class_ lists of the leaves that count */
function treesOf(
  node: Node,
  columns: number,
  base: number,
  leaves: readonly number[]
): TreesSum | undefined {
  const trees = intsOf(node, 'nodes_treeids')
  if (trees.length > MOST_NODES) return undefined
  const numbers = intsOf(node, 'nodes_nodeids')
  const modes = textsOf(node, 'nodes_modes')
  const cells = intsOf(node, 'nodes_featureids')
  const limits = floatsOf(node, 'nodes_values')
  const known = new Map(trees.map((tree, i) => [`${tree}.${numbers[i]!}`, i]))
  const at = (tree: number, number: number): number => known.get(`${tree}.${number}`) ?? -1
  const values = new Float64Array(trees.length)
  const leafTrees = intsOf(node, 'class_treeids')
  const leafNodes = intsOf(node, 'class_nodeids')
  const weights = floatsOf(node, 'class_weights')
  for (const i of leaves) {
    const leaf = at(leafTrees[i]!, leafNodes[i]!)
    if (leaf >= 0) values[leaf]! += weights[i]!
  }
  const childrenBy = (name: string): Int32Array =>
    Int32Array.from(intsOf(node, name), (number, i) => at(trees[i]!, number))
  const sum: TreesSum = {
    kind: 'trees',
    base,
    roots: Int32Array.from(trees.flatMap((tree, i) => (tree === trees[i - 1] ? [] : [i]))),
    features: Int32Array.from(cells, (cell, i) => (modes[i] === 'LEAF' ? -1 : cell)),
    thresholds: Float64Array.from(limits, (limit, i) =>
      modes[i] === 'BRANCH_LT' ? nextBelow(limit) : limit
    ),
    lefts: childrenBy('nodes_truenodeids'),
    rights: childrenBy('nodes_falsenodeids'),
    values
  }
  const plain = modes.every(mode => MODES.has(mode)) && cells.every(cell => cell < columns)
  return plain && areTrees(sum) ? sum : undefined
}

/** Walking larger ensembles is no quicker than running them. */
const MOST_NODES = 200_000
const MODES = new Set(['LEAF', 'BRANCH_LEQ', 'BRANCH_LT'])

/** Whether every node is reached once, from a root: walks end, and none is deeper than people make them. */
function areTrees({ roots, features, lefts, rights }: TreesSum): boolean {
  const reached = new Uint8Array(features.length)
  const open = Array.from(roots, (root): [node: number, depth: number] => [root, 0])
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [node, depth] = next
    if (!(node >= 0 && node < features.length) || reached[node] === 1 || depth > DEEPEST)
      return false
    reached[node] = 1
    if (features[node]! >= 0) open.push([lefts[node]!, depth + 1], [rights[node]!, depth + 1])
  }
  return !reached.includes(0)
}

const DEEPEST = 200
