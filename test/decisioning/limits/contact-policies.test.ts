import fc from 'fast-check'
import { test } from 'tap'
import {
  strictlySuppressed,
  suppressions,
  type Contacts
} from '../../../src/decisioning/limits/contact-policies.js'
import { contactStanding, scopeNumber } from '../../../src/decisioning/limits/contact-standing.js'
import { compileStrategy } from '../../../src/policy/compile.js'
import { parseDuration } from '../../../src/policy/duration.js'
import type { ContactPolicy, Strategy } from '../../../src/policy/strategy.js'
import { historyOf, reservationOf, type Told } from '../../helpers/contacts.js'
import { holds } from '../../helpers/holds.js'
import { offerYaml, rulesWith } from '../../helpers/rules.js'

const NOW_MS = Date.UTC(2026, 2, 30, 10)
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

const OFFERS = ['gold', 'silver', 'car', 'house', 'shares']
const CHANNELS = ['web', 'call_center']

function strategyWith(policies: readonly object[]): Strategy {
  const text = rulesWith({
    offers: [
      offerYaml('gold'),
      offerYaml('silver'),
      offerYaml('car', { group: 'loans' }),
      offerYaml('house', { group: 'loans' }),
      offerYaml('shares', { group: 'funds' })
    ].join('\n'),
    groups:
      '  cards: {issue: grow}\n  loans: {issue: grow}\n  funds: {issue: keep}\n  service: {issue: keep}',
    rest: `contactPolicies: ${JSON.stringify(policies)}`
  }).replace('issues: {grow: {lever: 0}}', 'issues: {grow: {lever: 0}, keep: {lever: 0}}')
  const { strategy, problems } = compileStrategy([{ path: 'rules/small.yaml', text }])
  if (strategy === undefined) throw new Error(JSON.stringify(problems))
  return strategy
}

/** The offers that are suppressed, by name, each with the policy that does it. */
function suppressed(
  strategy: Strategy,
  customer: Contacts,
  { nowMs = NOW_MS, channel = 'web', live = false } = {}
): Record<string, string> {
  const moment = { nowMs, live, channel: strategy.channels[strategy.channelIndex.get(channel)!]! }
  const { causeOf } = suppressions(strategy, moment, customer)
  const found: Record<string, string> = {}
  for (const { id, index } of strategy.offers) {
    const cause = causeOf(index)
    if (cause >= 0) found[id] = strategy.contactPolicies[cause]?.id ?? 'later'
  }
  return found
}

function customerOf(strategy: Strategy, told: readonly Told[]): Contacts {
  return { history: historyOf(strategy, told), reserved: [] }
}

const TIRED = { id: 'tired', counts: ['impression'], scope: 'offer', limit: 3, window: '7d' }
const REJECTED = {
  id: 'rejected',
  counts: ['reject'],
  scope: 'group',
  limit: 2,
  window: '30d',
  suppressFor: '60d'
}

function shown(offer: string, ...daysAgo: readonly number[]): Told[] {
  return daysAgo.map(days => ({
    type: 'impression',
    offer,
    channel: 'web',
    atMs: NOW_MS - days * DAY_MS
  }))
}

test('an offer shown as often as the limit is suppressed until the oldest leaves the window', async t => {
  const strategy = strategyWith([TIRED])
  const customer = customerOf(strategy, shown('gold', 6.5, 3, 1))
  t.same(suppressed(strategy, customer), { gold: 'tired' })
  const freeMs = NOW_MS + 0.5 * DAY_MS
  t.same(suppressed(strategy, customer, { nowMs: freeMs - 1 }), { gold: 'tired' })
  t.same(suppressed(strategy, customer, { nowMs: freeMs }), {})
})

