import { test } from 'tap'
import { LOCAL_CALLER } from '../../src/domain/caller.js'
import {
  customerText,
  EMPTY_PROFILE,
  type CustomerKey,
  type Profile
} from '../../src/domain/customer.js'
import { StoreUnavailable } from '../../src/domain/refusal.js'
import { bucketOf } from '../../src/policy/hash.js'
import { NOW_MS, startEngine, type Answer, type Engine } from '../helpers/engine.js'
import { offerYaml, rulesWith } from '../helpers/rules.js'

const WEB = { customer: { id: 'c-1001' }, channel: 'web', placements: [{ id: 'home_hero' }] }
const TILES = { ...WEB, placements: [{ id: 'home_tile' }] }

function offersOf(answer: Answer, placement = 0): string[] {
  return answer.placements[placement]!.offers.map(({ offerId }) => offerId)
}

async function store(engine: Engine, id: string, profile: Partial<Profile>): Promise<void> {
  await engine.store.customers.change(
    { namespace: 'crm', id },
    () => ({ ...EMPTY_PROFILE, ...profile }),
    engine.snapshots.current().strategy.lexicon
  )
}

test('priority is propensity times context weight times value times lever', async t => {
  const engine = await startEngine(t, {
    rules: rulesWith({
      offers: [
        offerYaml('one', { value: 80, propensity: { prior: 0.12 } }),
        offerYaml('two', { value: 200, lever: 55, propensity: { prior: 0.04 } }),
        offerYaml('three', { value: 60, lever: 20, propensity: { prior: 0.09 }, group: 'loans' })
      ].join('\n'),
      rest: 'contextWeights: [{when: context.intent == "loan", group: loans, weight: 25}]'
    })
  })
  const answer = await engine.ask({ ...TILES, context: { intent: 'loan' } })
  t.same(offersOf(answer), ['two', 'one', 'three'])
  t.same(
    answer.placements[0]!.offers.map(({ factors }) => factors),
    [
      { p: 0.04, c: 1, v: 200, l: 1.55 },
      { p: 0.12, c: 1, v: 80, l: 1 },
      { p: 0.09, c: 1.25, v: 60, l: 1.2 }
    ]
  )
  const priorities = answer.placements[0]!.offers.map(
    ({ priority }) => Math.round(priority * 1e9) / 1e9
  )
  t.same(priorities, [12.4, 9.6, 8.1])
  t.same(answer.placements[0]!.offers[0]!.propensity, { value: 0.04, source: 'prior', evidence: 0 })
  t.equal(answer.placements[0]!.offers[0]!.probability, 1)
})

test('every candidate ends at exactly one stage, for the first reason in the order of the stages', async t => {
  const engine = await startEngine(t, {
    rules: rulesWith({
      offers: [
        offerYaml('expired', { until: '2026-01-01', purposes: ['marketing'] }),
        offerYaml('unconsented', { purposes: ['marketing'], eligibility: 'false' }),
        offerYaml('excluded', { eligibility: 'false' }),
        offerYaml('filtered', { group: 'loans', eligibility: 'false' }),
        offerYaml('ineligible', { eligibility: 'customer.age >= 18', applicability: 'false' }),
        offerYaml('inapplicable', { applicability: 'customer.balance > 10', suitability: 'false' }),
        offerYaml('unsuitable', { suitability: 'seen("complaint", "any", "30d") == 0' }),
        offerYaml('worthless', { value: 'customer.age * 2' }),
        offerYaml('second', { value: 5 }),
        offerYaml('first', { value: 9 })
      ].join('\n')
    })
  })
  const answer = await engine.ask({
    ...WEB,
    placements: [{ id: 'home_hero', filter: { group: ['cards'] } }],
    events: [{ type: 'complaint' }],
    exclude: ['excluded', 'unheard-of'],
    options: { explain: 'full', mode: 'test' }
  })
  const stages = Object.fromEntries(
    answer.explanation!.outcomes.map(({ offerId, stage }) => [offerId, stage])
  )
  t.same(stages, {
    expired: 'validity',
    unconsented: 'consent',
    excluded: 'exclude',
    filtered: 'filter',
    ineligible: 'eligibility',
    inapplicable: 'applicability',
    unsuitable: 'suitability',
    worthless: 'value',
    second: 'outranked',
    first: 'selected'
  })
  t.equal(answer.explanation!.outcomes.length, answer.explanation!.candidates)
  t.equal(answer.explanation!.funnel.at(-1)!.left, 1)
  const unsuitable = answer.explanation!.outcomes.find(({ offerId }) => offerId === 'unsuitable')!
  t.same(unsuitable.values, { 'seen("complaint", "any", "30d")': 1 })
  const ineligible = answer.explanation!.outcomes.find(({ offerId }) => offerId === 'ineligible')!
  t.same(ineligible.values, { 'customer.age': null })
  t.match(ineligible.rule, { owner: 'ineligible', text: 'customer.age >= 18' })
})

