import { test } from 'tap'
import { createReportSegments } from '../../../src/decisioning/strategy/segment-report.js'
import { EMPTY_PROFILE } from '../../../src/domain/customer.js'
import { startEngine, type Engine } from '../../helpers/engine.js'
import { offerYaml, rulesWith } from '../../helpers/rules.js'

const SEGMENTS = `segments:
  rich: customer.balance > 1000
  young_rich: segment.rich && customer.age < 30
  complained: seen("complaint", "any", "7d") > 0
  mobile: context.device == "mobile"`
const RULES = rulesWith({ offers: offerYaml('gold'), rest: SEGMENTS })

function reportOf(engine: Engine) {
  const { store, snapshots } = engine
  return createReportSegments({ ...store, snapshots })()
}

test('segments are counted over customers, each as the newest decision met it', async t => {
  const engine = await startEngine(t, { rules: RULES })
  const { lexicon } = engine.snapshots.current().strategy
  const people = [
    { id: 'a', balance: 2000, age: 20 },
    { id: 'b', balance: 5000, age: 50 },
    { id: 'c', balance: 10, age: 20 }
  ]
  for (const { id, ...attributes } of people) {
    const key = { namespace: 'crm', id }
    await engine.store.customers.change(key, () => ({ ...EMPTY_PROFILE, attributes }), lexicon)
  }
  const ask = (id: string, more = {}) => {
    engine.pass(1000)
    return engine.ask({
      customer: { id },
      channel: 'web',
      placements: [{ id: 'home_hero' }],
      ...more
    })
  }
  const first = await ask('a', { context: { device: 'mobile' } })
  await ask('b', { events: [{ type: 'complaint' }] })
  await ask('c', { attributes: { balance: 3000 } })
  const last = await ask('a')
  t.strictSame(await reportOf(engine), {
    strategy: { version: 1, hash: engine.snapshots.current().hash },
    sample: {
      customers: 3,
      decisions: 4,
      passedOver: 0,
      from: first.decidedAt,
      to: last.decidedAt
    },
    segments: [
      { name: 'rich', customers: 3 },
      { name: 'young_rich', customers: 2 },
      { name: 'complained', customers: 1 },
      { name: 'mobile', customers: 0 }
    ]
  })
})

test('the strategy in force judges, and what it does not understand is passed over and told', async t => {
  const engine = await startEngine(t, { rules: RULES })
  const ask = (placement: string) =>
    engine.ask({ customer: { id: placement }, channel: 'web', placements: [{ id: placement }] })
  await ask('home_hero')
  await ask('home_tile')
  engine.rewrite(
    rulesWith({
      offers: offerYaml('gold', {
        treatments: { any: { placements: ['home_hero'], content: {} } }
      }),
      placements: '  home_hero: {channel: web, count: 1, fallback: welcome}',
      rest: 'segments: {poor: customer.balance < 1}'
    })
  )
  t.equal((await engine.loader.load()).outcome, 'swapped')
  const { sample, segments } = await reportOf(engine)
  t.match(sample, { customers: 1, decisions: 2, passedOver: 1 })
  t.strictSame(segments, [{ name: 'poor', customers: 1 }])
})

test('at most 500 decisions are looked at, and without any there is nothing to tell', async t => {
  const engine = await startEngine(t, { rules: RULES })
  t.match(await reportOf(engine), {
    sample: { customers: 0, decisions: 0, from: null, to: null },
    segments: [{ customers: 0 }, {}, {}, {}]
  })
  for (let i = 0; i < 501; i++)
    await engine.ask({
      customer: { id: `c-${i}` },
      channel: 'web',
      placements: [{ id: 'home_hero' }]
    })
  t.match(await reportOf(engine), { sample: { customers: 500, decisions: 500 } })
})
