import { test } from 'tap'
import { writeLogistic } from '../../../src/adapters/onnx/write.js'
import { startEngine, tryEngine, type ModelFolder } from '../../helpers/engine.js'
import { offerYaml, rulesWith } from '../../helpers/rules.js'

const TILES = { customer: { id: 'c-1001' }, channel: 'web', placements: [{ id: 'home_tile' }] }

/** P = 1 / (1 + exp(−(weight · age + offer weight · value − 1))). */
function ageModel(weight: number, yaml = MODEL_YAML): ModelFolder {
  const bytes = writeLogistic({
    name: 'age',
    inputs: [{ name: 'input', columns: 2 }],
    intercept: -1,
    coefficients: [weight, 0.1]
  })
  return { yaml, files: { 'model.onnx': bytes } }
}
const MODEL_YAML = `model: age
version: 3
file: model.onnx
inputs: [{input: input, columns: [{from: customer.age, missing: 40}, {from: offer.value}]}]
output: {name: probabilities, positive: "1"}
`
const OFFERS = [
  offerYaml('a', { value: 1, propensity: { model: 'age' } }),
  offerYaml('b', { value: 5, propensity: { model: 'age' } }),
  offerYaml('c', { value: 1 })
].join('\n')

function logistic(x: number): number {
  return 1 / (1 + Math.exp(-x))
}

test('offers are scored by their model, with attributes, missing values and offer columns', async t => {
  const engine = await startEngine(t, {
    rules: rulesWith({ offers: OFFERS }),
    models: { age: ageModel(0.01) }
  })
  const answer = await engine.ask({ ...TILES, attributes: { age: 50 } })
  t.same(
    answer.placements[0]!.offers.map(({ offerId }) => offerId),
    ['b', 'c', 'a']
  )
  const [b, c, a] = answer.placements[0]!.offers
  t.ok(Math.abs(b!.factors.p - logistic(0.5 + 0.5 - 1)) < 1e-6)
  t.ok(Math.abs(a!.factors.p - logistic(0.5 + 0.1 - 1)) < 1e-6)
  t.match(b!.propensity, { source: 'model', model: 'age@3', evidence: 0 })
  t.match(c!.propensity, { value: 0.5, source: 'prior' })
  const stranger = await engine.ask(TILES)
  t.ok(
    Math.abs(stranger.placements[0]!.offers[0]!.factors.p - logistic(0.4 + 0.5 - 1)) < 1e-6,
    'missing age is 40'
  )
})

test('a model that leaves [0,1] at run time gives way to the prior and is named', async t => {
  // A raw score passes the probe with a calibration that is fine there, and breaks far from it.
  const engine = await startEngine(t, {
    rules: rulesWith({ offers: OFFERS }),
    models: { age: ageModel(0.01) }
  })
  const model = engine.snapshots.current().models.get('age')!
  const snapshot = engine.snapshots.current()
  const broken = { ...model, calibrate: () => NaN }
  engine.snapshots.swap({
    ...snapshot,
    models: new Map([['age', broken]]),
    modelOf: snapshot.modelOf.map(of => of && broken)
  })
  const answer = await engine.ask(TILES)
  t.same(answer.degraded, ['model:age'])
  t.same(
    answer.placements[0]!.offers.map(({ propensity }) => propensity.source),
    ['prior', 'prior', 'prior']
  )
  t.ok(engine.counted.includes('model failed age'))
})

test('a model that is too late gives way to the prior and is named', async t => {
  const engine = await startEngine(t, {
    rules: rulesWith({ offers: OFFERS }),
    models: { age: ageModel(0.01) }
  })
  const snapshot = engine.snapshots.current()
  const model = snapshot.models.get('age')!
  const slow = {
    ...model,
    open: { ...model.open, score: () => new Promise<Float64Array>(() => undefined) }
  }
  engine.snapshots.swap({
    ...snapshot,
    models: new Map([['age', slow]]),
    modelOf: snapshot.modelOf.map(of => of && slow)
  })
  const answer = await engine.ask({ ...TILES, options: { timeoutMs: 20 } })
  t.same(answer.degraded, ['model:age'])
})

test('the control group is scored by priors', async t => {
  const engine = await startEngine(t, {
    rules: rulesWith({ offers: OFFERS, rest: 'control: {share: 1, salt: c}' }),
    models: { age: ageModel(0.01) }
  })
  const answer = await engine.ask(TILES)
  t.same(
    answer.placements[0]!.offers.map(({ propensity }) => propensity.source),
    ['prior', 'prior', 'prior']
  )
  t.same(answer.degraded, [])
})

test('a reload swaps the strategy whole; one with a mistake changes nothing and says what is wrong', async t => {
  const engine = await startEngine(t, { rules: rulesWith({ offers: offerYaml('a') }) })
  const first = engine.snapshots.current()
  t.equal((await engine.loader.load()).outcome, 'unchanged')
  engine.rewrite(rulesWith({ offers: offerYaml('b', { eligibility: 'customer.agee > 3' }) }))
  const refused = await engine.loader.load()
  t.equal(refused.outcome, 'refused')
  t.match(refused.problems, [
    { file: 'rules/strategy.yaml', severity: 'error', message: /agee/, hint: 'age' }
  ])
  t.equal(engine.snapshots.current(), first)
  engine.rewrite(rulesWith({ offers: offerYaml('b') }))
  const swapped = await engine.loader.load()
  t.match(swapped, { outcome: 'swapped', version: 2, problems: [] })
  t.not(swapped.hash, first.hash)
  engine.rewrite(rulesWith({ offers: offerYaml('a') }))
  t.match(
    await engine.loader.load(),
    { outcome: 'swapped', version: 1, hash: first.hash },
    'the same files are the same version'
  )
})