test('a placement that gets no offer shows its fallback, and a fallback never pads', async t => {
  const engine = await startEngine(t, {
    rules: rulesWith({ offers: offerYaml('adults', { eligibility: 'customer.age >= 18' }) })
  })
  const stranger = await engine.ask({
    ...WEB,
    placements: [{ id: 'home_hero' }, { id: 'home_tile' }]
  })
  t.same(
    stranger.placements.map(({ fallback }) => fallback),
    [true, true]
  )
  t.match(stranger.placements[0]!.offers, [
    { offerId: 'welcome', rank: 1, priority: 0, probability: 1 }
  ])
  t.notOk('propensity' in stranger.placements[0]!.offers[0]!)
  t.ok(stranger.placements[0]!.offers[0]!.token, 'a fallback has a token')
  const adult = await engine.ask({ ...TILES, attributes: { age: 40 } })
  t.same(offersOf(adult), ['adults'], 'one of three slots is filled, two stay empty')
})

test('a missing age is neither adult nor minor', async t => {
  const engine = await startEngine(t, {
    rules: rulesWith({
      offers: [
        offerYaml('adult', { eligibility: 'customer.age >= 18' }),
        offerYaml('not-minor', { eligibility: '!(customer.age < 18)' }),
        offerYaml('known', { eligibility: 'has(customer.age) || true' })
      ].join('\n')
    })
  })
  t.same(offersOf(await engine.ask(TILES)), ['known'])
})

test('the stored profile is used, and a request attribute stands over it for this request only', async t => {
  const engine = await startEngine(t, {
    rules: rulesWith({
      offers: [
        offerYaml('rich', { eligibility: 'customer.balance > 100', value: 9 }),
        offerYaml('anyone')
      ].join('\n')
    })
  })
  await store(engine, 'c-1001', { attributes: { balance: 500 } })
  const first = await engine.ask(WEB)
  t.same([offersOf(first), first.customer['known']], [['rich'], true])
  t.same(offersOf(await engine.ask({ ...WEB, attributes: { balance: 1 } })), ['anyone'])
  t.same(offersOf(await engine.ask(WEB)), ['rich'])
})

test('an offer whose purpose is not granted is removed until it is', async t => {
  const engine = await startEngine(t, {
    rules: rulesWith({ offers: offerYaml('mailing', { purposes: ['marketing'] }) })
  })
  t.same(offersOf(await engine.ask(WEB)), ['welcome'])
  await store(engine, 'c-1001', {
    consent: { marketing: { granted: true, timeMs: NOW_MS, source: 'branch' } }
  })
  t.same(offersOf(await engine.ask(WEB)), ['mailing'])
  await store(engine, 'c-1001', {
    consent: { marketing: { granted: false, timeMs: NOW_MS, source: 'app' } }
  })
  t.same(offersOf(await engine.ask(WEB)), ['welcome'])
})

