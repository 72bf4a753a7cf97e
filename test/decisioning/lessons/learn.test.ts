import { test } from 'tap'
import { startEngine, type Answer, type Engine } from '../../helpers/engine.js'
import { offerYaml, rulesWith } from '../../helpers/rules.js'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

const ADAPTING = { prior: 0.3, evidence: 50, adapt: true }

function rules(propensity: object = ADAPTING, rest = ''): string {
  return rulesWith({ offers: offerYaml('gold-card', { propensity }), rest })
}

/** What a decision for a customer who has no part in it says of the propensity. */
async function propensityNow(engine: Engine, channel = 'web', placement = 'home_hero') {
  const answer = await engine.ask({
    customer: { id: 'onlooker' },
    channel,
    placements: [{ id: placement }],
    options: { mode: 'test' }
  })
  return answer.placements[0]!.offers[0]!.propensity
}

async function shown(engine: Engine, id: string): Promise<{ answer: Answer; token: string }> {
  const answer = await engine.ask({
    customer: { id },
    channel: 'web',
    placements: [{ id: 'home_hero' }]
  })
  const { token } = answer.placements[0]!.offers[0]!
  await engine.tell({ type: 'impression', token })
  return { answer, token }
}

test('without an impression the propensity is exactly the start, also where it is worth nothing', async t => {
  for (const evidence of [50, 0]) {
    const engine = await startEngine(t, { rules: rules({ ...ADAPTING, evidence }) })
    await engine.learn()
    t.match(await propensityNow(engine), { value: 0.3, source: 'blend', evidence: 0 })
  }
})

test('responses correct the start as the blend says', async t => {
  for (const [impressions, positives, expected] of [
    [10, 9, 0.4],
    [50, 5, 0.2],
    [200, 20, 0.14]
  ] as const) {
    const engine = await startEngine(t, { rules: rules() })
    for (let i = 0; i < impressions; i++) {
      const { token } = await shown(engine, `c-${i}`)
      if (i < positives) await engine.tell({ type: 'accept', token })
    }
    await engine.learn()
    const { value, evidence, ...rest } = await propensityNow(engine)
    t.ok(Math.abs(value - expected) < 1e-12, `${impressions} impressions: ${value}`)
    t.equal(evidence, impressions)
    t.match(rest, { source: 'blend' })
  }
})

test('the answer and the record say how well the propensity is known', async t => {
  const engine = await startEngine(t, { rules: rules() })
  for (let i = 0; i < 10; i++) await shown(engine, `c-${i}`)
  await engine.learn()
  const { answer } = await shown(engine, 'c-11')
  const { propensity } = answer.placements[0]!.offers[0]!
  t.equal(propensity.value, 0.25)
  t.match(propensity, { evidence: 10, variance: (0.25 * 0.75) / 61 })
  const recorded = JSON.parse(await engine.lookUp.get(answer.decisionId)) as Answer
  t.same(recorded.placements[0]!.offers[0]!.propensity, propensity)
  const explanation = await engine.lookUp.explanation(answer.decisionId, {
    from: 0,
    limit: 10
  })
  t.match(JSON.parse(explanation), {
    outcomes: [{ offerId: 'gold-card', experience: { start: 0.3, evidence: 10 } }]
  })
})

test('offers that do not adapt teach nothing', async t => {
  const engine = await startEngine(t, { rules: rules({ prior: 0.3 }) })
  await shown(engine, 'c-1')
  t.same((await engine.store.learning.waiting(10)).lessons, [])
  t.match(await propensityNow(engine), { value: 0.3, source: 'prior', evidence: 0 })
})

test('each channel has its own experience', async t => {
  const engine = await startEngine(t, { rules: rules({ ...ADAPTING, evidence: 1 }) })
  await shown(engine, 'c-1')
  await engine.learn()
  t.match(await propensityNow(engine), { value: 0.15, evidence: 1 })
  t.match(await propensityNow(engine, 'call_center', 'agent'), { value: 0.3, evidence: 0 })
})

test('a decision that is its own impression teaches too', async t => {
  const engine = await startEngine(t, { rules: rules({ ...ADAPTING, evidence: 1 }) })
  await engine.ask({
    customer: { id: 'c-1' },
    channel: 'call_center',
    placements: [{ id: 'agent' }]
  })
  await engine.learn()
  t.match(await propensityNow(engine, 'call_center', 'agent'), { value: 0.15, evidence: 1 })
})

test('repeated and late events count once', async t => {
  const engine = await startEngine(t, { rules: rules() })
  const { token } = await shown(engine, 'c-1')
  await engine.learn()
  await engine.tell({ type: 'impression', token }, { id: 'again', type: 'impression', token })
  await engine.tell({ type: 'accept', token }, { id: 'twice', type: 'accept', token })
  await engine.learn()
  await engine.tell({ id: 'thrice', type: 'accept', token })
  await engine.learn()
  const { value, evidence } = await propensityNow(engine)
  t.equal(evidence, 1)
  t.ok(Math.abs(value - (1 + 15) / 51) < 1e-12)
})

