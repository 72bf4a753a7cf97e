import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { test } from 'tap'
import { createOnnxRuntime } from '../../../src/adapters/onnx/runtime.js'
import { writeTrees } from '../../../src/adapters/onnx/write.js'
import type {
  EncodeRows,
  ModelInput,
  ModelOutput,
  OpenFusion,
  OpenModel
} from '../../../src/decisioning/ports.js'
import { holdsAsync } from '../../helpers/holds.js'
import { attribute, DOUBLE, FLOAT, logistic, ml, model, node, tensor, value } from './build.js'
import { sharedData } from './shared-data.js'

const runtime = createOnnxRuntime()

/** Repeatable cells: the same for the same input name and row, whichever tensor they stand in. */
function cellOf(row: number, column: number): number {
  return Math.fround(Math.sin(row * 12.9 + column * 78.2) * 3)
}

/** Writes the cells of every input; `at` says where an input's first column stands. */
function writing(rows: number, inputs: readonly ModelInput[], at: readonly Place[]): EncodeRows {
  return (tensors, firstRow) => {
    inputs.forEach(({ width }, i) => {
      const { input, cells } = tensors[at[i]!.tensor]!
      for (let row = 0; row < rows; row++)
        for (let column = 0; column < width; column++) {
          const to = (firstRow + row) * input.width + at[i]!.column + column
          if (Array.isArray(cells)) cells[to] = `t${row % 3}`
          else if (cells instanceof BigInt64Array) cells[to] = BigInt(row + column)
          else cells[to] = cellOf(row, column)
        }
    })
  }
}

type Place = { readonly tensor: number; readonly column: number }

/** Each input of each model beside the others, in one tensor a type. */
function layOut(models: readonly OpenModel[]): { inputs: ModelInput[]; places: Place[][] } {
  const inputs: Array<{ name: string; type: ModelInput['type']; width: number }> = []
  const places = models.map(({ inputs: own }) =>
    own.map(({ type, width }) => {
      if (!inputs.some(known => known.type === type)) inputs.push({ name: type, type, width: 0 })
      const at = inputs.findIndex(known => known.type === type)
      const place = { tensor: at, column: inputs[at]!.width }
      inputs[at]!.width += width
      return place
    })
  )
  return { inputs, places }
}

async function fuse(models: readonly OpenModel[]): Promise<[OpenFusion, Place[][]]> {
  const { inputs, places } = layOut(models)
  const members = models.map((open, i) => ({ open, places: places[i]! }))
  return [await runtime.fuse({ inputs, members }), places]
}

/** The largest difference between what models give alone and fused. */
async function largestDifference(models: readonly OpenModel[], rows: number): Promise<number> {
  const [fused, places] = await fuse(models)
  const together = await fused.score(rows, (tensors, firstRow) => {
    models.forEach(({ inputs }, i) => writing(rows, inputs, places[i]!)(tensors, firstRow))
  })
  let largest = together.length === rows * models.length ? 0 : Infinity
  for (const [i, open] of models.entries()) {
    const own = open.inputs.map((_, at) => ({ tensor: at, column: 0 }))
    const alone = await open.score(rows, writing(rows, open.inputs, own))
    alone.forEach((score, row) => {
      const difference = Math.abs(score - together[row * models.length + i]!)
      largest = Math.max(largest, Number.isNaN(difference) ? Infinity : difference)
    })
  }
  await fused.release()
  return largest
}

const weight = fc.double({ min: -2, max: 2, noNaN: true })
const positive = fc.constantFrom('0', '1')

const randomLogistic = fc
  .record({
    weights: fc.array(weight, { minLength: 1, maxLength: 6 }),
    bias: weight,
    zipMap: fc.boolean(),
    positive
  })
  .map(({ positive: label, ...parts }) => ({
    bytes: logistic(parts),
    output: { name: 'p', positive: label }
  }))

