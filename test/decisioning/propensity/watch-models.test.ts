import { test, type Test } from 'tap'
import { createMeters } from '../../../src/adapters/metrics/meters.js'
import { writeLogistic } from '../../../src/adapters/onnx/write.js'
import { modelsOf } from '../../../src/decisioning/snapshot.js'
import { createModelWatch } from '../../../src/decisioning/propensity/watch-models.js'
import { silentLog, startEngine, type Engine } from '../../helpers/engine.js'
import { offerYaml, rulesWith } from '../../helpers/rules.js'

const RULES = rulesWith({
  offers: [
    offerYaml('a', { propensity: { model: 'age' } }),
    offerYaml('b', { propensity: { model: 'age' } })
  ].join('\n')
})
/** P = 1 / (1 + exp(−(age / 10 − 4))). */
const YAML = `model: age
version: 3
file: model.onnx
inputs: [{input: input, columns: [{from: customer.age, missing: 40, range: [18, 60]}]}]
output: {name: probabilities, positive: "1"}
`

function engineOf(t: Test): Promise<Engine> {
  const bytes = writeLogistic({
    name: 'age',
    inputs: [{ name: 'input', columns: 1 }],
    intercept: -4,
    coefficients: [0.1]
  })
  const age = { yaml: YAML, files: { 'model.onnx': bytes } }
  return startEngine(t, { rules: RULES, models: { age } })
}

/** Decides for customers of these ages; undefined: not known. */
async function decide(engine: Engine, ages: ReadonlyArray<number | undefined>): Promise<void> {
  for (const age of ages) {
    await engine.ask({
      customer: { id: 'c-1' },
      channel: 'web',
      placements: [{ id: 'home_tile' }],
      ...(age === undefined ? {} : { attributes: { age } })
    })
  }
}

test('scores are counted by model and offer, and values by whether the model was trained on such', async t => {
  const engine = await engineOf(t)
  const { models, shadows, strategy } = engine.snapshots.current()
  const meters = createMeters({ lexicon: () => strategy.lexicon })
  const offers = strategy.offers.map(({ id }) => id)
  meters.watch(modelsOf({ models, shadows }), offers)
  await decide(engine, [30, 40, 70, undefined])
  const text = await meters.text()
  const sum = [30, 40, 70, 40].reduce((all, age) => all + 1 / (1 + Math.exp(4 - age / 10)), 0)
  for (const offer of ['a', 'b']) {
    t.match(text, `offerd_model_scores_count{model="age@3",offer="${offer}"} 4\n`)
    const [, shown] = new RegExp(`scores_sum\\{model="age@3",offer="${offer}"\\} (\\S+)`).exec(
      text
    )!
    t.ok(Math.abs(Number(shown) - sum) < 1e-5)
  }
  const labels = 'model="age@3",input="input",column="customer.age"'
  t.match(text, `offerd_model_values_total{${labels}} 3\n`, 'a missing value is none')
  t.match(text, `offerd_model_values_outside_range_total{${labels}} 1\n`)
  t.notMatch(text, 'offer="welcome"')

  meters.watch(modelsOf({ models, shadows }), offers)
  t.match(await meters.text(), 'offerd_model_scores_count{model="age@3",offer="a"} 8\n', 'goes on')
  meters.watch([], offers)
  t.notMatch(await meters.text(), 'age@3', 'what is no longer in force has no series')
})

test('a model that suddenly says or is asked something else is told in the log, once a look', async t => {
  const engine = await engineOf(t)
  const warned: object[] = []
  const look = createModelWatch({ ...silentLog(), warn: facts => void warned.push(facts) })
  const told = (): object[] => {
    look(engine.snapshots.current())
    return warned.splice(0)
  }
  const times = (age: number): number[] => new Array<number>(500).fill(age)
  await decide(engine, times(20))
  t.same(told(), [], 'there is nothing to compare with')
  await decide(engine, times(25))
  t.same(told(), [], 'it is about the same')
  await decide(engine, [60, 60])
  t.same(told(), [], 'a few tell nothing')
  await decide(engine, times(70))
  t.match(told(), [
    { model: 'age@3', mean: Number, meanBefore: Number, scores: 1000 },
    { model: 'age@3', column: 'customer.age', share: 1, values: 500 }
  ])
  t.same(told(), [], 'nothing came since')
})
