import { test } from 'tap'
import { readModelFile } from '../../src/policy/model-file.js'
import { formatProblem } from '../../src/policy/problems.js'
import { marked } from './strategy-fixture.js'

const FILE = 'models/cards/model.yaml'
const CARDS = `model: cards
version: 3
file: model.onnx
inputs:
  - {input: age, from: customer.age, missing: 40}
  - {input: job, from: customer.job, missing: unknown, values: [admin, student]}
  - input: rest
    columns:
      - {from: customer.balance, missing: 0}
      - {from: 'context.device == "mobile" ? 1.0 : 0.0'}
      - {from: 1.5}
output: {name: probabilities, positive: 1, classes: [0, 1]}
shadow: false
calibration: {method: isotonic, points: [[-1, 0.1], [0, 0.1], [2.5, 0.9]]}
check:
  - {inputs: {age: 40, job: admin, rest: [1, 0, 1.5]}, expect: 0.0731, tolerance: 1e-3}
  - {inputs: {}, expect: 0.5}
`

const read = (text: string): ReturnType<typeof readModelFile> => readModelFile({ path: FILE, text })

function cardsWith(from: string, to: string): string {
  if (!CARDS.includes(from)) throw new Error(`the fixture does not say ${from}`)
  return CARDS.replace(from, () => to)
}

test('a model file says everything about its model', async t => {
  const { model, problems } = read(CARDS)
  t.same(problems, [])
  t.match(model, {
    name: 'cards',
    version: 3,
    file: 'model.onnx',
    output: { name: 'probabilities', positive: '1', classes: ['0', '1'] },
    shadow: false,
    calibration: {
      method: 'isotonic',
      points: [
        [-1, 0.1],
        [0, 0.1],
        [2.5, 0.9]
      ]
    },
    place: { file: FILE, line: 1, column: 8 }
  })
  t.same(
    model?.inputs.map(({ input, columns }) => [
      input,
      columns.map(({ from, missing, values }) => [from, missing, values])
    ]),
    [
      ['age', [['customer.age', 40, undefined]]],
      ['job', [['customer.job', 'unknown', ['admin', 'student']]]],
      [
        'rest',
        [
          ['customer.balance', 0, undefined],
          ['context.device == "mobile" ? 1.0 : 0.0', undefined, undefined],
          ['1.5', undefined, undefined]
        ]
      ]
    ]
  )
  t.match(model?.inputs[2]?.columns[1]?.place, { line: 10, column: 17 })
  t.match(model?.check, [
    {
      inputs: { age: 40, job: 'admin', rest: [1, 0, 1.5] },
      expect: 0.0731,
      tolerance: 1e-3,
      place: { line: 16, column: 5 }
    },
    { inputs: {}, expect: 0.5, tolerance: 1e-6 }
  ])
})

test('a model file may be short', async t => {
  const { model, problems } = read(
    'model: m\nversion: 1\nfile: m.onnx\ninputs: [{input: x, from: customer.age}]\noutput: {name: p}\n'
  )
  t.same(problems, [])
  t.match(model, {
    shadow: false,
    calibration: { method: 'none' },
    check: [],
    output: { positive: undefined, classes: undefined }
  })
})

test('every mistake is told where it stands', async t => {
  for (const [from, to, said] of [
    ['version: 3', 'version: §three', 'version must be a number'],
    ['version: 3', 'version: §1.5', 'version must be a whole number'],
    ['version: 3', 'version: §0', 'version must be at least 1'],
    [
      'file: model.onnx',
      '§fil: model.onnx\nfile: model.onnx',
      'there is no key "fil"; known are model, version, file, inputs, output, shadow, calibration, check (did you mean "file"?)'
    ],
    [
      'missing: 40}',
      '§mising: 40}',
      'inputs.0 has no key "mising"; known are input, from, missing, values, range, columns (did you mean "missing"?)'
    ],
    [
      '{input: age, from: customer.age, missing: 40}',
      '§{input: age}',
      'inputs.0 must have either "from" or "columns"'
    ],
    [
      '{input: age, from: customer.age, missing: 40}',
      '§{input: age, missing: 40, columns: [{from: customer.age}]}',
      'inputs.0 must give "missing", "values" and "range" for each of its columns'
    ],
    [
      'input: job',
      'input: §age',
      'the input "age" is given twice, first on line 5; a tensor of several columns lists them under "columns"'
    ],
    ['positive: 1', 'positive: §2', '"positive" must be one of the classes 0, 1'],
    ['classes: [0, 1]', 'classes: §[1, 1]', 'each class label must be given once'],
    [
      'method: isotonic',
      'method: §isotone',
      'calibration.method must be one of none, sigmoid, isotonic (did you mean "isotonic"?)'
    ],
    ['[2.5, 0.9]', '[§2.5]', ''],
    [
      '[[-1, 0.1], [0, 0.1], [2.5, 0.9]]',
      '§[[0, 0.1]]',
      'calibration.points must have at least 2 entries'
    ],
    [
      '[[-1, 0.1], [0, 0.1], [2.5, 0.9]]',
      '§[[0, 0.1], [0, 0.2]]',
      'calibration.points must rise: each raw score greater than the one before, no probability less'
    ],
    [
      '[[-1, 0.1], [0, 0.1], [2.5, 0.9]]',
      '§[[0, 0.2], [1, 0.1]]',
      'calibration.points must rise: each raw score greater than the one before, no probability less'
    ],
    [
      '[[-1, 0.1], [0, 0.1], [2.5, 0.9]]',
      '[[0, 0.2], [1, §1.1]]',
      'calibration.points.1.1 must be at most 1'
    ],
    [
      'calibration: {method: isotonic, points: [[-1, 0.1], [0, 0.1], [2.5, 0.9]]}',
      '§calibration: {method: sigmoid, a: -1}',
      '"b" is missing in calibration'
    ],
    ['expect: 0.5', 'expect: §1.5', 'check.1.expect must be at most 1'],
    ['tolerance: 1e-3', 'tolerance: §-1', 'check.0.tolerance must be at least 0']
  ] as const) {
    const { text, at } = marked(cardsWith(from, to))
    const { model, problems } = read(text)
    t.equal(model, undefined)
    const [first = '', ...others] = problems.map(formatProblem)
    if (said === '') t.ok(first.startsWith(`${FILE}:13:`) || first.startsWith(`${FILE}:14:`), first)
    else t.equal(first, `${FILE}:${at}: error: ${said}`)
    t.same(others, [])
  }
})

test('an empty file, a list and broken syntax are told', async t => {
  t.same(read('').problems.map(formatProblem), [
    `${FILE}:1:1: error: the file is empty; describe the model here`
  ])
  t.same(read('- a\n').problems.map(formatProblem), [`${FILE}:1:1: error: the file must be a map`])
  t.match(read('model: [\n').problems.map(formatProblem)[0], /error: this is not valid YAML/)
})