/** Stumps and deeper: every inner node of a full tree of depth 2 splits somewhere. */
const randomTrees = fc
  .record({
    columns: fc.integer({ min: 1, max: 4 }),
    trees: fc.array(fc.array(weight, { minLength: 7, maxLength: 7 }), {
      minLength: 1,
      maxLength: 8
    }),
    positive
  })
  .map(({ columns, trees, positive: label }) => ({
    bytes: writeTrees({
      name: 'trees',
      inputs: [{ name: 'x', columns }],
      base: -0.5,
      trees: trees.map(numbers => ({
        features: numbers.map((_, i) => (i < 3 ? i % columns : -1)),
        thresholds: numbers,
        lefts: [1, 3, 5, 0, 0, 0, 0],
        rights: [2, 4, 6, 0, 0, 0, 0],
        values: numbers
      }))
    }),
    output: { name: 'probabilities', positive: label }
  }))

test('random logistic and tree models, with and without ZipMap, give fused what they give alone', async t => {
  const property = fc.asyncProperty(
    fc.array(fc.oneof(randomLogistic, randomTrees), { minLength: 2, maxLength: 8 }),
    fc.integer({ min: 1, max: 12 }),
    async (wanted, rows) => {
      const opened = await Promise.all(wanted.map(w => runtime.open(w.bytes, w.output)))
      // Trees are written for another machine-learning operator set than the logistic models here.
      const groups = [1, 3].map(version =>
        opened.filter(
          ({ fusable }) => 'versions' in fusable && fusable.versions['ai.onnx.ml'] === version
        )
      )
      const largest = await Promise.all(
        groups.filter(group => group.length > 1).map(group => largestDifference(group, rows))
      )
      await Promise.all(opened.map(open => open.release()))
      return Math.max(0, ...largest) <= 1e-6
    }
  )
  await holdsAsync(t, property, 60)
})

/** A model whose input or output is a plain list, or whose output is in float64, made of standard operators. */
function listed(parts: { readonly flatInput: boolean; readonly double: boolean }): Uint8Array {
  const { flatInput, double } = parts
  return model({
    inputs: [value('x', FLOAT, flatInput ? ['N'] : ['N', 1])],
    outputs: [value('p', double ? DOUBLE : FLOAT, ['N'])],
    nodes: [
      node('Reshape', ['x', 'list'], ['row']),
      node('Sigmoid', ['row'], [double ? 's' : 'p']),
      ...(double ? [node('Cast', ['s'], ['p'], [attribute.int('to', DOUBLE)])] : [])
    ],
    initializers: [tensor.int64s('list', [1], [-1])]
  })
}

test('lists, float64 outputs and names that repeat stand side by side', async t => {
  const shapes = [
    listed({ flatInput: true, double: false }),
    listed({ flatInput: false, double: true }),
    listed({ flatInput: true, double: true })
  ]
  const opened = await Promise.all([
    ...shapes.map(bytes => runtime.open(bytes, { name: 'p' })),
    runtime.open(logistic({ weights: [1, -1, 0.5], zipMap: true }), { name: 'p', positive: '1' })
  ])
  t.ok((await largestDifference(opened, 7)) <= 1e-6)
  t.ok((await largestDifference(opened.slice(0, 1).concat(opened.slice(3)), 1)) <= 1e-6)
})

test('operators of before Slice took its bounds as inputs are cut by attributes', async t => {
  const bytes = model({
    inputs: [value('x', FLOAT, ['N', 2])],
    outputs: [value('p', FLOAT, ['N', 1])],
    nodes: [node('Gemm', ['x', 'w', 'b'], ['g']), node('Sigmoid', ['g'], ['p'])],
    initializers: [tensor.floats('w', [2, 1], [0.5, -0.25]), tensor.floats('b', [1], [0.1])],
    opsets: { '': 9 }
  })
  const opened = [
    await runtime.open(bytes, { name: 'p' }),
    await runtime.open(bytes, { name: 'p' })
  ]
  t.same(opened[0]!.fusable, { versions: { '': 9 } })
  t.ok((await largestDifference(opened, 5)) <= 1e-6)
})