test('rejections suppress their group for as long as the policy says, and are spent with that', async t => {
  const strategy = strategyWith([REJECTED])
  const rejections = [40, 2].map(days => ({
    type: 'reject',
    offer: days === 40 ? 'gold' : 'silver',
    atMs: NOW_MS - days * DAY_MS
  }))
  t.same(suppressed(strategy, customerOf(strategy, rejections)), {})
  const third = { type: 'reject', offer: 'gold', atMs: NOW_MS - DAY_MS }
  const customer = customerOf(strategy, [...rejections, third])
  t.same(suppressed(strategy, customer), { gold: 'rejected', silver: 'rejected' })
  const overMs = third.atMs + 60 * DAY_MS
  t.same(Object.keys(suppressed(strategy, customer, { nowMs: overMs - 1 })), ['gold', 'silver'])
  t.same(suppressed(strategy, customer, { nowMs: overMs }), {})
  const during = [1, 2, 3].map(days => ({ ...third, atMs: third.atMs + days * DAY_MS }))
  const more = customerOf(strategy, [...rejections, third, ...during])
  t.same(
    suppressed(strategy, more, { nowMs: overMs }),
    {},
    'what happens meanwhile counts for nothing'
  )
})

test('a policy of some channels counts and holds in these alone', async t => {
  const strategy = strategyWith([{ ...TIRED, channels: ['web'], limit: 1 }])
  const onPhone = shown('gold', 1).map(event => ({ ...event, channel: 'call_center' }))
  t.same(suppressed(strategy, customerOf(strategy, onPhone)), {})
  const onWeb = customerOf(strategy, shown('gold', 1))
  t.same(suppressed(strategy, onWeb), { gold: 'tired' })
  t.same(suppressed(strategy, onWeb, { channel: 'call_center' }), {})
})

test('an offer that the strategy no longer has counts for the limit over all offers', async t => {
  const strategy = strategyWith([{ ...TIRED, scope: 'all', limit: 2 }])
  const customer = customerOf(strategy, shown('gone', 1, 2))
  t.same(Object.values(suppressed(strategy, customer)).length, strategy.offers.length)
})

test('`later` holds an offer back until the latest time that was named, without any policy', async t => {
  const strategy = strategyWith([])
  const later = (untilDays: number) => ({
    type: 'later',
    offer: 'car',
    atMs: NOW_MS - DAY_MS,
    untilMs: NOW_MS + untilDays * DAY_MS
  })
  const customer = customerOf(strategy, [later(5), later(2), later(-0.5)])
  t.same(suppressed(strategy, customer), { car: 'later' })
  t.same(suppressed(strategy, customer, { nowMs: NOW_MS + 5 * DAY_MS }), {})
})

test('an open reservation counts for strict policies until it lapses', async t => {
  const strategy = strategyWith([
    { ...TIRED, limit: 2, strict: true },
    { ...TIRED, id: 'lax', limit: 2, scope: 'group' }
  ])
  const gold = strategy.offerIndex.get('gold')!
  const history = historyOf(strategy, shown('gold', 1))
  const promise = (untilMs: number) =>
    reservationOf(strategy, { type: 'impression', offer: 'gold', atMs: NOW_MS, untilMs })
  const moment = { nowMs: NOW_MS, live: true, channel: strategy.channels[0]! }
  const open = { history, reserved: [promise(NOW_MS + 1)] }
  t.same(strictlySuppressed(strategy, moment, open, [gold]), [gold])
  t.same(suppressed(strategy, open), { gold: 'tired' })
  const lapsed = { history, reserved: [promise(NOW_MS)] }
  t.same(strictlySuppressed(strategy, moment, lapsed, [gold]), [])
})

test('what another process did between this decision’s moment and its load counts for strict policies', async t => {
  const strategy = strategyWith([{ ...TIRED, limit: 1, strict: true }])
  const ahead = shown('gold', -1 / DAY_MS)
  t.same(suppressed(strategy, customerOf(strategy, ahead), { live: true }), { gold: 'tired' })
  t.same(suppressed(strategy, customerOf(strategy, ahead)), {})
  const promised = reservationOf(strategy, {
    type: 'impression',
    offer: 'gold',
    atMs: NOW_MS + 5,
    untilMs: NOW_MS + HOUR_MS
  })
  t.same(suppressed(strategy, { history: historyOf(strategy, []), reserved: [promised] }), {
    gold: 'tired'
  })
})

