import fc from 'fast-check'
import { test } from 'tap'
import { LOCAL_CALLER } from '../../../src/domain/caller.js'
import type { DecisionRequest } from '../../../src/domain/decision.js'
import { createReportExperiments } from '../../../src/decisioning/experiments/experiment-report.js'
import { bucketOf } from '../../../src/policy/hash.js'
import { startEngine, tryEngine, type Engine } from '../../helpers/engine.js'
import { offerYaml, rulesWith } from '../../helpers/rules.js'

const TWO = [
  offerYaml('gold', { value: 2 }),
  offerYaml('travel', { value: 1, eligibility: 'context.device == "mobile"' })
].join('\n')
const HALF = 'worth: {salt: e1, arms: {A: {share: 0.5}, B: {share: 0.5, values: {travel: 3}}}}'

function rules(experiments: string, rest = ''): string {
  return rulesWith({ offers: TWO, rest: `experiments: {${experiments}}\n${rest}` })
}

function hero(id: string, changes: Partial<DecisionRequest> = {}): DecisionRequest {
  return {
    customer: { id },
    channel: 'web',
    placements: [{ id: 'home_hero' }],
    context: { device: 'mobile' },
    ...changes,
    options: { timeoutMs: 10_000, ...changes.options }
  }
}

async function report({ snapshots, store }: Engine) {
  const { experiments } = await createReportExperiments(snapshots, store.exposures)()
  return experiments
}

test('a customer in an arm is decided by what the arm changes, and is told so', async t => {
  const { ask, lookUp } = await startEngine(t, { rules: rules(HALF) })
  for (let i = 0; i < 50; i++) {
    const arm = bucketOf(`e1:crm/c-${i}`) < 5000 ? 'A' : 'B'
    const answer = await ask(hero(`c-${i}`, { options: { explain: 'summary' } }))
    t.same(answer.customer['experiments'], { worth: arm })
    t.equal(answer.placements[0]?.offers[0]?.offerId, arm === 'A' ? 'gold' : 'travel')
    const told = { experiments: [{ name: 'worth', arm, exposed: true }] }
    t.match(answer.explanation, told)
    const page = { from: 0, limit: 10 }
    t.match(JSON.parse(await lookUp.explanation(answer.decisionId, page)), told)
  }
})

test('a customer outside all arms, in the holdout, in the control or without the condition is in no experiment', async t => {
  const experimentsOf = async (text: string, request = hero('c-1')): Promise<unknown> => {
    const { ask } = await startEngine(t, { rules: text })
    return (await ask(request)).customer['experiments']
  }
  const all = 'worth: {salt: e1, arms: {B: {share: 1, values: {travel: 3}}}}'
  t.same(await experimentsOf(rules(all)), { worth: 'B' })
  t.same(await experimentsOf(rules(all.replace('share: 1', 'share: 0'))), {})
  t.same(await experimentsOf(rules(all, 'holdout: {share: 1, salt: h}')), {})
  t.same(await experimentsOf(rules(all, 'control: {share: 1, salt: c}')), {})
  const mobile = rules(all.replace('arms:', `when: 'context.device == "mobile"', arms:`))
  t.same(await experimentsOf(mobile), { worth: 'B' })
  t.same(await experimentsOf(mobile, hero('c-1', { context: { device: 'desktop' } })), {})
  const unknown = rules(all.replace('arms:', "when: 'customer.age > 18', arms:"))
  t.same(await experimentsOf(unknown), {}, 'unknown does not hold')
})

test('experiments of a layer exclude each other, others do not', async t => {
  const { ask } = await startEngine(t, {
    rules: rules(
      'one: {salt: a, layer: l, arms: {A: {share: 0.3, levers: {cards: 1}}, B: {share: 0.2}}, when: \'context.device == "mobile"\'},' +
        'two: {salt: b, layer: l, arms: {C: {share: 0.4, levers: {gold: 2}}}},' +
        'three: {salt: c, arms: {D: {share: 1, levers: {travel: 2}}}}'
    )
  })
  const ids = fc.string({ minLength: 1, maxLength: 12, unit: 'grapheme-ascii' })
  await fc.assert(
    fc.asyncProperty(ids, async id => {
      const bucket = bucketOf(`l:crm/${id}`)
      const layer =
        bucket < 3000
          ? { one: 'A' }
          : bucket < 5000
            ? { one: 'B' }
            : bucket < 9000
              ? { two: 'C' }
              : {}
      const { customer } = await ask(hero(id))
      t.same(customer['experiments'], { ...layer, three: 'D' })
    }),
    { numRuns: 300 }
  )
})

test('a merged customer has the arms of its canonical key, whatever key it comes by', async t => {
  const canonical = { namespace: 'crm', id: 'c-77' }
  const { ask } = await startEngine(t, {
    rules: rules(HALF),
    customers: ({ customers }) =>
      new Proxy(customers, {
        get: (store, name) =>
          name === 'load'
            ? async (...[, lexicon]: Parameters<typeof customers.load>) => ({
                ...(await store.load(canonical, lexicon)),
                members: [canonical]
              })
            : (Reflect.get(store, name) as unknown)
      })
  })
  const own = (await ask({ ...hero('c-77') })).customer['experiments']
  for (let i = 0; i < 20; i++) {
    const request = hero(`ck-${i}`, { customer: { id: `ck-${i}`, namespace: 'cookie' } })
    t.same((await ask(request)).customer['experiments'], own)
  }
})

