import { test } from 'tap'
import { planFeatures, type ColumnSource, type InputSources } from '../../src/scoring/plan.js'
import type { TensorInput, TensorType } from '../../src/scoring/plan.js'

type Row = Record<string, unknown>

function source(type: string, extra: Partial<ColumnSource<Row>> = {}): ColumnSource<Row> {
  return { type, perOffer: false, value: row => row['x'], ...extra }
}

function column(
  type: string,
  missing?: string | number | boolean,
  extra: Partial<ColumnSource<Row>> = {}
) {
  return { source: source(type, extra), missing, label: 'customer.x' }
}

function problemsOf(
  columns: ReadonlyArray<InputSources<Row>>,
  inputs: readonly TensorInput[]
): string[] {
  const planned = planFeatures(columns, inputs)
  return 'problems' in planned ? planned.problems : []
}

function fed(
  type: string,
  tensor: TensorType,
  missing?: string | number | boolean,
  extra: Partial<ColumnSource<Row>> = {}
) {
  return problemsOf(
    [{ input: 'x', sources: [column(type, missing, extra)] }],
    [{ name: 'x', type: tensor, width: 1 }]
  )
}

test('integers, numbers and booleans feed every numeric tensor', t => {
  for (const type of ['integer', 'number', 'boolean']) {
    for (const tensor of ['float32', 'float64', 'int32', 'int64'] as const)
      t.same(fed(type, tensor, 0), [], `${type} into ${tensor}`)
  }
  t.same(fed('string', 'string', 'unknown'), [])
  t.same(fed('boolean', 'bool', false), [])
  t.end()
})

test('what does not convert is refused with the way out', t => {
  t.match(fed('string', 'float32', 0), [/is a string, but the model wants float32; write/])
  t.match(fed('number', 'string', 'x'), [/is a number, but the model wants a string; write/])
  t.match(fed('list<string>', 'string', 'x'), [/is a list<string>; write an expression/])
  t.match(fed('timestamp', 'float32', 0), [/is a timestamp; write an expression/])
  t.match(fed('number', 'bool', false), [/wants true or false; write a condition/])
  t.end()
})

test('what can be missing needs a value that stands in', t => {
  t.match(fed('number', 'float32'), [/customer\.x of input x can be missing .* add `missing:`/])
  t.same(fed('number', 'float32', undefined, { canBeMissing: false }), [])
  t.same(fed('number', 'float32', undefined, { constant: 3 }), [])
  t.end()
})

test('the value that stands in fits the tensor', t => {
  t.same(fed('number', 'float32', NaN), [], 'a model may handle missing values itself')
  t.match(fed('number', 'float32', 'none'), [
    /`missing: none` .* does not fit: the model wants a number/
  ])
  t.match(fed('integer', 'int64', 1.5), [/whole number/])
  t.match(fed('integer', 'int64', NaN), [/whole number/])
  t.match(fed('integer', 'int32', 2 ** 31), [/outside the range of int32/])
  t.match(fed('string', 'string', 7), [/put it in quotes/])
  t.match(fed('boolean', 'bool', 1), [/true or false/])
  t.end()
})

test('every input is fed once, and unknown names come with a guess', t => {
  const inputs: TensorInput[] = [
    { name: 'age', type: 'float32', width: 1 },
    { name: 'job', type: 'string', width: 1 }
  ]
  const age = { input: 'age', sources: [column('number', 0)] }
  t.match(problemsOf([age], inputs), [/Input job of the model is not fed/])
  t.match(problemsOf([age, age, { ...age, input: 'jop' }], inputs), [
    /Input age is listed twice/,
    /no input jop; did you mean job\?/,
    /Input job of the model is not fed/
  ])
  t.match(problemsOf([{ ...age, input: 'something' }], inputs)[0], /its inputs are age, job\./)
  t.end()
})

test('the number of columns is the width of the input', t => {
  const inputs: TensorInput[] = [{ name: 'x', type: 'float32', width: 2 }]
  t.match(problemsOf([{ input: 'x', sources: [column('number', 0)] }], inputs), [
    /takes 2 columns a row, but 1 is listed/
  ])
  t.end()
})

test('a plan knows whether its rows differ between offers', t => {
  const inputs: TensorInput[] = [{ name: 'x', type: 'float32', width: 2 }]
  const shared = planFeatures(
    [{ input: 'x', sources: [column('number', 0), column('number', 0)] }],
    inputs
  )
  const mixed = planFeatures(
    [{ input: 'x', sources: [column('number', 0), column('number', 0, { perOffer: true })] }],
    inputs
  )
  t.match(shared, { plan: { perOffer: false } })
  t.match(mixed, { plan: { perOffer: true } })
  t.end()
})
