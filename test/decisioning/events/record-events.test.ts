import fc from 'fast-check'
import { test, type Test } from 'tap'
import type { Caller } from '../../../src/domain/caller.js'
import { createMemoryStore } from '../../../src/adapters/memory/memory-store.js'
import { createRecordEvents } from '../../../src/decisioning/events/record-events.js'
import { createTokens, TOKEN_LIFE_MS } from '../../../src/decisioning/tokens.js'
import { caller, offer, snapshotsOf, strategy } from '../../helpers/build.js'
import { silentLog } from '../../helpers/engine.js'

const NOW_MS = Date.UTC(2026, 0, 15, 12)
const CUSTOMER = { namespace: 'crm', id: 'c-1001' }
const BROWSER = caller({ id: 'site', publishable: true })
const PLAIN = strategy()

/** The use case over a memory store, with tokens of one answer. */
function setUp(t: Test, inForce = PLAIN) {
  const store = createMemoryStore({ clock: () => NOW_MS })
  t.after(() => store.close())
  const tokens = createTokens(['a secret'])
  const told: string[] = []
  let ids = 0
  const record = createRecordEvents({
    customers: store.customers,
    quotas: store.quotas,
    journal: store.journal,
    learning: store.learning,
    snapshots: snapshotsOf(inForce),
    tokens,
    meters: {
      told: (type, outcome) => void told.push(`${type} ${outcome}`),
      responded: (kind, offer, channel) => void told.push(`${kind} of ${offer} in ${channel}`),
      limitMet: (quota, outcome) => void told.push(`${quota} ${outcome}`),
      learnt: (outcome, lessons) => void told.push(`${lessons} lessons ${outcome}`)
    },
    log: silentLog(),
    freshId: () => `fresh-${++ids}`
  })
  const [first = '', second = ''] = tokens.seal({
    decisionId: '0199aa11-2222-7333-8444-555566667777',
    decidedAtMs: NOW_MS - 60_000,
    channel: 'web',
    customer: CUSTOMER,
    offers: ['gold-card', 'travel-card'].map(offerId => ({
      offerId,
      treatmentId: `${offerId}.web.hero`,
      placement: 'home_hero'
    }))
  })
  return {
    customers: store.customers,
    tokens: { first, second },
    told,
    tell: (events: readonly unknown[], who: Caller = caller(), nowMs = NOW_MS) =>
      record(events, who, nowMs)
  }
}

/** The code and detail of the one rejection of one event. */
async function rejectionOf(
  t: Test,
  event: unknown,
  who?: Caller,
  inForce = PLAIN
): Promise<string> {
  const { tell } = setUp(t, inForce)
  const receipt = await tell([event], who)
  t.equal(receipt.accepted, 0)
  const [rejection] = receipt.rejected
  return rejection === undefined ? 'none' : `${rejection.code} ${rejection.detail}`
}

test('an event with a token is about what the token says', async t => {
  const { tell, customers, tokens } = setUp(t)
  t.same(await tell([{ id: 'e-1', type: 'click', token: tokens.second }], BROWSER), {
    accepted: 1,
    duplicates: 0,
    rejected: []
  })
  t.same(await customers.history(CUSTOMER, 10), [
    {
      customer: CUSTOMER,
      id: 'e-1',
      source: 'site',
      type: 'click',
      timeMs: NOW_MS,
      offerId: 'travel-card',
      treatmentId: 'travel-card.web.hero',
      placement: 'home_hero',
      channel: 'web',
      decisionId: '0199aa11-2222-7333-8444-555566667777'
    }
  ])
})

test('behaviour with a token is about the customer and no offer', async t => {
  const { tell, customers, tokens } = setUp(t)
  await tell([{ type: 'page_view', token: tokens.first, data: { page: '/cards' } }], BROWSER)
  t.strictSame(await customers.history(CUSTOMER, 10), [
    {
      customer: CUSTOMER,
      id: 'fresh-1',
      source: 'site',
      type: 'page_view',
      timeMs: NOW_MS,
      channel: 'web',
      decisionId: '0199aa11-2222-7333-8444-555566667777',
      data: { page: '/cards' }
    }
  ])
})

