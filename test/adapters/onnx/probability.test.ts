import { test } from 'tap'
import { readModel } from '../../../src/adapters/onnx/graph.js'
import { isProbability } from '../../../src/adapters/onnx/probability.js'
import { producersOf } from '../../../src/adapters/onnx/walk.js'
import type { Writer } from '../../../src/adapters/onnx/protobuf.js'
import { attribute, FLOAT, ml, model, node, tensor, value } from './build.js'

/** Whether output p of some nodes over input x counts as a probability. */
function probability(...nodes: Writer[]): boolean {
  const bytes = model({
    inputs: [value('x', FLOAT, ['N', 2])],
    outputs: [value('p', FLOAT, ['N', 1])],
    nodes,
    initializers: [tensor.floats('one', [1], [1])]
  })
  const { graph } = readModel(bytes)
  return graph !== undefined && isProbability(producersOf(graph), 'p')
}

function classifier(operator: string, postTransform?: string, more: Writer[] = []): Writer {
  const transform =
    postTransform === undefined ? [] : [attribute.text('post_transform', postTransform)]
  return ml(operator, ['x'], ['label', 'p'], [...transform, ...more])
}

function regressor(operator: string, postTransform?: string): Writer {
  const transform =
    postTransform === undefined ? [] : [attribute.text('post_transform', postTransform)]
  return ml(operator, ['x'], ['p'], transform)
}

/** Two trees of two leaves each, all for class 1. */
function forest(...weights: number[]): Writer {
  return classifier('TreeEnsembleClassifier', 'NONE', [
    attribute.floats('class_weights', weights),
    attribute.ints('class_ids', [1, 1, 1, 1]),
    attribute.ints('class_treeids', [0, 0, 1, 1])
  ])
}

test('what a sigmoid or softmax gives is a probability', t => {
  t.ok(probability(node('Sigmoid', ['x'], ['p'])))
  t.ok(probability(node('Softmax', ['x'], ['p'])))
  for (const transform of ['LOGISTIC', 'SOFTMAX', 'SOFTMAX_ZERO']) {
    t.ok(probability(classifier('LinearClassifier', transform)), transform)
    t.ok(probability(classifier('TreeEnsembleClassifier', transform)), transform)
    t.ok(probability(regressor('TreeEnsembleRegressor', transform)), transform)
  }
  t.end()
})

test('without a post transform a score is raw', t => {
  for (const transform of [undefined, 'NONE', 'PROBIT']) {
    t.notOk(probability(classifier('LinearClassifier', transform)))
    t.notOk(probability(classifier('SVMClassifier', transform)))
    t.notOk(probability(regressor('LinearRegressor', transform)))
    t.notOk(probability(regressor('TreeEnsembleRegressor', transform)))
    t.notOk(probability(classifier('TreeEnsembleClassifier', transform)))
  }
  t.notOk(probability(node('MatMul', ['x', 'one'], ['p'])))
  t.notOk(probability(node('LogSoftmax', ['x'], ['p'])))
  t.notOk(probability(node('Identity', ['x'], ['p'])), 'nor is what was fed')
  t.end()
})

test('a forest whose leaves cannot pass one gives probabilities', t => {
  t.ok(probability(forest(0, 0.5, 0.1, 0.5)))
  t.notOk(probability(forest(0, 0.6, 0.1, 0.5)))
  t.notOk(probability(forest(-0.1, 0.5, 0, 0.5)))
  t.end()
})

test('a support vector machine with its own calibration gives probabilities', t => {
  t.ok(probability(classifier('SVMClassifier', 'NONE', [attribute.floats('prob_a', [-1])])))
  t.end()
})

test('what is mixed from probabilities is one, what is mixed with a raw score is none', t => {
  const a = node('Sigmoid', ['x'], ['a'])
  const b = node('Softmax', ['x'], ['b'])
  const raw = node('MatMul', ['x', 'one'], ['raw'])
  t.ok(probability(a, b, node('Mean', ['a', 'b'], ['p'])))
  t.ok(probability(a, node('Sub', ['one', 'a'], ['rest']), node('Concat', ['rest', 'a'], ['p'])))
  t.ok(probability(b, node('Gather', ['b', 'one'], ['p'])))
  t.notOk(probability(a, raw, node('Add', ['a', 'raw'], ['p'])))
  t.end()
})

test('a logistic function written out is one', t => {
  const exp = node('Exp', ['x'], ['e'])
  const sum = node('Add', ['e', 'one'], ['s'])
  t.ok(probability(exp, sum, node('Reciprocal', ['s'], ['p'])))
  t.ok(probability(exp, sum, node('Div', ['one', 's'], ['p'])))
  t.ok(probability(node('LogSoftmax', ['x'], ['l']), node('Exp', ['l'], ['p'])))
  t.ok(
    probability(
      node('ReduceLogSumExp', ['x'], ['n']),
      node('Sub', ['x', 'n'], ['l']),
      node('Exp', ['l'], ['p'])
    )
  )
  t.notOk(probability(node('Exp', ['x'], ['p'])))
  t.end()
})

test('a chain of thousands of operators is looked at without harm', t => {
  const chain = Array.from({ length: 4_000 }, (_, i) => node('Neg', [`t${i}`], [`t${i + 1}`]))
  const adds = Array.from({ length: 4_000 }, (_, i) =>
    node('Add', [`t${i}`, `t${i}`], [`t${i + 1}`])
  )
  t.notOk(probability(...chain, node('Identity', ['t4000'], ['p'])))
  t.notOk(probability(...adds, node('Identity', ['t4000'], ['p'])))
  t.end()
})