test('no offer stands twice in an answer, and the better offer takes the slot with the higher multiplier', async t => {
  const engine = await startEngine(t, {
    rules: rulesWith({
      placements:
        '  home_tile: {channel: web, count: 2, fallback: welcome}\n  home_hero: {channel: web, count: 1, multiplier: 1.5, fallback: welcome}\n  agent: {channel: call_center, count: 1, fallback: welcome}',
      offers: [
        offerYaml('a', { value: 3 }),
        offerYaml('b', { value: 2 }),
        offerYaml('c', { value: 1 })
      ].join('\n')
    })
  })
  const answer = await engine.ask({
    ...WEB,
    placements: [{ id: 'home_tile' }, { id: 'home_hero' }]
  })
  t.same([offersOf(answer, 0), offersOf(answer, 1)], [['b', 'c'], ['a']])
})

test('a group fills no more slots than the group limit', async t => {
  const engine = await startEngine(t, {
    rules: rulesWith({
      offers: [
        offerYaml('a', { value: 9 }),
        offerYaml('b', { value: 8 }),
        offerYaml('c', { value: 1, group: 'loans' })
      ].join('\n'),
      rest: 'arbitration: {groupLimit: 1}'
    })
  })
  t.same(offersOf(await engine.ask(TILES)), ['a', 'c'])
})

test('equal priorities fall to the higher propensity, then to the offer id', async t => {
  const engine = await startEngine(t, {
    rules: rulesWith({
      offers: [
        offerYaml('z', { value: 2, propensity: { prior: 0.25 } }),
        offerYaml('y', { value: 1, propensity: { prior: 0.5 } }),
        offerYaml('x', { value: 1, propensity: { prior: 0.5 } })
      ].join('\n')
    })
  })
  t.same(offersOf(await engine.ask(TILES)), ['x', 'y', 'z'])
})

test('mandatory offers come before all others', async t => {
  const engine = await startEngine(t, {
    rules: rulesWith({
      offers: [
        offerYaml('loud', { value: 100 }),
        offerYaml('legal-notice', { value: 0, mandatory: true })
      ].join('\n')
    })
  })
  t.same(offersOf(await engine.ask(TILES)), ['legal-notice', 'loud'])
})

test("a strategy's own formula replaces the product", async t => {
  const engine = await startEngine(t, {
    rules: rulesWith({
      offers: [
        offerYaml('likely', { value: 1, propensity: { prior: 0.9 } }),
        offerYaml('dear', { value: 100, propensity: { prior: 0.1 } })
      ].join('\n'),
      rest: 'arbitration: {formula: p}'
    })
  })
  t.same(offersOf(await engine.ask(TILES)), ['likely', 'dear'])
})

test('content is in the language asked for, de-AT falls back to de and any other to the treatment itself', async t => {
  const treatments = {
    any: {
      placements: ['home_hero'],
      content: { headline: 'Hello' },
      languages: { de: { headline: 'Hallo' } }
    }
  }
  const engine = await startEngine(t, {
    rules: rulesWith({ offers: offerYaml('hello', { treatments }) })
  })
  for (const [language, headline] of [
    ['de', 'Hallo'],
    ['de-AT', 'Hallo'],
    ['DE', 'Hallo'],
    ['fr', 'Hello'],
    [undefined, 'Hello']
  ]) {
    const answer = await engine.ask({ ...WEB, language })
    t.same(answer.placements[0]!.offers[0]!.content, { headline }, String(language))
  }
})

test('offers are shown from their first instant to before their last, in the time zone of the strategy', async t => {
  const engine = await startEngine(t, {
    rules: rulesWith({ offers: offerYaml('spring', { from: '2026-03-29', until: '2026-03-30' }) })
  })
  const at = async (instant: string): Promise<string[]> =>
    offersOf(await engine.ask({ ...WEB, options: { mode: 'test', at: instant } }))
  t.same(await at('2026-03-28T22:59:59Z'), ['welcome'])
  t.same(
    await at('2026-03-28T23:00:00Z'),
    ['spring'],
    'midnight in Berlin, before the clocks change'
  )
  t.same(await at('2026-03-29T21:59:59Z'), ['spring'], 'the day has 23 hours')
  t.same(await at('2026-03-29T22:00:00Z'), ['welcome'])
})