test('a token told again without an id is the same fact, by type and offer', async t => {
  const { tell, tokens } = setUp(t)
  const counts = async (type: string, token: string): Promise<number> =>
    (await tell([{ type, token }], BROWSER)).accepted
  t.equal(await counts('click', tokens.first), 1)
  t.equal(await counts('click', tokens.first), 0)
  t.equal(await counts('accept', tokens.first), 1)
  t.equal(await counts('click', tokens.second), 1)
})

test('history from elsewhere needs no token from a server', async t => {
  const { tell, customers } = setUp(t)
  const elsewhere = {
    id: 'e-79',
    source: 'mailer',
    type: 'later',
    time: '2026-01-10T08:00:00+01:00',
    customer: { id: 'c-1001' },
    offerId: 'gold-card',
    channel: 'email',
    until: '2026-02-01T00:00:00Z'
  }
  t.match(await tell([elsewhere]), { accepted: 1 })
  t.match(await customers.history(CUSTOMER, 10), [
    {
      customer: CUSTOMER,
      id: 'e-79',
      source: 'mailer',
      type: 'later',
      timeMs: Date.UTC(2026, 0, 10, 7),
      offerId: 'gold-card',
      channel: 'email',
      untilMs: Date.UTC(2026, 1, 1)
    }
  ])
})

test('values, reasons and data are kept where they belong', async t => {
  const { tell, customers, tokens } = setUp(t)
  const receipt = await tell([
    {
      type: 'cart_add',
      customer: { id: 'ck', namespace: 'cookie' },
      value: 129.9,
      data: { sku: 1 }
    },
    { type: 'convert', token: tokens.first, value: 0 },
    { type: 'accept', token: tokens.first, value: -1.5 },
    { type: 'reject', token: tokens.first, reason: 'too dear' }
  ])
  t.same(receipt, { accepted: 4, duplicates: 0, rejected: [] })
  t.match(await customers.history({ namespace: 'cookie', id: 'ck' }, 9), [
    { value: 129.9, data: { sku: 1 } }
  ])
  const events = await customers.history(CUSTOMER, 9)
  t.same(events.find(({ type }) => type === 'convert')?.value, 0)
  t.same(events.find(({ type }) => type === 'accept')?.value, -1.5)
  t.same(events.find(({ type }) => type === 'reject')?.reason, 'too dear')
})