test('a model says why it cannot be fused', async t => {
  const fixed = await runtime.open(logistic({ weights: [1], rows: 1 }), {
    name: 'p',
    positive: '1'
  })
  t.match(fixed.fusable, { reason: /fixes its batch at one row/ })
  const picky = model({
    inputs: [value('x', 8, ['N', 1])],
    outputs: [value('p', FLOAT, ['N', 2])],
    nodes: [
      ml(
        'OneHotEncoder',
        ['x'],
        ['hot'],
        [attribute.texts('cats_strings', ['a', 'b']), attribute.int('zeros', 0)]
      ),
      node('Reshape', ['hot', 'rows'], ['flat']),
      node('Softmax', ['flat'], ['p'], [attribute.int('axis', 1)])
    ],
    initializers: [tensor.int64s('rows', [2], [-1, 2])]
  })
  const opened = await runtime.open(picky, { name: 'p', positive: '1' })
  t.match(opened.fusable, { reason: /rows of zeros and empty strings/ })
  const plain = await runtime.open(logistic({ weights: [1] }), { name: 'p', positive: '1' })
  await t.rejects(fuse([plain, fixed]), { name: 'ModelRefused' })
  await t.rejects(fuse([plain, { ...plain }]), { name: 'ModelRefused' }, 'opened elsewhere')
})

test('a fused graph is admitted as files are: with too many operators it is refused', async t => {
  const depth = 3_000
  const chain = model({
    inputs: [value('x', FLOAT, ['N', 1])],
    outputs: [value('p', FLOAT, ['N', 1])],
    nodes: Array.from({ length: depth }, (_, i) =>
      node(
        i === depth - 1 ? 'Sigmoid' : 'Identity',
        [i === 0 ? 'x' : `n${i}`],
        [i === depth - 1 ? 'p' : `n${i + 1}`]
      )
    )
  })
  const opened = await Promise.all([
    runtime.open(chain, { name: 'p' }),
    runtime.open(chain, { name: 'p' })
  ])
  await t.rejects(fuse(opened), { name: 'ModelRefused', message: /operators, more than/ })
})

test('after a release scores asked for before are answered, and later ones refused', async t => {
  const opened = await Promise.all(
    [1, 2].map(w => runtime.open(logistic({ weights: [w] }), { name: 'p', positive: '1' }))
  )
  const [fused, places] = await fuse(opened)
  const before = fused.score(2, writing(2, opened[0]!.inputs, places[0]!))
  const released = fused.release()
  t.equal((await before).length, 4)
  await released
  await t.rejects(fused.score(1, writing(1, opened[0]!.inputs, places[0]!)), /released/)
})

const FROM_EXPORTERS: ReadonlyArray<readonly [file: string, output: ModelOutput]> = [
  ['third-party/sklearn_randomforest.onnx', { name: 'output_probability', positive: '1' }],
  ['third-party/logreg_iris_skl2onnx.onnx', { name: 'output_probability', positive: '2' }],
  ['third-party/logreg_time.onnx', { name: 'output_probability', positive: '0' }],
  ['third-party/mlnet_linear_regression.onnx', { name: 'variable' }],
  ['third-party/xgboost_regressor.onnx', { name: 'variable' }],
  ['bank/gb_typed_nozipmap.onnx', { name: 'probabilities', positive: '1' }],
  ['bank/lr_typed_nozipmap.onnx', { name: 'probabilities', positive: '1' }],
  ['bank/lr_typed_zipmap.onnx', { name: 'output_probability', positive: '1' }],
  ['third-party/treecl.onnx', { name: 'proba_0', positive: '2', columns: { input: 20 } }]
]

test('what exporters write gives fused what it gives alone', async t => {
  const folder = sharedData(t, 'onnx')
  if (folder === undefined) {
    t.pass('nothing to compare with')
    return
  }
  let fused = 0
  for (const [file, output] of FROM_EXPORTERS) {
    const bytes = readFileSync(join(folder, file))
    const opened = await runtime.open(bytes, output)
    if ('reason' in opened.fusable) continue
    fused++
    const [one, other] = [opened, await runtime.open(bytes, output)]
    t.ok((await largestDifference([one, other, one], 9)) <= 1e-6, file)
    await one.release()
    await other.release()
  }
  t.ok(fused >= 4, `${fused} of them can be fused`)
})