test('mode test stores nothing and seals nothing', async t => {
  const engine = await startEngine(t, { rules: rulesWith({ offers: offerYaml('a') }) })
  const request = {
    customer: { id: 'c-1' },
    channel: 'call_center',
    placements: [{ id: 'agent' }],
    events: [{ type: 'complaint' }],
    options: { mode: 'test' as const }
  }
  const answer = await engine.ask(request)
  t.notOk('token' in answer.placements[0]!.offers[0]!)
  t.same(await engine.store.customers.history({ namespace: 'crm', id: 'c-1' }, 10), [])
  await t.rejects(engine.lookUp.get(answer.decisionId), { code: 'not_found' })
})

test('where the answer is the impression, it is in the history once the decision is answered', async t => {
  const engine = await startEngine(t, {
    rules: rulesWith({ offers: [offerYaml('a', { value: 2 }), offerYaml('b')].join('\n') })
  })
  const answer = await engine.ask({
    customer: { id: 'c-1' },
    channel: 'call_center',
    placements: [{ id: 'agent' }]
  })
  const history = await engine.store.customers.history({ namespace: 'crm', id: 'c-1' }, 10)
  t.same(
    history
      .map(({ type, offerId, channel, decisionId }) => ({ type, offerId, channel, decisionId }))
      .sort((a, b) => (a.offerId! < b.offerId! ? -1 : 1)),
    [
      { type: 'impression', offerId: 'a', channel: 'call_center', decisionId: answer.decisionId },
      { type: 'impression', offerId: 'b', channel: 'call_center', decisionId: answer.decisionId }
    ]
  )
})

test("a request's events are stored and count in the same decision", async t => {
  const engine = await startEngine(t, {
    rules: rulesWith({
      offers: offerYaml('quiet', { suitability: 'seen("complaint", "any", "1d") == 0' })
    })
  })
  t.same(offersOf(await engine.ask(WEB)), ['quiet'])
  t.same(offersOf(await engine.ask({ ...WEB, events: [{ type: 'complaint' }] })), ['welcome'])
  t.same(offersOf(await engine.ask(WEB)), ['welcome'], 'the event was stored')
})

test('a customer that cannot be read gets fallbacks and is told so', async t => {
  const failing = await startEngine(t, {
    rules: rulesWith({ offers: offerYaml('a') }),
    customers: ({ customers }) => ({
      ...customers,
      load: () => Promise.reject(new StoreUnavailable('gone'))
    })
  })
  const answer = await failing.ask(WEB)
  t.same([answer.degraded, answer.placements[0]!.fallback], [['profile'], true])
  t.same(failing.counted, ['reloaded swapped', 'decided web profile'])
})

test('a store that is too slow is not waited for longer than timeoutMs', async t => {
  const slow = await startEngine(t, {
    rules: rulesWith({ offers: offerYaml('a') }),
    customers: ({ customers }) => ({ ...customers, load: () => new Promise(() => undefined) })
  })
  const startedAtMs = performance.now()
  const answer = await slow.ask({ ...WEB, options: { timeoutMs: 20 } })
  const tookMs = performance.now() - startedAtMs
  t.same([answer.degraded, answer.placements[0]!.fallback], [['profile'], true])
  // The store never answers; anything near is right, on a busy machine too.
  t.ok(tookMs >= 15 && tookMs < 1000, `took ${tookMs} ms`)
})

test('impressions that cannot be recorded show as limits in degraded', async t => {
  const engine = await startEngine(t, {
    rules: rulesWith({ offers: offerYaml('a') }),
    customers: ({ customers }) => ({
      ...customers,
      load: customers.load.bind(customers),
      packState: customers.packState.bind(customers),
      append: () => Promise.reject(new StoreUnavailable('read only'))
    })
  })
  const answer = await engine.ask({
    customer: { id: 'c-1' },
    channel: 'call_center',
    placements: [{ id: 'agent' }]
  })
  t.same([answer.degraded, offersOf(answer)], [['limits'], ['a']])
})