test('what is wrong with an event is said with a stable code', async t => {
  const to = { customer: { id: 'c-1001' } }
  const impression = { ...to, type: 'impression', offerId: 'gold-card' }
  const cases: Array<[unknown, RegExp]> = [
    [null, /^invalid_event .*object/],
    ['click', /^invalid_event .*object/],
    [[], /^invalid_event .*object/],
    [{}, /^invalid_event type: /],
    [{ ...impression, offreId: 1 }, /^invalid_event .*offreId/],
    [{ ...impression, id: '' }, /^invalid_event id: must not be empty/],
    [{ ...impression, source: 'a\n' }, /^invalid_event source: must not hold control/],
    [
      { ...impression, customer: { id: 'x'.repeat(257) } },
      /^invalid_event customer\.id: .*256 bytes/
    ],
    [{ ...impression, customer: { id: '\ud800' } }, /^invalid_event customer\.id: .*surrogates/],
    [{ ...impression, value: 1 }, /^invalid_event value: events of type "impression"/],
    [{ ...to, type: 'page_view', value: 1 }, /^invalid_event value: .*declare it with value: true/],
    [{ ...to, type: 'cart_add', value: '1' }, /^invalid_event value: /],
    [{ ...to, type: 'cart_add', value: Infinity }, /^invalid_event value: /],
    [{ ...to, type: 'cart_add', offerId: 'gold-card' }, /^invalid_event offerId and placement/],
    [{ ...impression, until: '2026-02-01T00:00:00Z' }, /^invalid_event until: only "later"/],
    [{ ...impression, reason: 'no' }, /^invalid_event reason: only "reject"/],
    [{ ...impression, type: 'reject', reason: 'x'.repeat(501) }, /^invalid_event reason: /],
    [
      { ...impression, data: 'x'.repeat(8191) },
      /^invalid_event data: must not be larger than 8192/
    ],
    [{ type: 'impression', offerId: 'gold-card' }, /^invalid_event say whom/],
    [{ ...to, type: 'impression' }, /^invalid_event say which offer the impression/],
    [{ ...impression, type: 'clik' }, /^unknown_type .*did you mean "click"/],
    [{ ...impression, type: 'decision' }, /^unknown_type decisions are recorded/],
    [{ ...impression, type: 'constructor' }, /^unknown_type /],
    [{ ...impression, time: '2026-01-15' }, /^invalid_time time is not/],
    [{ ...impression, type: 'later', until: 'soon' }, /^invalid_time until is not/],
    [{ ...impression, time: '2026-01-15T12:05:00.001Z' }, /^in_future /],
    [
      { ...impression, customer: { id: 'c', namespace: 'cmr' } },
      /^unknown_namespace .*did you mean "crm"/
    ],
    [{ ...impression, offerId: 'gold-crad' }, /^unknown_offer .*did you mean "gold-card"/],
    [{ ...impression, channel: 'wep' }, /^unknown_channel .*did you mean "web"/],
    [{ ...impression, token: 'abc' }, /^token_invalid /]
  ]
  for (const [event, expected] of cases) t.match(await rejectionOf(t, event), expected)
})

test('a time up to five minutes ahead is accepted', async t => {
  const { tell } = setUp(t)
  const event = { type: 'page_view', customer: { id: 'c-1001' }, time: '2026-01-15T12:05:00Z' }
  t.match(await tell([event]), { accepted: 1 })
})

test('a token of more than seven days ago is expired', async t => {
  const { tell, tokens } = setUp(t)
  const event = { type: 'click', token: tokens.first }
  t.match(await tell([event], BROWSER, NOW_MS - 60_000 + TOKEN_LIFE_MS), { accepted: 1 })
  t.match(await tell([event], BROWSER, NOW_MS - 59_999 + TOKEN_LIFE_MS), {
    rejected: [{ code: 'token_expired' }]
  })
})

test('what contradicts its token is rejected, what repeats it is accepted', async t => {
  const { tell, tokens } = setUp(t)
  const same = { customer: CUSTOMER, offerId: 'gold-card', channel: 'web', placement: 'home_hero' }
  t.match(await tell([{ type: 'click', token: tokens.first, ...same }]), { accepted: 1 })
  for (const other of [
    { customer: { id: 'c-1002' } },
    { customer: { id: 'c-1001', namespace: 'cookie' } },
    { offerId: 'travel-card' },
    { channel: 'email' },
    { placement: 'home_tile' }
  ]) {
    t.match(await tell([{ type: 'click', token: tokens.first, ...other }]), {
      accepted: 0,
      rejected: [{ code: 'token_mismatch' }]
    })
  }
})

test('a token stays good when its offer has left the strategy', async t => {
  const { tell, tokens } = setUp(t, strategy({ offers: [offer({ id: 'other' })] }))
  t.match(await tell([{ type: 'click', token: tokens.first }], BROWSER), { accepted: 1 })
})

test('a publishable key tells with tokens only, behaviour included', async t => {
  const behaviour = { type: 'page_view', customer: { id: 'c-1001' } }
  const impression = { type: 'impression', customer: { id: 'c-1001' }, offerId: 'gold-card' }
  t.match(await rejectionOf(t, behaviour, BROWSER), /^token_required /)
  t.match(await rejectionOf(t, impression, BROWSER), /^token_required /)
})

