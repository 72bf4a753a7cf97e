import { test } from 'tap'
import { bankWith, FILE, marked, problemsOf, strategyOf } from './strategy-fixture.js'

const adapting = (adapt: string) => bankWith('evidence: 50}', `evidence: 50, adapt: ${adapt}}`)

function adaptOf(adapt: string) {
  return strategyOf(adapting(adapt)).offers.find(({ id }) => id === 'gold-card')!.adapt
}

test('an offer adapts where its propensity says so, and nothing is forgotten unless it says so', async t => {
  t.match(adaptOf('true'), { way: 'blend', forget: 1, features: undefined })
  t.match(adaptOf('{forget: 0.99}'), { way: 'blend', forget: 0.99 })
  t.equal(adaptOf('false'), undefined)
  t.equal(strategyOf(adapting('true')).adapts, true)
  t.equal(strategyOf(adapting('false')).adapts, false)
})

test('every declared value of a string is a column, other features are one each', async t => {
  const { features } = adaptOf(
    '{features: [customer.age, customer.job, \'context.device == "mobile"\', customer.age * 2]}'
  )!
  t.same(features!.list, [
    { type: 'number' },
    { type: 'string', values: ['admin', 'student', 'retired'] },
    { type: 'boolean' },
    { type: 'number' }
  ])
  t.equal(features!.columns, 1 + 1 + 3 + 1 + 1)
})

test('other features, and other values of the same, are another way of learning', async t => {
  const way = (text: string) =>
    strategyOf(text).offers.find(({ id }) => id === 'gold-card')!.adapt!.way
  const one = adapting('{features: [customer.age, customer.job]}')
  t.equal(way(one), way(adapting('{features: [customer.age, customer.job], forget: 0.9}')))
  t.not(way(one), way(adapting('{features: [customer.job, customer.age]}')))
  t.not(way(one), way(one.replace('[admin, student, retired]', '[admin, retired, student]')))
})

const REFUSED: ReadonlyArray<readonly [adapt: string, said: string]> = [
  [
    '{features: [§context.intent]}',
    '"context.intent" may be any text, and a propensity learns for each value by itself: declare its "values", or compare it, such as context.intent == "…"'
  ],
  ['{features: [§customer.products]}', 'a model cannot take a list'],
  ['{features: [§customer.since]}', 'a model cannot take a point in time'],
  ['{features: [§customer.gender]}', ''],
  [
    `{features: [§${Array.from({ length: 32 }, (_, i) => `customer.age + ${i}`).join(', ')}]}`,
    'features of 33 columns are more than 32'
  ]
]

test('features that cannot be learnt by are refused with the remedy', async t => {
  for (const [adapt, said] of REFUSED) {
    const { text, at } = marked(adapting(adapt))
    const found = problemsOf(text)
    t.ok(
      found.some(line => line.startsWith(`${FILE}:${at}: error: ${said}`)),
      `${adapt}: ${found.join('\n')}`
    )
  }
})