test('hours that the list no longer holds count as a whole where the window begins in them', async t => {
  const strategy = strategyWith([{ ...TIRED, limit: 3 }])
  const [impression] = strategy.contactPolicies[0]!.countedTypes.map(type =>
    strategy.lexicon.types.indexOf(type)
  )
  const sinceMs = NOW_MS - 7 * DAY_MS
  const hour = (startMs: number) => ({ startMs, type: impression!, offer: 0, count: 2 })
  const gold = strategy.offers[0]!.id
  const at = (startMs: number): Contacts => ({
    history: historyOf(
      strategy,
      [{ type: 'impression', offer: gold, atMs: NOW_MS }],
      [hour(startMs)]
    ),
    reserved: []
  })
  t.same(suppressed(strategy, at(sinceMs - HOUR_MS + 2)), { [gold]: 'tired' })
  t.same(suppressed(strategy, at(sinceMs - HOUR_MS + 1)), {})
})

/** Random policies and histories. Times lie on half hours, so that events often fall on the edges of windows. */
const policy = fc.record(
  {
    counts: fc.uniqueArray(fc.constantFrom('impression', 'click', 'reject'), { minLength: 1 }),
    scope: fc.constantFrom('offer', 'group', 'issue', 'all'),
    limit: fc.integer({ min: 1, max: 4 }),
    window: fc.constantFrom('1h', '3h', '1d', '3d', '7d', 'day', 'week', 'month'),
    suppressFor: fc.constantFrom('1h', '5h', '2d', '6d'),
    channels: fc.constantFrom(['web'], ['call_center'], ['web', 'call_center']),
    strict: fc.boolean()
  },
  { requiredKeys: ['counts', 'scope', 'limit', 'window'] }
)
const told: fc.Arbitrary<Told> = fc.record({
  type: fc.constantFrom('impression', 'impression', 'click', 'reject', 'page_view'),
  offer: fc.constantFrom(...OFFERS, 'gone'),
  channel: fc.constantFrom(...CHANNELS),
  atMs: fc
    .oneof(fc.integer({ min: -4, max: 14 }), fc.integer({ min: -20, max: 480 }))
    .map(half => NOW_MS - (half * HOUR_MS) / 2)
})
const reservation = fc.record({
  type: fc.constantFrom('impression', 'click'),
  offer: fc.constantFrom(...OFFERS),
  channel: fc.constantFrom(...CHANNELS),
  atMs: fc.integer({ min: -1, max: 40 }).map(half => NOW_MS - (half * HOUR_MS) / 2),
  untilMs: fc.integer({ min: -2, max: 2 }).map(hours => NOW_MS + hours * HOUR_MS)
})
/** Compiling takes milliseconds, so that many histories share some strategies. */
const RULES = fc
  .sample(fc.array(policy, { minLength: 1, maxLength: 4 }), { numRuns: 120, seed: 4711 })
  .map(policies => ({
    policies,
    strategy: strategyWith(policies.map((rule, i) => ({ ...rule, id: `p${i}` })))
  }))
const hour = fc.record({
  type: fc.constantFrom('impression', 'click'),
  offer: fc.constantFrom(...OFFERS, 'gone'),
  hoursAgo: fc.integer({ min: 0, max: 200 }),
  count: fc.integer({ min: 1, max: 2 })
})
const cases = fc.record({
  rules: fc.nat(RULES.length - 1),
  events: fc.array(told, { maxLength: 40 }),
  reserved: fc.array(reservation, { maxLength: 2 }),
  hours: fc.array(hour, { maxLength: 3 }),
  channel: fc.constantFrom(...CHANNELS),
  live: fc.boolean()
})

type Case = typeof cases extends fc.Arbitrary<infer C> ? C : never