test('a positive after the window, and one after a rejection, change nothing', async t => {
  const engine = await startEngine(t, { rules: rules(ADAPTING, 'positiveWindow: 2d') })
  const [late, rejected] = [await shown(engine, 'c-1'), await shown(engine, 'c-2')]
  await engine.tell({ type: 'reject', token: rejected.token })
  engine.pass(HOUR_MS)
  await engine.tell({ type: 'accept', token: rejected.token })
  engine.pass(2 * DAY_MS)
  await engine.tell({ type: 'accept', token: late.token })
  await engine.learn()
  t.match(await propensityNow(engine), { value: 15 / 52, evidence: 2 })
})

test('a response without a token belongs to the last touch within the window', async t => {
  const engine = await startEngine(t, { rules: rules() })
  const customer = { id: 'c-1' }
  const mail = { customer, offerId: 'gold-card', channel: 'web' }
  await engine.tell({ ...mail, id: 'm-1', type: 'impression' })
  engine.pass(HOUR_MS)
  await shown(engine, 'c-1')
  engine.pass(HOUR_MS)
  const accepted = { id: 'a-1', type: 'accept', customer, offerId: 'gold-card' }
  await engine.tell(accepted)
  await engine.learn()
  const { value, evidence } = await propensityNow(engine)
  t.equal(evidence, 2)
  t.ok(Math.abs(value - (1 + 15) / 52) < 1e-12)
  await engine.tell(accepted)
  await engine.learn()
  t.equal((await propensityNow(engine)).value, value, 'told again, it is the same response')
  t.ok(engine.counted.includes('1 lessons known'))
})

test('a response to what was never shown, or too long ago, teaches nothing', async t => {
  const engine = await startEngine(t, { rules: rules() })
  const accepted = { type: 'accept', customer: { id: 'c-1' }, offerId: 'gold-card' }
  await engine.tell(accepted)
  engine.pass(1)
  await engine.tell({ ...accepted, type: 'impression', channel: 'web' })
  engine.pass(8 * DAY_MS)
  await engine.tell(accepted)
  await engine.learn()
  t.match(await propensityNow(engine), { value: 15 / 51, evidence: 1 })
  t.ok(engine.counted.includes('2 lessons no_touch'))
})

test('a positive type of its own is what counts', async t => {
  const offers = offerYaml('gold-card', { propensity: ADAPTING, positive: 'click' })
  const engine = await startEngine(t, { rules: rulesWith({ offers }) })
  const [clicked, accepted] = [await shown(engine, 'c-1'), await shown(engine, 'c-2')]
  await engine.tell({ type: 'click', token: clicked.token })
  await engine.tell({ type: 'accept', token: accepted.token })
  await engine.learn()
  const { value } = await propensityNow(engine)
  t.ok(Math.abs(value - (1 + 15) / 52) < 1e-12)
})

test('an offer with forgetting follows a change that one without takes long to see', async t => {
  const offers = (adapt: unknown) => offerYaml('gold-card', { propensity: { ...ADAPTING, adapt } })
  const values: number[] = []
  for (const adapt of [true, { forget: 0.95 }]) {
    const engine = await startEngine(t, { rules: rulesWith({ offers: offers(adapt) }) })
    for (let i = 0; i < 200; i++) {
      const { token } = await shown(engine, `c-${i}`)
      if (i >= 100) await engine.tell({ type: 'accept', token })
    }
    await engine.learn()
    values.push((await propensityNow(engine)).value)
  }
  const [all = 0, recent = 0] = values
  t.ok(all < 0.47 && recent > 0.48, `${all} and ${recent}`)
})

test('the control group keeps its priors, and teaches all the same', async t => {
  const engine = await startEngine(t, { rules: rules(ADAPTING, 'control: {share: 1, salt: c1}') })
  await shown(engine, 'c-1')
  await engine.learn()
  t.match(await propensityNow(engine), { value: 0.3, source: 'prior', evidence: 0 })
  const { experience } = await engine.store.learning.experienceSince(0)
  t.same(
    [...experience.values()].map(({ impressions }) => impressions),
    [1]
  )
})

test('Thompson draws from what is known, the more narrowly the more was seen', async t => {
  const rest = 'arbitration: {exploration: {method: thompson}}'
  const engine = await startEngine(t, { rules: rules(ADAPTING, rest) })
  const spread = async (): Promise<number> => {
    const drawn: number[] = []
    for (let i = 0; i < 200; i++) {
      const { placements } = await engine.ask({
        customer: { id: 'onlooker' },
        channel: 'web',
        placements: [{ id: 'home_hero' }],
        options: { mode: 'test', seed: `s-${i}` }
      })
      drawn.push(placements[0]!.offers[0]!.factors.p)
    }
    const mean = drawn.reduce((sum, p) => sum + p, 0) / drawn.length
    return Math.sqrt(drawn.reduce((sum, p) => sum + (p - mean) ** 2, 0) / drawn.length)
  }
  const before = await spread()
  for (let i = 0; i < 400; i++) {
    const { token } = await shown(engine, `c-${i}`)
    if (i % 3 === 0) await engine.tell({ type: 'accept', token })
  }
  await engine.learn()
  const after = await spread()
  t.ok(after < before / 2, `${before} became ${after}`)
})

