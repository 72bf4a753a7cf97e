import { test } from 'tap'
import { createOnnxRuntime } from '../../../src/adapters/onnx/runtime.js'
import type { EncodeRows, OpenModel } from '../../../src/decisioning/ports.js'
import * as build from './build.js'

const { attribute, FLOAT, DOUBLE, INT64, ml, model, node, odd, STRING, tensor, value } = build
const { open } = createOnnxRuntime()

/** Writes the given rows into the first input. */
function rows(...cells: number[][]): EncodeRows {
  return (columns, firstRow) => {
    const [column] = columns
    if (column === undefined || Array.isArray(column.cells))
      throw new Error('a number belongs here')
    for (const [row, values] of cells.entries())
      for (const [i, cell] of values.entries()) {
        const at = (firstRow + row) * column.input.width + i
        if (column.cells instanceof BigInt64Array) column.cells[at] = BigInt(cell)
        else column.cells[at] = cell
      }
  }
}

async function scoreOf(opened: OpenModel, ...cells: number[][]): Promise<number[]> {
  const scores = await opened.score(cells.length, rows(...cells))
  return [...scores].map(s => Number(s.toFixed(6)))
}

/** The logistic function to six digits. */
function sigma(score: number): number {
  return Number((1 / (1 + Math.exp(-score))).toFixed(6))
}

test('a classifier answers the probability of the class named, whatever its column', async t => {
  const bytes = build.logistic({ weights: [0.5, -0.25], bias: 0.1 })
  const yes = await open(bytes, { name: 'p', positive: '1' })
  const no = await open(bytes, { name: 'p', positive: '0' })
  t.same(yes.inputs, [{ name: 'x', type: 'float32', width: 2 }])
  t.same(yes.warnings, [])
  t.equal(yes.yieldsProbabilities, true)
  t.same(await scoreOf(yes, [1, 2], [2, 0], [0, 0]), [sigma(0.1), sigma(1.1), sigma(0.1)])
  t.same(await scoreOf(no, [2, 0]), [sigma(-1.1)])
  await Promise.all([yes.release(), no.release()])
})

test('a ZipMap is taken off and gives the labels', async t => {
  for (const labels of [
    [7, 9],
    ['no', 'yes']
  ]) {
    const bytes = build.logistic({ weights: [1], labels, zipMap: true })
    const opened = await open(bytes, { name: 'p', positive: String(labels[1]) })
    t.same(await scoreOf(opened, [2]), [sigma(2)], String(labels))
    await opened.release()
  }
})

test('a ZipMap wins over the classifier in front of it', async t => {
  const classifier = ml(
    'LinearClassifier',
    ['x'],
    ['label', 'scores'],
    [
      attribute.floats('coefficients', [-1, 1]),
      attribute.floats('intercepts', [0, 0]),
      attribute.ints('classlabels_ints', [0, 1]),
      attribute.text('post_transform', 'LOGISTIC')
    ]
  )
  const zipMap = ml(
    'ZipMap',
    ['scores'],
    ['p'],
    [attribute.texts('classlabels_strings', ['b', 'a'])]
  )
  const bytes = model({
    inputs: [value('x', FLOAT, ['N', 1])],
    outputs: [odd('p', 4)],
    nodes: [classifier, zipMap]
  })
  const opened = await open(bytes, { name: 'p', positive: 'b' })
  t.same(await scoreOf(opened, [2]), [sigma(-2)])
  await opened.release()
})

/** A softmax whose label output is picked from `classes` by the place of the largest score, as for neural networks. */
function picking(operator: 'ArrayFeatureExtractor' | 'Gather', asConstant: boolean): Uint8Array {
  const classes = tensor.texts('classes', [3], ['bronze', 'silver', 'gold'])
  const pick = operator === 'Gather' ? node : ml
  const nodes = [
    node('Softmax', ['x'], ['p'], [attribute.int('axis', 1)]),
    node('ArgMax', ['p'], ['best'], [attribute.int('axis', 1), attribute.int('keepdims', 0)]),
    pick(operator, ['classes', 'best'], ['label'])
  ]
  const constant = node('Constant', [], ['classes'], [attribute.tensor('value', classes)])
  return model({
    inputs: [value('x', FLOAT, ['N', 3])],
    outputs: [value('label', STRING), value('p', FLOAT, ['N', 3])],
    nodes: asConstant ? [constant, ...nodes] : nodes,
    initializers: asConstant ? [] : [classes]
  })
}