test('names that the strategy does not have are refused together, each with its place', async t => {
  const engine = await startEngine(t, { rules: rulesWith({ offers: offerYaml('a') }) })
  await t.rejects(
    engine.decide(
      {
        customer: { id: 'x', namespace: 'crn' },
        channel: 'web',
        placements: [
          { id: 'home_here' },
          { id: 'agent' },
          { id: 'home_tile', count: 4, filter: { group: ['card'] } }
        ],
        attributes: { agee: 1 },
        context: { device: 'fridge' },
        events: [{ type: 'click' }]
      },
      LOCAL_CALLER,
      performance.now()
    ),
    {
      code: 'invalid',
      faults: [
        { pointer: '/customer/namespace', detail: /did you mean "crm"/ },
        { pointer: '/placements/0/id', detail: /did you mean "home_hero"/ },
        { pointer: '/placements/1/id', detail: /belongs to channel "call_center"/ },
        { pointer: '/placements/2/count', detail: /at most 3/ },
        { pointer: '/placements/2/filter/group/0', detail: /did you mean "cards"/ },
        { pointer: '/attributes/agee', detail: /did you mean "age"/ },
        { pointer: '/context/device' },
        { pointer: '/events/0/type' }
      ]
    }
  )
})

test('a holdout sees fallbacks only; the control group sees offers by their priors', async t => {
  const offers = offerYaml('a')
  const held = await startEngine(t, {
    rules: rulesWith({ offers, rest: 'holdout: {share: 1, salt: h1}' })
  })
  const answer = await held.ask(WEB)
  t.same(
    [answer.customer['holdout'], answer.customer['control'], answer.placements[0]!.fallback],
    [true, false, true]
  )
  const control = await startEngine(t, {
    rules: rulesWith({ offers, rest: 'control: {share: 1, salt: c1}' })
  })
  const controlled = await control.ask(WEB)
  t.same(
    [controlled.customer['holdout'], controlled.customer['control'], offersOf(controlled)],
    [false, true, ['a']]
  )
})

test('by each key of a merged customer one is decided about, and hears the key he asked by', async t => {
  const engine = await startEngine(t, {
    rules: rulesWith({
      offers: offerYaml('a', { eligibility: 'customer.age >= 18' })
    })
  })
  const { customers } = engine.store
  const words = engine.snapshots.current().strategy.lexicon
  const known = { namespace: 'crm', id: 'c-1001' }
  const visit = { namespace: 'cookie', id: 'ck-9' }
  await store(engine, known.id, { attributes: { age: 41 } })
  const ask = (customer: CustomerKey) => engine.ask({ ...WEB, customer })
  t.notOk(offersOf(await ask(visit)).includes('a'))
  await customers.merge(visit, known, words)
  for (const customer of [known, visit]) {
    const answer = await ask(customer)
    t.ok(offersOf(answer).includes('a'))
    t.match(answer.customer, { ...customer, known: true })
  }
})

test('who was held out under one key stays so when it is merged', async t => {
  const share = 0.5
  const inHoldout = (key: CustomerKey) => bucketOf(`h1:${customerText(key)}`) < share * 10_000
  const keys = Array.from({ length: 40 }, (_, i) => ({ namespace: 'crm', id: `c-${i}` }))
  const [free, alsoFree] = keys.filter(key => !inHoldout(key)) as [CustomerKey, CustomerKey]
  const held = keys.find(inHoldout)!
  for (const kind of ['holdout', 'control']) {
    const engine = await startEngine(t, {
      rules: rulesWith({ offers: offerYaml('a'), rest: `${kind}: {share: ${share}, salt: h1}` })
    })
    const words = engine.snapshots.current().strategy.lexicon
    const kindOf = async (customer: CustomerKey) =>
      (await engine.ask({ ...WEB, customer })).customer[kind]
    await engine.store.customers.merge(free, alsoFree, words)
    t.equal(await kindOf(free), false)
    await engine.store.customers.merge(free, held, words)
    for (const key of [free, alsoFree, held]) t.equal(await kindOf(key), true)
  }
})