test('a decision comes out the same again, whatever was learnt since', async t => {
  for (const method of ['none', 'thompson']) {
    const rest = `arbitration: {exploration: {method: ${method}}}`
    const engine = await startEngine(t, { rules: rules(ADAPTING, rest) })
    for (let i = 0; i < 7; i++) await shown(engine, `c-${i}`)
    await engine.learn()
    const { answer } = await shown(engine, 'c-8')
    t.equal(answer.placements[0]!.offers[0]!.propensity.evidence, 7)
    for (let i = 0; i < 9; i++) await shown(engine, `d-${i}`)
    await engine.learn()
    t.match(await engine.replay(answer.decisionId, 'recorded'), { same: true })
    engine.rewrite(rules({ prior: 0.3, evidence: 50 }, rest))
    await engine.loader.load()
    t.match(await engine.replay(answer.decisionId, 'current'), {
      same: false,
      difference: { stage: 'propensity', now: 0.3 }
    })
  }
})

const BY_DEVICE = {
  prior: 0.3,
  evidence: 20,
  adapt: { features: ['customer.age', 'context.device'] }
}

/** Shows the offer on a device and answers for a share of the times. */
async function showOn(engine: Engine, device: string, times: number, share: number) {
  for (let i = 0; i < times; i++) {
    const answer = await engine.ask({
      customer: { id: `${device}-${i}` },
      channel: 'web',
      placements: [{ id: 'home_hero' }],
      context: { device },
      attributes: { age: 20 + (i % 40) }
    })
    const { token } = answer.placements[0]!.offers[0]!
    await engine.tell({ type: 'impression', token })
    if ((i * 7) % 10 < share * 10) await engine.tell({ type: 'accept', token })
  }
}

async function propensityOn(engine: Engine, device: string) {
  const answer = await engine.ask({
    customer: { id: 'onlooker' },
    channel: 'web',
    placements: [{ id: 'home_hero' }],
    context: { device },
    options: { mode: 'test' }
  })
  return answer.placements[0]!.offers[0]!.propensity
}

test('with features the propensity differs between those whom it was learnt of', async t => {
  const engine = await startEngine(t, { rules: rules(BY_DEVICE) })
  t.match(await propensityOn(engine, 'mobile'), { value: 0.3, source: 'adaptive', evidence: 0 })
  await showOn(engine, 'mobile', 150, 0.6)
  await showOn(engine, 'desktop', 150, 0.1)
  await engine.learn()
  const [mobile, desktop] = [
    await propensityOn(engine, 'mobile'),
    await propensityOn(engine, 'desktop')
  ]
  t.ok(Math.abs(mobile.value - 0.6) < 0.08, `on mobile ${mobile.value}`)
  t.ok(Math.abs(desktop.value - 0.1) < 0.08, `on desktop ${desktop.value}`)
  t.match(mobile, { source: 'adaptive', evidence: 300 })
  t.ok(engine.counted.some(line => /lessons learnt/.test(line)))
})

test('a decision by features comes out the same again', async t => {
  const rest = 'arbitration: {exploration: {method: thompson}}'
  const engine = await startEngine(t, { rules: rules(BY_DEVICE, rest) })
  await showOn(engine, 'mobile', 30, 0.5)
  await engine.learn()
  const { answer } = await shown(engine, 'c-1')
  await showOn(engine, 'desktop', 30, 0.5)
  await engine.learn()
  t.match(await engine.replay(answer.decisionId, 'recorded'), { same: true })
})

test('without a record of the decision nothing is learnt by features, and that is counted', async t => {
  const engine = await startEngine(t, { rules: rules(BY_DEVICE) })
  await engine.tell({
    type: 'impression',
    customer: { id: 'c-1' },
    offerId: 'gold-card',
    channel: 'web'
  })
  await engine.learn()
  t.match(await propensityOn(engine, 'mobile'), { value: 0.3, evidence: 0 })
  t.ok(engine.counted.includes('1 lessons no_record'))
})

test('other features begin anew, and a response to what was shown before is not counted among them', async t => {
  const engine = await startEngine(t, { rules: rules(ADAPTING) })
  const { token } = await shown(engine, 'c-1')
  await engine.learn()
  engine.rewrite(rules(BY_DEVICE))
  t.match(await engine.loader.load(), { outcome: 'swapped' })
  t.match(await propensityNow(engine), { value: 0.3, source: 'adaptive', evidence: 0 })
  await engine.tell({ type: 'accept', token })
  await shown(engine, 'c-2')
  await engine.learn()
  t.match(await propensityNow(engine), { source: 'adaptive', evidence: 1 })
  t.ok(engine.counted.includes('1 lessons unused'))
})