test('labels are found where the label output is picked from', async t => {
  for (const bytes of [
    picking('ArrayFeatureExtractor', false),
    picking('Gather', false),
    picking('Gather', true)
  ]) {
    const opened = await open(bytes, { name: 'p', positive: 'gold' })
    t.same(opened.warnings, [])
    t.same(await scoreOf(opened, [0, 0, Math.log(2)]), [0.5])
    await opened.release()
  }
})

const softmax = model({
  inputs: [value('x', FLOAT, ['N', 2])],
  outputs: [value('p', FLOAT, ['N', 2])],
  nodes: [node('Softmax', ['x'], ['p'], [attribute.int('axis', 1)])]
})

test('a file without labels takes those of the model card, else numbers with a warning', async t => {
  const named = await open(softmax, { name: 'p', positive: 'yes', classes: ['yes', 'no'] })
  t.same(named.warnings, [])
  t.same(await scoreOf(named, [Math.log(3), 0]), [0.75])
  const assumed = await open(softmax, { name: 'p', positive: '1' })
  t.match(assumed.warnings, [/names no classes for output p; 0, 1 are assumed/])
  t.same(await scoreOf(assumed, [Math.log(3), 0]), [0.25])
  await Promise.all([named.release(), assumed.release()])
})

const wrong: Record<string, [Uint8Array, Parameters<typeof open>[1], RegExp]> = {
  'an output that the model has not': [softmax, { name: 'q' }, /no output q; .* outputs: p\./],
  'no positive class among several columns': [
    build.logistic({ weights: [1], labels: ['no', 'yes'] }),
    { name: 'p' },
    /has 2 columns; say which class is the positive one, .* no, yes/
  ],
  'a positive class that is none': [
    build.logistic({ weights: [1] }),
    { name: 'p', positive: 'yes' },
    /no class yes; `positive` must be one of 0, 1/
  ],
  'more classes than columns': [
    softmax,
    { name: 'p', positive: 'a', classes: ['a', 'b', 'c'] },
    /2 columns but `classes` names 3/
  ],
  'an output of class labels': [
    build.logistic({ weights: [1] }),
    { name: 'label' },
    /holds int64, so it has class labels and no scores/
  ],
  'a sequence that no ZipMap makes': [
    model({
      inputs: [value('x', FLOAT, ['N', 2])],
      outputs: [odd('p', 4)],
      nodes: [node('Identity', ['x'], ['p'])]
    }),
    { name: 'p' },
    /sequence that no ZipMap makes/
  ],
  'an output that is no table': [
    model({
      inputs: [value('x', FLOAT, ['N', 2])],
      outputs: [value('p', FLOAT)],
      nodes: [node('Unsqueeze', ['x', 'axes'], ['p'])],
      initializers: [tensor.int64s('axes', [1], [0])]
    }),
    { name: 'p' },
    /\[1, 2, 2\] for 2 rows/
  ],
  'an output with one score for all rows': [
    model({
      inputs: [value('x', FLOAT, ['N', 1])],
      outputs: [value('p', FLOAT)],
      nodes: [node('ReduceMean', ['x'], ['p'], [attribute.int('keepdims', 0)])]
    }),
    { name: 'p' },
    /is \[\] for 2 rows/
  ],
  'an input type that nothing feeds': [
    model({
      inputs: [value('x', 10, ['N', 2])],
      outputs: [value('p', 10, ['N', 2])],
      nodes: [node('Identity', ['x'], ['p'])]
    }),
    { name: 'p' },
    /Input x is of type float16/
  ],
  'an input whose width nobody says': [
    model({
      inputs: [value('x', FLOAT, ['N', 'C'])],
      outputs: [value('p', FLOAT, ['N', 'C'])],
      nodes: [node('Sigmoid', ['x'], ['p'])]
    }),
    { name: 'p' },
    /leaves its number of columns open/
  ],
  'a graph that the runtime does not take': [
    model({
      inputs: [value('x', FLOAT, ['N', 2])],
      outputs: [value('p', FLOAT, ['N', 2])],
      nodes: [node('Sigmoid', ['y'], ['p'])]
    }),
    { name: 'p' },
    /ONNX runtime does not take the model/
  ]
}

for (const [name, [bytes, output, reason]] of Object.entries(wrong)) {
  test(`${name} is refused`, async t => {
    await t.rejects(open(bytes, output), { name: 'ModelRefused', message: reason })
  })
}