test('validating tells what a load would, and swaps nothing', async t => {
  const engine = await startEngine(t, { rules: rulesWith({ offers: offerYaml('a') }) })
  const first = engine.snapshots.current()
  engine.rewrite(rulesWith({ offers: offerYaml('b') }))
  t.match(await engine.loader.validate(), { outcome: 'valid', problems: [] })
  engine.rewrite('strategy: [')
  t.equal((await engine.loader.validate()).outcome, 'refused')
  t.equal(engine.snapshots.current(), first)
})

test('an offer that names a model which is not there is refused at its place', async t => {
  const { report } = await tryEngine(t, { rules: rulesWith({ offers: OFFERS }) })
  t.equal(report.outcome, 'refused')
  t.match(report.problems[0], {
    file: 'rules/strategy.yaml',
    message: /"age".*not in the models folder/
  })
})

test('a model whose check differs, whose inputs do not fit or whose file is broken is refused with its reason', async t => {
  const rules = rulesWith({ offers: OFFERS })
  const refusals: Array<[string, ModelFolder, RegExp]> = [
    [
      'check',
      ageModel(
        0.01,
        `${MODEL_YAML}check: [{inputs: {input: [40, 1]}, expect: 0.9, tolerance: 0.001}]\n`
      ),
      /gives 0\.37\d* where the check expects 0\.9/
    ],
    [
      'check input',
      ageModel(0.01, `${MODEL_YAML}check: [{inputs: {inputt: [40, 1]}, expect: 0.9}]\n`),
      /feeds input "inputt"/
    ],
    ['columns', ageModel(0.01, MODEL_YAML.replace(', {from: offer.value}', '')), /2 columns/],
    ['attribute', ageModel(0.01, MODEL_YAML.replace('customer.age', 'customer.agee')), /agee/],
    [
      'string',
      ageModel(0.01, MODEL_YAML.replace('customer.age, missing: 40', 'customer.phone, missing: x')),
      /customer\.phone/
    ],
    ['missing', ageModel(0.01, MODEL_YAML.replace(', missing: 40', '')), /missing/],
    ['output', ageModel(0.01, MODEL_YAML.replace('probabilities', 'probability')), /probabilit/],
    ['class', ageModel(0.01, MODEL_YAML.replace('"1"', '"yes"')), /yes/],
    ['corrupt', { yaml: MODEL_YAML, files: { 'model.onnx': Uint8Array.of(1, 2, 3) } }, /./],
    ['absent', { yaml: MODEL_YAML, files: {} }, /there is no file model\.onnx/],
    ['shadow', ageModel(0.01, `${MODEL_YAML}shadow: true\n`), /only there as a shadow/]
  ]
  for (const [name, folder, reason] of refusals) {
    const { report } = await tryEngine(t, { rules, models: { age: folder } })
    t.equal(report.outcome, 'refused', name)
    t.match(
      report.problems
        .filter(({ severity }) => severity === 'error')
        .map(({ message }) => message)
        .join('\n'),
      reason,
      name
    )
    t.ok(
      report.problems.every(({ file, line }) => file !== '' && line > 0),
      `${name} has a place`
    )
  }
})

test('an example that does not hold refuses the strategy and says where the offer ended', async t => {
  const example = (expect: string, given = ''): string =>
    `examples: [{name: sold, given: {channel: web, placements: [home_hero], at: 2026-03-01T10:00:00Z${given}}, expect: ${expect}}]`
  const offers = [
    offerYaml('adults', {
      eligibility: 'customer.age >= 18',
      suitability: 'seen("complaint", "any", "2d") == 0'
    })
  ].join('\n')
  const refusals: Array<[string, RegExp]> = [
    [
      example('{home_hero: [adults]}'),
      /home_hero shows welcome where adults is expected \(adults ends at eligibility\)/
    ],
    [example('{removed: {adults: suitability}}'), /adults ends at eligibility, not at suitability/]
  ]
  for (const [rest, reason] of refusals) {
    const { report } = await tryEngine(t, { rules: rulesWith({ offers, rest }) })
    t.equal(report.outcome, 'refused')
    t.match(report.problems[0]!.message, reason)
  }
  const good = [
    example('{home_hero: [adults]}', ', attributes: {age: 20}'),
    example(
      '{home_hero: [welcome], removed: {adults: suitability}}',
      ', attributes: {age: 20}, history: [{type: complaint, ago: 1d}]'
    )
  ]
  for (const rest of good)
    t.same((await tryEngine(t, { rules: rulesWith({ offers, rest }) })).report.problems, [])
})

test('a strategy loaded while the store is away gets its version once the store answers', async t => {
  const engine = await startEngine(t, { rules: rulesWith({ offers: offerYaml('a') }) })
  t.equal((await engine.ask(TILES)).strategy.version, 1)
})