test('a key tells only about its namespaces and channels, tokens included', async t => {
  const { tell, tokens } = setUp(t)
  const cookies = caller({ namespaces: new Set(['cookie']) })
  const mails = caller({ channels: new Set(['email']) })
  const click = { type: 'click', token: tokens.first }
  const view = { type: 'page_view', customer: { id: 'c-1001' } }
  for (const [event, who] of [
    [click, cookies],
    [view, cookies],
    [click, mails],
    [{ ...view, channel: 'web' }, mails]
  ] as const) {
    t.match(await tell([event], who), { accepted: 0, rejected: [{ code: 'forbidden' }] })
  }
  t.match(await tell([{ ...view, customer: { id: 'ck', namespace: 'cookie' } }], cookies), {
    accepted: 1
  })
})

test('the right events of a list are recorded in order and the others named by their index', async t => {
  const { tell, customers, told } = setUp(t)
  const view = (id: string): object => ({ id, type: 'page_view', customer: { id: 'c-1001' } })
  const receipt = await tell([view('a'), 5, view('b'), { type: 'nonsense' }, view('c')])
  t.match(receipt, {
    accepted: 3,
    duplicates: 0,
    rejected: [
      { index: 1, code: 'invalid_event' },
      { index: 3, code: 'unknown_type' }
    ]
  })
  t.same(
    (await customers.history(CUSTOMER, 9)).map(({ id }) => id),
    ['c', 'b', 'a']
  )
  t.same(told.sort(), [
    'page_view stored',
    'page_view stored',
    'page_view stored',
    'unknown rejected',
    'unknown rejected'
  ])
})

test('the same id of the same source counts once, in one call and across calls', async t => {
  const { tell, customers } = setUp(t)
  const view = { id: 'e-1', type: 'page_view', customer: { id: 'c-1001' } }
  t.same(await tell([view, view, { ...view, source: 'other' }]), {
    accepted: 2,
    duplicates: 1,
    rejected: []
  })
  t.same(await tell([view]), { accepted: 0, duplicates: 1, rejected: [] })
  t.equal((await customers.history(CUSTOMER, 9)).length, 2)
})

test('an event for an erased customer is accepted and dropped', async t => {
  const { tell, customers } = setUp(t)
  const view = { type: 'page_view', customer: { id: 'c-1001' } }
  await tell([view])
  await customers.erase(CUSTOMER)
  t.same(await tell([view]), { accepted: 1, duplicates: 0, rejected: [] })
  t.same(await customers.history(CUSTOMER, 9), [])
})

test('an empty list is accepted and more than 1,000 events are refused', async t => {
  const { tell } = setUp(t)
  t.same(await tell([]), { accepted: 0, duplicates: 0, rejected: [] })
  await t.rejects(tell(new Array(1001).fill({})), { name: 'Refusal', code: 'invalid' })
})

test('whatever is told, nothing throws and every event is answered once', async t => {
  const { tell } = setUp(t)
  const member = fc.oneof(
    fc.jsonValue(),
    fc.constantFrom('click', 'later', 'page_view', 'crm', 'gold-card', '2026-01-01T00:00:00Z')
  )
  const customer = fc.record({ id: fc.oneof(fc.string(), fc.jsonValue()) })
  const event = fc.record(
    {
      type: fc.oneof(fc.constantFrom('click', 'later', 'page_view', 'cart_add'), member),
      customer: fc.oneof(customer, member),
      offerId: member,
      time: member,
      value: member,
      token: member,
      data: member
    },
    { requiredKeys: [] }
  )
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(event, member), { maxLength: 5 }), async events => {
      const { accepted, duplicates, rejected } = await tell(events)
      return accepted + duplicates + rejected.length === events.length
    }),
    { numRuns: 300 }
  )
  t.pass()
})