test('personal attributes are masked in explanations', async t => {
  const engine = await startEngine(t, {
    rules: rulesWith({ offers: offerYaml('a', { eligibility: 'customer.phone == "1"' }) })
  })
  const answer = await engine.ask({
    ...WEB,
    attributes: { phone: '030 1234' },
    options: { explain: 'full' }
  })
  t.same(answer.explanation!.outcomes[0]!.values, { 'customer.phone': '***' })
  t.notMatch(JSON.stringify(answer), /030 1234/)
})

test('a full explanation says of each winner which rules hold, and what they read', async t => {
  const policies = { suitability: 'customer.age < 70 && seen("reject", "same", "30d") == 0' }
  const engine = await startEngine(t, {
    rules: rulesWith({ offers: [offerYaml('a', policies), offerYaml('b')].join('\n') })
  })
  const ask = (explain: 'full' | 'summary') =>
    engine.ask({ ...WEB, attributes: { age: 41 }, options: { explain } })
  const winner = (await ask('full')).explanation!.outcomes[0]!
  t.match(winner, {
    offerId: 'a',
    stage: 'selected',
    rules: [
      {
        id: 'a.suitability',
        owner: 'a',
        text: policies.suitability,
        values: { 'customer.age': 41, 'seen("reject", "same", "30d")': 0 }
      }
    ]
  })
  t.notOk('rules' in (await ask('summary')).explanation!.outcomes[0]!, 'a summary goes without')
})

test('a recorded decision answers as it was sent, with its request and its explanation', async t => {
  const engine = await startEngine(t, {
    rules: rulesWith({
      offers: [
        offerYaml('a', { value: 2 }),
        offerYaml('b', { eligibility: 'customer.age > 3' })
      ].join('\n')
    })
  })
  const request = { ...WEB, options: { explain: 'full' as const } }
  const { body, decision } = await engine.decide(request, LOCAL_CALLER, performance.now())
  const answer = JSON.parse(body) as Answer
  t.same(JSON.parse(await engine.lookUp.get(decision.id)), { ...answer, request })
  engine.rewrite(rulesWith({ offers: offerYaml('other') }))
  t.equal((await engine.loader.load()).outcome, 'swapped')
  const explanation = JSON.parse(
    await engine.lookUp.explanation(decision.id, { from: 0, limit: 200 })
  ) as Record<string, unknown>
  t.match(
    explanation,
    { decisionId: decision.id, ...answer.explanation },
    'rendered from the record after the strategy has gone'
  )
  const paged = JSON.parse(await engine.lookUp.explanation(decision.id, { from: 1, limit: 1 })) as {
    outcomes: unknown[]
  }
  t.same(paged.outcomes, [answer.explanation!.outcomes[1]])
})

test('the same inputs give the same answer whatever the order of the files', async t => {
  const offers = ['m', 'k', 'z', 'a', 'q'].map((id, i) =>
    offerYaml(id, { value: 1 + (i % 2), group: i % 2 === 0 ? 'cards' : 'loans' })
  )
  const placements = { ...WEB, placements: [{ id: 'home_hero' }, { id: 'home_tile' }] }
  const answers = []
  for (const order of [offers, [...offers].reverse(), [...offers].sort()]) {
    const engine = await startEngine(t, { rules: rulesWith({ offers: order.join('\n') }) })
    const answer = await engine.ask(placements)
    answers.push(
      answer.placements.map(({ offers: placed }) => placed.map(({ offerId }) => offerId))
    )
  }
  t.same(answers[1], answers[0])
  t.same(answers[2], answers[0])
})