test('an input of open width takes as many columns as are listed', async t => {
  const bytes = model({
    inputs: [value('x', FLOAT, ['N', 'C'])],
    outputs: [value('p', FLOAT, ['N', 'C'])],
    nodes: [node('Sigmoid', ['x'], ['p'])]
  })
  const opened = await open(bytes, { name: 'p', columns: { x: 1 } })
  t.same(opened.inputs, [{ name: 'x', type: 'float32', width: 1 }])
  t.same(await scoreOf(opened, [0], [2]), [0.5, sigma(2)])
  await opened.release()
})

test('one column needs no label, as [rows, 1], as [rows] and as float64', async t => {
  const table = model({
    inputs: [value('x', DOUBLE, ['N', 1])],
    outputs: [value('p', DOUBLE, ['N', 1])],
    nodes: [node('Sigmoid', ['x'], ['p'])]
  })
  const list = model({
    inputs: [value('x', FLOAT, ['N'])],
    outputs: [value('p', FLOAT, ['N'])],
    nodes: [node('Sigmoid', ['x'], ['p'])]
  })
  for (const bytes of [table, list]) {
    const opened = await open(bytes, { name: 'p' })
    t.equal(opened.yieldsProbabilities, true)
    t.same(await scoreOf(opened, [0], [1], [-1]), [0.5, sigma(1), sigma(-1)])
    await opened.release()
  }
})

/** The two columns of a classifier as two outputs. */
const split = model({
  inputs: [value('x', FLOAT, ['N', 2])],
  outputs: [value('p0', FLOAT, ['N', 1]), value('p1', FLOAT, ['N', 1])],
  nodes: [
    node('Softmax', ['x'], ['p'], [attribute.int('axis', 1)]),
    node('Split', ['p', 'sizes'], ['p0', 'p1'], [attribute.int('axis', 1)])
  ],
  initializers: [tensor.int64s('sizes', [2], [1, 1])]
})

test('with one tensor per class, that tensor is named and no label', async t => {
  const opened = await open(split, { name: 'p1' })
  t.same(await scoreOf(opened, [0, Math.log(3)]), [0.75])
  t.equal(opened.yieldsProbabilities, true)
  await opened.release()
})

/** A condition of two labels and one column. */
function oneColumn(positive: string | undefined): Parameters<typeof open> {
  const bytes = model({
    inputs: [value('x', FLOAT, ['N', 1])],
    outputs: [value('p', FLOAT, ['N', 1])],
    nodes: [node('Sigmoid', ['x'], ['p'])]
  })
  return [bytes, { name: 'p', positive, classes: ['no', 'yes'] }]
}

test('the only column of two classes is that of the second', async t => {
  for (const positive of [undefined, 'yes']) {
    const opened = await open(...oneColumn(positive))
    t.same(await scoreOf(opened, [2]), [sigma(2)])
    await opened.release()
  }
  await t.rejects(open(...oneColumn('no')), {
    name: 'ModelRefused',
    message: /one column, for class yes and not for no/
  })
})

test('a fixed batch of one row is run row by row, with a warning', async t => {
  const bytes = build.logistic({ weights: [1, 1], rows: 1 })
  const opened = await open(bytes, { name: 'p', positive: '1' })
  t.match(opened.warnings, [/fixes its batch at one row/])
  t.same(await scoreOf(opened, [1, 1], [0, 0], [0, -1]), [sigma(2), sigma(0), sigma(-1)])
  await opened.release()
})

test('every element type can be fed', async t => {
  const types = {
    float32: FLOAT,
    float64: DOUBLE,
    int32: build.INT32,
    int64: INT64,
    bool: build.BOOL
  }
  for (const [type, number] of Object.entries(types)) {
    const bytes = model({
      inputs: [value('x', number, ['N', 1])],
      outputs: [value('p', FLOAT, ['N', 1])],
      nodes: [node('Cast', ['x'], ['f'], [attribute.int('to', 1)]), node('Sigmoid', ['f'], ['p'])]
    })
    const opened = await open(bytes, { name: 'p' })
    t.same(opened.inputs, [{ name: 'x', type, width: 1 }])
    t.same(await scoreOf(opened, [0], [1]), [0.5, sigma(1)], type)
    await opened.release()
  }
})