/** Whether a policy suppresses an offer, told from names alone, one event after the other. */
function naive(
  { rules, events, reserved, hours, channel, live }: Case,
  number: number,
  offer: string,
  window: ContactPolicy['window']
): boolean {
  const rule = RULES[rules]!.policies[number]!
  const { channels, strict = false }: { channels?: readonly string[]; strict?: boolean } = rule
  const counts: readonly string[] = rule.counts
  if (channels !== undefined && !channels.includes(channel)) return false
  const isSame = (other: string) =>
    rule.scope === 'all' || isOf(rule.scope, other) === isOf(rule.scope, offer)
  const open = strict ? reserved.filter(({ untilMs }) => untilMs > NOW_MS) : []
  const seen = [
    ...events.filter(({ atMs }) => atMs <= NOW_MS || (strict && live)),
    ...open.map(promise => ({ ...promise, atMs: Math.min(promise.atMs, NOW_MS) }))
  ]
    .filter(event => counts.includes(event.type))
    .filter(event => channels === undefined || channels.includes(event.channel ?? ''))
    .filter(event => isSame(event.offer ?? ''))
    .sort((a, b) => a.atMs - b.atMs)
    .map(({ atMs }) => atMs)
  if (rule.suppressFor === undefined) {
    const sinceMs = window.startMs(NOW_MS)
    const inHours = hours
      .filter(({ type, offer: of }) => counts.includes(type) && isSame(of))
      .filter(({ hoursAgo }) => NOW_MS - hoursAgo * HOUR_MS + HOUR_MS - 1 > sinceMs)
      .reduce((sum, { count }) => sum + (channels === undefined ? count : 0), 0)
    return seen.filter(atMs => atMs > sinceMs).length + inHours >= rule.limit
  }
  const lengthMs = parseDuration(rule.suppressFor)!
  let closedUntilMs = -Infinity
  let spentUpTo = 0
  seen.forEach((atMs, i) => {
    if (atMs < closedUntilMs) {
      spentUpTo = i + 1
      return
    }
    const unspent = seen.slice(spentUpTo, i + 1).filter(earlier => earlier > window.startMs(atMs))
    if (unspent.length < rule.limit) return
    closedUntilMs = atMs + lengthMs
    spentUpTo = i + 1
  })
  return NOW_MS < closedUntilMs
}

const PARENTS: Record<string, readonly [group: string, issue: string]> = {
  gold: ['cards', 'grow'],
  silver: ['cards', 'grow'],
  car: ['loans', 'grow'],
  house: ['loans', 'grow'],
  shares: ['funds', 'keep']
}

function isOf(scope: string, offer: string): string {
  const [group, issue] = PARENTS[offer] ?? [`none of ${offer}`, `none of ${offer}`]
  return scope === 'offer' ? offer : scope === 'group' ? group : issue
}

test('policies suppress what a naive fold over any history suppresses, in any order of arrival', async t => {
  holds(
    t,
    fc.property(cases, given => {
      const { strategy } = RULES[given.rules]!
      const customer = {
        history: historyOf(
          strategy,
          given.events,
          given.hours.map(({ type, offer, hoursAgo, count }) => ({
            startMs: NOW_MS - hoursAgo * HOUR_MS,
            type: strategy.lexicon.types.indexOf(type),
            offer: strategy.offerIndex.get(offer) ?? -1,
            count
          }))
        ),
        reserved: given.reserved.map(one => reservationOf(strategy, one))
      }
      const found = suppressed(strategy, customer, given)
      const moment = { nowMs: NOW_MS, live: given.live }
      return OFFERS.every(offer => {
        const index = strategy.offerIndex.get(offer)!
        const first = strategy.contactPolicies.find(({ window }, i) =>
          naive(given, i, offer, window)
        )
        const agreed = strategy.contactPolicies.every((rule, i) => {
          const scope = scopeNumber(strategy, rule, index)
          const { suppressedUntilMs } = contactStanding(strategy, rule, scope, customer, moment)
          const enforced = rule.channels?.[strategy.channelIndex.get(given.channel)!] !== 0
          return !enforced || suppressedUntilMs > NOW_MS === naive(given, i, offer, rule.window)
        })
        return found[offer] === first?.id && agreed
      })
    }),
    3000
  )
})

test('an open scope stays open, and a suppressed one frees at the time that is told', async t => {
  holds(
    t,
    fc.property(cases, given => {
      const { strategy } = RULES[given.rules]!
      const past = given.events.filter(({ atMs }) => atMs <= NOW_MS)
      const customer = customerOf(strategy, past)
      return strategy.contactPolicies.every(rule =>
        OFFERS.every(offer => {
          const scope = scopeNumber(strategy, rule, strategy.offerIndex.get(offer)!)
          const at = (nowMs: number) =>
            contactStanding(strategy, rule, scope, customer, { nowMs, live: false })
          const { suppressedUntilMs } = at(NOW_MS)
          if (suppressedUntilMs === -Infinity)
            return at(NOW_MS + HOUR_MS).suppressedUntilMs === -Infinity
          return (
            at(suppressedUntilMs - 1).suppressedUntilMs === suppressedUntilMs &&
            at(suppressedUntilMs).suppressedUntilMs === -Infinity
          )
        })
      )
    }),
    1000
  )
})
