import { test } from 'tap'
import { LOCAL_CALLER } from '../../../src/domain/caller.js'
import { createCustomers } from '../../../src/decisioning/customers/customers.js'
import {
  startEngine,
  withAllOutcomes,
  NOW_MS,
  type Engine,
  type Explanation
} from '../../helpers/engine.js'
import { offerYaml, rulesWith } from '../../helpers/rules.js'

const DAY_MS = 86_400_000

const RULES = rulesWith({
  groups:
    '  cards: {issue: grow}\n  loans: {issue: grow, quotas: [{limit: 2, window: day}]}\n  service: {issue: grow}',
  offers: [
    offerYaml('gold', { value: 9 }),
    offerYaml('silver', { value: 8 }),
    offerYaml('car', {
      group: 'loans',
      value: 7,
      cost: 10.5,
      quotas: [{ money: 20, window: 'total' }]
    }),
    offerYaml('house', { group: 'loans', value: 6 })
  ].join('\n'),
  rest: `contactPolicies:
  - {id: tired, counts: [impression], scope: offer, limit: 2, window: 7d, channels: [web]}
  - {id: rejected, counts: [reject], scope: group, limit: 2, window: 30d, suppressFor: 60d}
  - {id: daily, counts: [impression], scope: all, limit: 20, window: day}
exclusions:
  - {after: accept, of: silver, not: [gold], for: 30d}
`
})

const CUSTOMER = { id: 'c-1', namespace: 'crm' }
const ASKED = {
  customer: CUSTOMER,
  channel: 'web',
  placements: [{ id: 'home_tile' }],
  options: { explain: 'full' as const }
}

function about(type: string, offerId: string, daysAgo: number, more: object = {}) {
  const time = new Date(NOW_MS - daysAgo * DAY_MS).toISOString()
  return { type, offerId, channel: 'web', customer: CUSTOMER, time, ...more }
}

function outcomeOf(explanation: Explanation | undefined, offer: string) {
  return explanation?.outcomes.find(({ offerId }) => offerId === offer)
}

async function limitsOf(engine: Engine) {
  const { store, snapshots } = engine
  const customers = createCustomers({ customers: store.customers, snapshots })
  return customers.limits(CUSTOMER, LOCAL_CALLER, NOW_MS)
}

test('a candidate that a contact policy removes names the policy and what filled it', async t => {
  const engine = await startEngine(t, { rules: RULES })
  await engine.tell(about('impression', 'gold', 1), about('impression', 'gold', 3))
  const { explanation, decisionId } = await engine.ask(ASKED)
  const expected = {
    offerId: 'gold',
    stage: 'contact',
    rule: {
      id: 'tired',
      text: 'at most 2 impression per offer in 7d on web',
      place: 'rules/strategy.yaml:33:5'
    },
    scope: 'gold',
    count: 2,
    limit: 2,
    suppressedUntil: '2026-03-05T10:00:00.000Z',
    interactions: [
      { type: 'impression', offerId: 'gold', time: '2026-02-28T10:00:00.000Z' },
      { type: 'impression', offerId: 'gold', time: '2026-02-26T10:00:00.000Z' }
    ]
  }
  t.match(outcomeOf(explanation, 'gold'), { ...expected, rule: { id: 'tired' } })
  t.same(Object.keys(outcomeOf(explanation, 'gold') ?? {}), Object.keys(expected))
  t.equal(outcomeOf(explanation, 'gold')?.rule?.text, expected.rule.text)
  const stored = await engine.lookUp.explanation(decisionId, { from: 0, limit: 200 })
  t.same(
    outcomeOf(withAllOutcomes(JSON.parse(stored) as Explanation), 'gold'),
    outcomeOf(explanation, 'gold'),
    'the record says the same'
  )
  const summary = await engine.ask({ ...ASKED, options: { explain: 'summary' } })
  t.equal(outcomeOf(summary.explanation, 'gold')?.['interactions'], undefined)
})

test('rejections of a group suppress all of it', async t => {
  const engine = await startEngine(t, { rules: RULES })
  await engine.tell(about('reject', 'gold', 5), about('reject', 'silver', 2))
  const { explanation, placements } = await engine.ask(ASKED)
  t.same(
    placements[0]?.offers.map(({ offerId }) => offerId),
    ['car', 'house']
  )
  for (const offer of ['gold', 'silver']) {
    t.match(outcomeOf(explanation, offer), {
      stage: 'contact',
      rule: { id: 'rejected', text: 'at most 2 reject per group in 30d, then none for 60d' },
      scope: 'cards',
      suppressedUntil: new Date(NOW_MS + 58 * DAY_MS).toISOString()
    })
  }
})

test('later, exclusions and quotas say until when and of how much', async t => {
  const engine = await startEngine(t, { rules: RULES })
  const until = new Date(NOW_MS + 3 * DAY_MS).toISOString()
  const accepted = about('accept', 'silver', 10)
  await engine.tell(
    about('later', 'house', 1, { until }),
    accepted,
    about('accept', 'car', 4, { customer: { ...CUSTOMER, id: 'c-2' } })
  )
  const { explanation } = await engine.ask(ASKED)
  t.match(outcomeOf(explanation, 'house'), { stage: 'contact', suppressedUntil: until })
  t.match(outcomeOf(explanation, 'gold'), {
    stage: 'exclusion',
    rule: { text: 'not for 30d after accept of silver' },
    suppressedUntil: new Date(NOW_MS + 20 * DAY_MS).toISOString(),
    interactions: [{ type: 'accept', offerId: 'silver', time: accepted.time }]
  })
  t.match(outcomeOf(explanation, 'car'), {
    stage: 'quota',
    rule: {
      id: 'offer/car/accept/money/total',
      text: 'at most 20 EUR by accept of offer car in total'
    },
    count: 10.5,
    limit: 20
  })
})

