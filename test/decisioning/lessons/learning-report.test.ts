import { test } from 'tap'
import { createPoints } from '../../../src/decisioning/lessons/keep-points.js'
import { createReportLearning } from '../../../src/decisioning/lessons/learning-report.js'
import { createFollower } from '../../../src/decisioning/propensity/learnt.js'
import { Refusal } from '../../../src/domain/refusal.js'
import { wilsonInterval } from '../../../src/learning/wilson.js'
import { startEngine, type Engine } from '../../helpers/engine.js'
import { BUSY_MODELS } from '../../helpers/lived.js'
import { offerYaml, rulesWith } from '../../helpers/rules.js'

const MINUTE_MS = 60_000

const RULES = rulesWith({
  offers: [
    offerYaml('gold', { value: 9, propensity: { prior: 0.3, evidence: 50, adapt: true } }),
    offerYaml('young', { propensity: { model: 'young', prior: 0.2, adapt: true } }),
    offerYaml('by-age', { propensity: { prior: 0.2, adapt: { features: ['customer.age'] } } }),
    offerYaml('still', { propensity: { prior: 0.1 } })
  ].join('\n'),
  rest: 'arbitration: {exploration: {method: epsilon, share: 0.1}}'
})

async function started(t: Parameters<typeof startEngine>[0]) {
  const engine = await startEngine(t, { rules: RULES, models: BUSY_MODELS })
  const learnt = createFollower(engine.store.learning)
  let nowMs = Date.UTC(2026, 2, 1, 10)
  const clock = { wallMs: () => nowMs }
  const { learning } = engine.store
  const report = createReportLearning({ snapshots: engine.snapshots, learnt, learning, clock })
  const keepPoint = createPoints({ learning, clock, processName: 'this' })
  return {
    engine,
    report,
    /** Shows gold so often, some of them with success, learns, and lets a point be kept if one is due. */
    async show(impressions: number, positives: number) {
      for (let i = 0; i < impressions; i++) await respond(engine, i < positives)
      await engine.learn()
      await learnt.follow()
      await keepPoint()
    },
    pass(ms: number) {
      nowMs += ms
    }
  }
}

async function respond(engine: Engine, isPositive: boolean): Promise<void> {
  const { placements } = await engine.ask({
    customer: { id: 'c-1' },
    channel: 'web',
    placements: [{ id: 'home_hero', filter: { offer: ['gold'] } }]
  })
  const { token } = placements[0]!.offers[0]!
  await engine.tell({ type: 'impression', token })
  if (isPositive) await engine.tell({ type: 'accept', token })
}

test('the report says of every offer and channel what was seen, and what it makes of the start', async t => {
  const { report, show } = await started(t)
  const before = report.now()
  t.same(
    before.offers.map(({ offerId, adapts, start }) => [offerId, adapts, start.source]),
    [
      ['gold', 'blend', 'prior'],
      ['young', 'blend', 'prior'],
      ['by-age', 'features', 'prior'],
      ['still', null, 'prior']
    ]
  )
  t.match(before.exploration, { method: 'epsilon', share: 0.1 })
  t.equal(before.journal, false)
  await show(50, 5)
  const gold = report.now().offers.find(({ offerId }) => offerId === 'gold')
  const [web, call] = gold!.channels
  t.match(web, {
    channel: 'web',
    impressions: 50,
    positives: 5,
    rate: { value: 0.1, ...wilsonInterval(5, 50) }
  })
  const { value, low, high } = web!.propensity!
  const expected = wilsonInterval(20, 100)
  t.ok(Math.abs(value - 0.2) < 1e-12)
  t.ok(Math.abs(low - expected.low) < 1e-12 && Math.abs(high - expected.high) < 1e-12)
  t.match(call, { channel: 'call_center', impressions: 0, rate: null, propensity: { value: 0.3 } })
  const byAge = report.now().offers.find(({ offerId }) => offerId === 'by-age')
  t.equal(byAge!.channels[0]!.propensity, null, 'there is not one for all customers')
})

test('the start of an offer that a model scores is the mean of its scores', async t => {
  const { engine, report } = await started(t)
  for (const age of [20, 60])
    await engine.ask({
      customer: { id: 'c-1' },
      channel: 'web',
      placements: [{ id: 'home_hero' }],
      attributes: { age }
    })
  const { offers, models } = report.now()
  const young = offers.find(({ offerId }) => offerId === 'young')!
  const [model] = models
  t.match(model, { model: 'young@1', shadow: false })
  t.match(young.start, { source: 'model', scores: model!.scores, value: model!.mean })
  t.equal(young.channels[0]!.propensity?.value, young.start.value)
})

test('learning is kept as it went: points five minutes apart, and now', async t => {
  const { report, show, pass } = await started(t)
  await show(2, 1)
  await show(2, 0)
  pass(5 * MINUTE_MS)
  await show(4, 0)
  pass(MINUTE_MS)
  const { channels } = await report.progressOf('gold')
  const [{ channel, points } = { channel: '', points: [] }] = channels
  t.equal(channel, 'web')
  t.same(
    points.map(({ time, impressions, positives }) => [time.slice(11, 16), impressions, positives]),
    [
      ['10:00', 2, 1],
      ['10:05', 8, 1],
      ['10:06', 8, 1]
    ]
  )
  await t.rejects(report.progressOf('golf'), Refusal)
  await t.rejects(report.progressOf('welcome'), Refusal)
})
