import { floatsOf, intsOf, textOf } from './attributes.js'
import type { Node } from './graph.js'
import type { Producers } from './walk.js'

/**
 * True when what the file says makes a tensor a probability: it ends in a sigmoid or softmax, or it is a forest whose leaves
 * cannot add up to more than one. Anything else is a raw score that needs a calibration.
 */
export function isProbability(producers: Producers, tensor: string): boolean {
  const known = new Map<string, boolean>()
  return bounded(tensor, 0)

  function bounded(name: string, depth: number): boolean {
    const before = known.get(name)
    if (before !== undefined) return before
    known.set(name, false)
    const node = producers.get(name)
    const result = node !== undefined && depth < DEPTH && madeBy(node, depth)
    known.set(name, result)
    return result
  }

  function madeBy(node: Node, depth: number): boolean {
    if (SQUASHING.has(node.operator)) return true
    const own = ENSEMBLES.get(node.operator)
    if (own !== undefined) return own(node)
    if (isWrittenOut(node, producers)) return true
    if (!MIXING.has(node.operator)) return false
    // A condition chooses; it is no part of the result. Weights and constants scale or shift, as in the mean of two models.
    const computed = node.inputs.slice(node.operator === 'Where' ? 1 : 0).filter(i => isComputed(i))
    return computed.length > 0 && computed.every(i => bounded(i, depth + 1))
  }

  function isComputed(name: string): boolean {
    const node = producers.get(name)
    return node !== undefined && node.operator !== 'Constant' && node.operator !== 'Shape'
  }
}

/** Steps looked back; after a classifier's score exporters write fewer than ten. */
const DEPTH = 100

/** 1 / (1 + exp(x)) and exp(log-probability), as exporters write out sigmoid calibration and naive Bayes. */
function isWrittenOut({ operator, inputs }: Node, producers: Producers): boolean {
  const argument = producers.get(inputs[operator === 'Div' ? 1 : 0] ?? '')
  if (argument === undefined) return false
  const before = argument.inputs.map(i => producers.get(i)?.operator)
  if (operator === 'Div' || operator === 'Reciprocal')
    return argument.operator === 'Add' && before.includes('Exp')
  if (operator !== 'Exp') return false
  if (argument.operator === 'LogSoftmax') return true
  const behind = argument.inputs.map(
    i => producers.get(producers.get(i)?.inputs[0] ?? '')?.operator
  )
  return argument.operator === 'Sub' && [...before, ...behind].includes('ReduceLogSumExp')
}

const SQUASHING = new Set(['Sigmoid', 'Softmax', 'HardSigmoid', 'Hardmax'])
const MIXING = new Set([
  'Add',
  'ArrayFeatureExtractor',
  'Cast',
  'Clip',
  'Concat',
  'Div',
  'Flatten',
  'Gather',
  'Identity',
  'Max',
  'Mean',
  'Min',
  'Mul',
  'Normalizer',
  'ReduceMean',
  'ReduceSum',
  'Reshape',
  'Slice',
  'Split',
  'Squeeze',
  'Sub',
  'Sum',
  'Transpose',
  'Unsqueeze',
  'Where'
])

const ENSEMBLES = new Map<string, (node: Node) => boolean>([
  ['LinearClassifier', isSquashed],
  ['LinearRegressor', isSquashed],
  ['SVMClassifier', node => isSquashed(node) || floatsOf(node, 'prob_a').length > 0],
  ['SVMRegressor', isSquashed],
  ['TreeEnsembleRegressor', isSquashed],
  ['TreeEnsembleClassifier', node => isSquashed(node) || leavesStayBelowOne(node)]
])

function isSquashed(node: Node): boolean {
  return ['LOGISTIC', 'SOFTMAX', 'SOFTMAX_ZERO'].includes(textOf(node, 'post_transform') ?? 'NONE')
}

/** Leaves are float32: a sum over many trees may pass one by rounding. */
const ROUNDING = 1e-6

/**
 * Random forests are exported with post_transform NONE and leaves that are shares already. The sum over the trees of the smallest
 * and of the largest leaf bounds the score of each class.
 */
function leavesStayBelowOne(node: Node): boolean {
  const weights = floatsOf(node, 'class_weights')
  const classes = intsOf(node, 'class_ids')
  const trees = intsOf(node, 'class_treeids')
  const base = floatsOf(node, 'base_values')
  const count = 1 + classes.reduce((most, c) => Math.max(most, c), 0)
  const smallest = new Map<number, number>()
  const largest = new Map<number, number>()
  for (const [i, weight] of weights.entries()) {
    const key = (trees[i] ?? 0) * count + (classes[i] ?? 0)
    smallest.set(key, Math.min(weight, smallest.get(key) ?? Infinity))
    largest.set(key, Math.max(weight, largest.get(key) ?? -Infinity))
  }
  const least = sumByClass(smallest, count)
  const most = sumByClass(largest, count)
  return (
    weights.length > 0 &&
    [...most].every(([label, sum]) => {
      const shift = base[label] ?? 0
      return (least.get(label) ?? 0) + shift >= -ROUNDING && sum + shift <= 1 + ROUNDING
    })
  )
}

function sumByClass(byTree: ReadonlyMap<number, number>, count: number): Map<number, number> {
  const sums = new Map<number, number>()
  for (const [key, weight] of byTree) sums.set(key % count, (sums.get(key % count) ?? 0) + weight)
  return sums
}