test('strings are fed through an encoder', async t => {
  const bytes = model({
    inputs: [value('job', STRING, ['N', 1])],
    outputs: [value('p', FLOAT, ['N', 1])],
    nodes: [
      ml(
        'LabelEncoder',
        ['job'],
        ['code'],
        [
          attribute.texts('keys_strings', ['admin', 'retired']),
          attribute.floats('values_floats', [1, 2])
        ]
      ),
      node('Sigmoid', ['code'], ['p'])
    ]
  })
  const opened = await open(bytes, { name: 'p' })
  const scores = await opened.score(2, ([column], firstRow) => {
    if (column !== undefined && Array.isArray(column.cells))
      column.cells.splice(firstRow, 2, 'retired', 'admin')
  })
  t.same(
    [...scores].map(s => Number(s.toFixed(6))),
    [sigma(2), sigma(1)]
  )
  await opened.release()
})

test('scores asked for in one turn share a run and come back to their callers', async t => {
  const opened = await open(build.logistic({ weights: [1] }), { name: 'p', positive: '1' })
  const firstRows: number[] = []
  const asked = Array.from({ length: 16 }, async (_, i) => {
    const encode = rows([i], [-i])
    const scores = await opened.score(2, (columns, firstRow) => {
      firstRows.push(firstRow)
      encode(columns, firstRow)
    })
    return [...scores].map(s => Number(s.toFixed(6)))
  })
  t.same(
    await Promise.all(asked),
    Array.from({ length: 16 }, (_, i) => [sigma(i), sigma(-i)])
  )
  t.same(
    firstRows,
    Array.from({ length: 16 }, (_, i) => 2 * i),
    'rows of one run'
  )
  await opened.release()
})

test('room grows with the rows and runs do not mix', async t => {
  const opened = await open(build.logistic({ weights: [1] }), { name: 'p', positive: '1' })
  for (const count of [1, 64, 65, 3, 1_000, 2]) {
    const cells = Array.from({ length: count }, (_, i) => [i / count])
    const scores = await opened.score(count, rows(...cells))
    const wide = scores.filter((s, i) => Math.abs(s - 1 / (1 + Math.exp(-i / count))) > 1e-6)
    t.same([scores.length, wide.length], [count, 0], `${count} rows`)
  }
  t.same(await scoreOf(opened), [], 'no rows, no run')
  await opened.release()
})

test('rows that cannot be encoded fail alone', async t => {
  const opened = await open(build.logistic({ weights: [1] }), { name: 'p', positive: '1' })
  const before = scoreOf(opened, [1])
  const broken = opened.score(1, () => {
    throw new Error('customer.age has no value')
  })
  const after = scoreOf(opened, [2])
  await t.rejects(broken, { message: 'customer.age has no value' })
  t.same([await before, await after], [[sigma(1)], [sigma(2)]])
  await opened.release()
})

test('a run that fails fails all of its rows, and the next run is not hurt', async t => {
  const bytes = model({
    inputs: [value('i', INT64, ['N'])],
    outputs: [value('p', FLOAT, ['N'])],
    nodes: [node('Gather', ['table', 'i'], ['f']), node('Sigmoid', ['f'], ['p'])],
    initializers: [tensor.floats('table', [2], [0, 1])]
  })
  const opened = await open(bytes, { name: 'p' })
  const together = await Promise.allSettled([scoreOf(opened, [1]), scoreOf(opened, [99])])
  t.same(
    together.map(r => r.status),
    ['rejected', 'rejected']
  )
  t.same(await scoreOf(opened, [0], [1]), [0.5, sigma(1)])
  await opened.release()
})

test('a released model answers what it was asked before and nothing after', async t => {
  const opened = await open(build.logistic({ weights: [1] }), { name: 'p', positive: '1' })
  const asked = scoreOf(opened, [2])
  const released = opened.release()
  await t.rejects(scoreOf(opened, [2]), { message: /was released/ })
  await released
  t.same(await asked, [sigma(2)])
  await opened.release()
})

test('releasing gives the memory back', async t => {
  const bytes = build.logistic({ weights: new Array<number>(10_000).fill(0.001) })
  async function reload(times: number): Promise<void> {
    for (let i = 0; i < times; i++) {
      const opened = await open(bytes, { name: 'p', positive: '1' })
      await opened.score(1, () => undefined)
      await opened.release()
    }
  }
  await reload(50)
  const before = process.memoryUsage().rss
  await reload(200)
  const grownMb = (process.memoryUsage().rss - before) / 1e6
  t.comment(`${grownMb.toFixed(1)} MB more after 200 reloads of a file of ${bytes.length} bytes`)
  // Kept sessions add 170 MB; what JavaScript's own heap grows by meanwhile differs between Node.js lines.
  t.ok(grownMb < 80, 'kept sessions would add more than this')
})