test('customers are counted once each, when the arm could matter, in live decisions only', async t => {
  const engine = await startEngine(t, { rules: rules(HALF) })
  for (let i = 0; i < 100; i++) {
    await engine.ask(hero(`c-${i}`))
    await engine.ask(hero(`c-${i}`))
    await engine.ask(hero(`d-${i}`, { context: { device: 'desktop' } }))
    await engine.ask(hero(`x-${i}`, { exclude: ['travel'] }))
    await engine.ask(hero(`t-${i}`, { options: { mode: 'test' } }))
  }
  const [worth] = await report(engine)
  t.equal(worth?.exposed, 100)
  const inA = Array.from({ length: 100 }, (_, i) => bucketOf(`e1:crm/c-${i}`) < 5000)
  t.equal(worth?.arms[0]?.exposed, inA.filter(Boolean).length)
})

test('an experiment on the formula needs a contestant, one on groupLimit two of a group', async t => {
  const exposed = async (change: string, request: DecisionRequest): Promise<unknown> => {
    const { ask } = await startEngine(t, {
      rules: rules(`e: {salt: s, arms: {A: {share: 1, arbitration: ${change}}}}`)
    })
    const { explanation } = await ask({
      ...request,
      options: { timeoutMs: 10_000, explain: 'full' }
    })
    return (explanation as unknown as { experiments: ReadonlyArray<{ exposed: boolean }> })
      .experiments[0]?.exposed
  }
  const one = hero('c-1', { context: {} })
  const none = hero('c-1', { exclude: ['gold', 'travel'] })
  t.equal(await exposed('{formula: p * v}', one), true)
  t.equal(await exposed('{formula: p * v}', none), false)
  t.equal(await exposed('{groupLimit: 1}', hero('c-1')), true)
  t.equal(await exposed('{groupLimit: 1}', one), false)
  t.equal(await exposed('{groupLimit: 2}', hero('c-1')), false)
})

test('a value that an arm cannot tell is explained by the expression of the arm', async t => {
  const { ask } = await startEngine(t, {
    rules: rules('e: {salt: s, arms: {A: {share: 1, values: {travel: customer.age * 2}}}}')
  })
  const { explanation } = await ask(hero('c-1', { options: { explain: 'full' } }))
  t.match(
    explanation?.outcomes.find(({ offerId }) => offerId === 'travel'),
    { stage: 'value', rule: { text: 'customer.age * 2' }, values: { 'customer.age': null } }
  )
})

test("the strategy's own tests are decided as for a customer in no arm", async t => {
  const example =
    'examples: [{name: gold leads, given: {channel: web, placements: [home_hero], context: {device: mobile}}, expect: {home_hero: [gold]}}]'
  await startEngine(t, {
    rules: rules(HALF.replaceAll('0.5', '0.00').replace('B: {share: 0.00', 'B: {share: 1'), example)
  })
  t.pass()
})

test('the report tells customers in proportion from a mismatch', async t => {
  const engine = await startEngine(t, { rules: rules(HALF) })
  t.match(await report(engine), [{ exposed: 0, sampleRatio: { verdict: 'too_few', pValue: 1 } }])
  for (let i = 0; i < 1000; i++) await engine.ask(hero(`c-${i}`))
  const [fine] = await report(engine)
  t.match(fine, { name: 'worth', layer: null, salt: 'e1', when: null, exposed: 1000 })
  t.match(fine?.arms, [
    { name: 'A', share: 0.5, expectedShare: 0.5, expected: 500 },
    { name: 'B', share: 0.5, expectedShare: 0.5, expected: 500 }
  ])
  t.equal(fine?.sampleRatio.verdict, 'match')
  const { experiments, lexicon } = engine.snapshots.current().strategy
  for (let i = 0; i < 500; i++) {
    const key = { namespace: 'crm', id: `late-${i}` }
    engine.store.exposures.note(key, [{ experiment: experiments[0]!.id, arm: 'B' }], lexicon)
  }
  const [off] = await report(engine)
  t.equal(off?.sampleRatio.verdict, 'mismatch')
  t.ok(off !== undefined && off.sampleRatio.pValue < 1e-6)
})

test('a model that only an arm names is opened, and one that is not there is refused where it is named', async t => {
  const { report: loaded } = await tryEngine(t, {
    rules: rules('e: {salt: s, arms: {A: {share: 1, models: {gold: uplift}}}}')
  })
  t.match(loaded.problems, [
    {
      message: 'arm "A" of experiment "e" names model "uplift", which is not in the models folder',
      severity: 'error'
    }
  ])
})

test('a decision without a timely customer is in no experiment', async t => {
  const { decide } = await startEngine(t, {
    rules: rules(HALF),
    customers: ({ customers }) =>
      new Proxy(customers, {
        get: (store, name) =>
          name === 'load'
            ? () => new Promise(() => undefined)
            : (Reflect.get(store, name) as unknown)
      })
  })
  const { decision } = await decide(
    { ...hero('c-1'), options: { timeoutMs: 1 } },
    LOCAL_CALLER,
    performance.now()
  )
  t.same(decision.customer.experiments, {})
  t.same(decision.degraded, ['profile'])
})