test('a quota of a placement closes that placement alone', async t => {
  const engine = await startEngine(t, {
    rules: rulesWith({
      placements: `  hero: {channel: web, count: 1, fallback: welcome, quotas: [{limit: 1, window: day}]}
  tile: {channel: web, count: 2, fallback: welcome}`,
      offers: [
        offerYaml('gold', { value: 2, treatments: { any: { placements: ['hero', 'tile'] } } }),
        offerYaml('silver', { treatments: { any: { placements: ['hero'] } } })
      ].join('\n')
    })
  })
  const asked = { ...ASKED, placements: [{ id: 'hero' }, { id: 'tile' }] }
  const first = await engine.ask(asked)
  t.same(
    first.placements.map(({ offers }) => offers.map(({ offerId }) => offerId)),
    [['silver'], ['gold']]
  )
  await engine.tell({ type: 'impression', token: first.placements[0]!.offers[0]!.token })
  const { placements, explanation } = await engine.ask(asked)
  t.same(
    placements.map(({ fallback }) => fallback),
    [true, false]
  )
  t.match(outcomeOf(explanation, 'gold'), { stage: 'selected', placement: 'tile' })
  t.match(outcomeOf(explanation, 'silver'), {
    stage: 'quota',
    rule: { text: 'at most 1 impression in placement hero in a day' },
    count: 1
  })
})

test('an influencer moves a lever, and the explanation says how far', async t => {
  const engine = await startEngine(t, {
    rules: rulesWith({
      offers: [offerYaml('gold', { value: 10 }), offerYaml('silver', { value: 11, lever: 5 })].join(
        '\n'
      ),
      rest: 'influencers:\n  - {after: click, offer: same, lever: {from: 40, to: 0}, over: 8d}\n'
    })
  })
  await engine.tell(about('click', 'gold', 2))
  const { explanation, placements } = await engine.ask({
    ...ASKED,
    placements: [{ id: 'home_hero' }]
  })
  t.match(placements[0]!.offers[0], { offerId: 'gold', factors: { l: 1.3 } })
  t.match((explanation as unknown as Record<string, unknown>)['influencers'], [
    { text: 'lever from 40 to 0 over 8d after click, of the same offer' }
  ])
  t.same(outcomeOf(explanation, 'gold')?.['influencers'], [[0, 30]])
  t.same(outcomeOf(explanation, 'silver')?.['influencers'], [])
  t.match(outcomeOf(explanation, 'silver'), { factors: { l: 1.05 } })
})

test('the limits of a customer are those that count something for it', async t => {
  const engine = await startEngine(t, { rules: RULES })
  const until = new Date(NOW_MS + 3 * DAY_MS).toISOString()
  await engine.tell(
    about('impression', 'gold', 1),
    about('impression', 'gold', 0),
    about('later', 'house', 1, { until }),
    about('impression', 'house', 0)
  )
  const { limits, later, customer, reservations } = await limitsOf(engine)
  t.same(customer, CUSTOMER)
  t.same(reservations, [])
  t.same(later, [{ offerId: 'house', time: '2026-02-28T10:00:00.000Z', suppressedUntil: until }])
  t.match(
    limits.map(({ kind, id, of, count, limit, suppressedUntil, frees }) => ({
      kind,
      id,
      of,
      count,
      limit,
      suppressedUntil,
      frees
    })),
    [
      { id: 'tired', of: 'gold', count: 2, limit: 2, suppressedUntil: '2026-03-07T10:00:00.000Z' },
      { id: 'tired', of: 'house', count: 1, limit: 2, suppressedUntil: undefined },
      { id: 'daily', of: undefined, count: 2, limit: 20 },
      {
        kind: 'quota',
        id: 'group/loans/impression/pieces/day',
        count: 1,
        frees: '2026-03-01T23:00:00.000Z'
      },
      { kind: 'quota', id: 'offer/car/accept/money/total', count: 0, limit: 20, frees: undefined }
    ]
  )
})

test('an open reservation is shown and counted', async t => {
  const engine = await startEngine(t, {
    rules: rulesWith({
      offers: offerYaml('gold'),
      rest: 'contactPolicies:\n  - {id: once, counts: [impression], scope: offer, limit: 1, window: 7d, strict: true}\n'
    })
  })
  await engine.tell(about('impression', 'gold', 8))
  const { decisionId } = await engine.ask(ASKED)
  const { limits, reservations } = await limitsOf(engine)
  t.match(reservations, [
    { id: `${decisionId}:gold`, offerId: 'gold', type: 'impression', channel: 'web' }
  ])
  t.match(limits, [{ id: 'once', of: 'gold', count: 1, reserved: 1, strict: true }])
  const { explanation } = await engine.ask(ASKED)
  t.match(outcomeOf(explanation, 'gold'), { stage: 'contact', rule: { id: 'once' }, count: 1 })
})

test('an example may say what a customer wanted to see later', async t => {
  const engine = await startEngine(t, {
    rules: rulesWith({
      offers: offerYaml('gold'),
      rest: `examples:
  - name: whoever said later is left alone until then
    given: {channel: web, placements: [home_hero], history: [{type: later, offer: gold, ago: 1d, until: 1h}]}
    expect: {removed: {gold: contact}}
  - name: and no longer
    given: {channel: web, placements: [home_hero], history: [{type: later, offer: gold, ago: 1d}]}
    expect: {home_hero: [gold]}
`
    })
  })
  t.equal(engine.snapshots.current().strategy.examples.length, 2)
})
