import { test } from 'tap'
import { admit } from '../../../src/adapters/onnx/admit.js'
import { createOnnxRuntime } from '../../../src/adapters/onnx/runtime.js'
import { attribute, FLOAT, logistic, ml, model, node, STRING, value } from './build.js'

const { open } = createOnnxRuntime({
  tryOut: { node: process.execPath, nodeArguments: process.execArgv }
})

test('a good model passes, and passes at once when it comes again', async t => {
  const bytes = logistic({ weights: [1, 2, 3] })
  const first = await open(bytes, { name: 'p', positive: '1' })
  await first.release()
  const startMs = performance.now()
  const again = await open(bytes, { name: 'p', positive: '1' })
  t.ok(performance.now() - startMs < 500, 'no process is started')
  t.equal((await again.score(1, () => undefined)).length, 1)
  await again.release()
})

test('a model that does not know the empty string passes all the same', async t => {
  const bytes = model({
    inputs: [value('job', STRING, ['N', 1])],
    outputs: [value('p', FLOAT, ['N', 2])],
    nodes: [
      ml(
        'OneHotEncoder',
        ['job'],
        ['hot'],
        [attribute.texts('cats_strings', ['admin', 'retired']), attribute.int('zeros', 0)]
      ),
      node('Flatten', ['hot'], ['p'], [attribute.int('axis', 1)])
    ]
  })
  const opened = await open(bytes, { name: 'p', positive: '1' })
  t.match(opened.warnings[0], /A run with rows of zeros fails \(.*Unknown Category/)
  await opened.release()
})

/** Doubles the columns with every operator: each of them is allowed, together they fill any memory. */
function doubling(times: number): Uint8Array {
  const nodes = Array.from({ length: times }, (_, i) =>
    node('Concat', [`t${i}`, `t${i}`], [`t${i + 1}`], [attribute.int('axis', 1)])
  )
  return model({
    inputs: [value('x', FLOAT, ['N', 1])],
    outputs: [value('p', FLOAT, ['N', 1])],
    nodes: [
      node('Identity', ['x'], ['t0']),
      ...nodes,
      node('ReduceMax', [`t${times}`], ['p'], [attribute.ints('axes', [1])])
    ]
  })
}

test('a model that fills the memory harms a process of its own', async t => {
  const bytes = doubling(34)
  admit(bytes)
  const before = process.memoryUsage().rss
  await t.rejects(open(bytes, { name: 'p' }), {
    name: 'ModelRefused',
    message: /Tried out, .*memory/
  })
  t.ok(process.memoryUsage().rss - before < 64e6, 'not this one')
})

test('a model that is slow is refused', async t => {
  const wide = 1_000
  const layers = Array.from({ length: 6 }, (_, i) =>
    node('MatMul', [`t${i}`, 'outer'], [`t${i + 1}`])
  )
  const bytes = model({
    inputs: [value('x', FLOAT, ['N', wide])],
    outputs: [value('p', FLOAT, ['N', 1])],
    nodes: [
      node('ReduceSum', ['x'], ['s']),
      node('Transpose', ['x'], ['column']),
      node('MatMul', ['column', 'x'], ['outer']),
      node('Identity', ['outer'], ['t0']),
      ...layers,
      node('ReduceMax', ['t6'], ['p'], [attribute.ints('axes', [1])])
    ]
  })
  await t.rejects(open(bytes, { name: 'p' }), {
    name: 'ModelRefused',
    message: /Tried out, .*( ms | s;)/
  })
})

test('a process that cannot start is not blamed on the model', async t => {
  const broken = createOnnxRuntime({
    tryOut: {
      node: process.execPath,
      nodeArguments: [...process.execArgv, '--import', './not-there.mjs']
    }
  })
  const bytes = logistic({ weights: [1] })
  await t.rejects(broken.open(bytes, { name: 'p', positive: '1' }), {
    name: 'ModelRefused',
    message: /did not start, which is no fault of the model; .* It said: .*not-there/
  })
})
