import { test } from 'tap'
import { bucketOf } from '../../../src/policy/hash.js'
import { historyOf, NOW_MS, truthOf, valueOf, type Given } from './build.js'

const TRUE = 1
const FALSE = 0
const UNKNOWN = 2

test('a missing value makes what asks about it unknown, and has() tells', t => {
  for (const source of [
    'customer.age < 18',
    '!(customer.age < 18)',
    'customer.age == 18',
    'customer.age != 18',
    'customer.job in ["admin"]',
    'customer.name.startsWith("A")',
    'customer.name in customer.products',
    'customer.vip',
    '!customer.vip',
    'customer.vip ? true : true',
    'customer.balance + 1 > 0',
    'customer.since < now',
    'near(52.5, 13.4, 10)',
    'size(customer.name) > 0'
  ]) {
    t.equal(truthOf(source), UNKNOWN, source)
  }
  t.equal(truthOf('has(customer.age)'), FALSE)
  t.equal(truthOf('has(customer.age)', { customer: { age: 0 } }), TRUE)
  t.equal(truthOf('has(customer.vip)', { customer: { vip: false } }), TRUE)
  t.equal(truthOf('false && customer.vip'), FALSE)
  t.equal(truthOf('customer.vip && false'), FALSE)
  t.equal(truthOf('customer.vip && true'), UNKNOWN)
  t.equal(truthOf('true || customer.vip'), TRUE)
  t.equal(truthOf('customer.vip || true'), TRUE)
  t.equal(truthOf('customer.vip || false'), UNKNOWN)
  t.equal(truthOf('has(customer.age) && customer.age >= 18'), FALSE)
  t.end()
})

test('a list is never missing', t => {
  t.equal(truthOf('"gold_card" in customer.products'), FALSE)
  t.equal(truthOf('!("gold_card" in customer.products)'), TRUE)
  t.equal(valueOf('size(customer.products)'), 0)
  t.equal(truthOf('1 in customer.scores', { customer: { scores: [0.5, 1] } }), TRUE)
  t.end()
})

test('whole numbers and fractions mix, and division gives a fraction', t => {
  const given = { customer: { age: 7, balance: 100.5 } }
  t.equal(truthOf('customer.balance > 100', given), TRUE)
  t.equal(truthOf('customer.age >= 6.5', given), TRUE)
  t.equal(truthOf('customer.age == 7.0', given), TRUE)
  t.equal(valueOf('customer.age / 2', given), 3.5)
  t.equal(valueOf('customer.age % 4', given), 3)
  t.equal(valueOf('-customer.age % 4', given), -3)
  t.equal(valueOf('customer.balance * 2 - customer.age', given), 194)
  t.end()
})

test('what cannot be calculated is missing', t => {
  const given = { customer: { age: 0, balance: 1e308 } }
  t.equal(valueOf('1 / customer.age', given), undefined)
  t.equal(valueOf('1 % customer.age', given), undefined)
  t.equal(valueOf('1 / 0', given), undefined)
  t.equal(valueOf('customer.balance * 10', given), undefined)
  t.equal(valueOf('customer.rate * 2', given), undefined)
  t.equal(truthOf('1 / customer.age > 0', given), UNKNOWN)
  t.end()
})

test('texts are joined, compared and searched', t => {
  const given = { customer: { name: 'Zoë', city: 'Köln' } }
  t.equal(valueOf('customer.name + ", " + customer.city', given), 'Zoë, Köln')
  t.equal(
    truthOf(
      'customer.name.endsWith("ë") && customer.city.contains("öl") && customer.city < customer.name',
      given
    ),
    TRUE
  )
  t.equal(valueOf('size("a😀")'), 2)
  t.equal(valueOf('"a😀".size()'), 2)
  t.end()
})

test('time is compared and counted', t => {
  const given = { customer: { since: NOW_MS - 36 * 3_600_000, 'last-visit': NOW_MS } }
  t.equal(truthOf('now - customer.since > duration("1d")', given), TRUE)
  t.equal(truthOf('now - duration("1d12h") == customer.since', given), TRUE)
  t.equal(truthOf('now == timestamp("2026-03-01T11:00:00+01:00")'), TRUE)
  t.equal(truthOf('customer["last-visit"] >= now', given), TRUE)
  t.equal(valueOf('(now - customer.since).getHours()', given), 36)
  t.equal(valueOf('(customer.since - now).getMinutes()', given), -2160)
  t.end()
})

test('seen() counts in (now − window, now], of any offer, of one, or of the offer at hand', t => {
  const given: Given = {
    history: historyOf([
      { type: 'click', offer: 0, hoursAgo: 0 },
      { type: 'click', offer: 0, hoursAgo: 23 },
      { type: 'click', offer: 2, hoursAgo: 24 },
      { type: 'page_view', hoursAgo: 1 },
      { type: 'click', offer: 0, hoursAgo: -1 }
    ])
  }
  t.equal(valueOf('seen("click", "any", "24h")', given), 2)
  t.equal(valueOf('seen("click", "any", "25h")', given), 3)
  t.equal(valueOf('seen("click", "car-loan", "2d")', given), 1)
  t.equal(valueOf('seen("page_view", "any", "90m")', given), 1)
  t.same(
    [0, 1, 2].map(offer => valueOf('seen("click", "same", "2d")', given, offer)),
    [2, 0, 1]
  )
  t.end()
})

test('lastSeen() gives hours, or -1 where there is nothing', t => {
  const given = {
    history: historyOf([
      { type: 'click', offer: 1, hoursAgo: 1.5 },
      { type: 'click', offer: 0, hoursAgo: 5 }
    ])
  }
  t.equal(valueOf('lastSeen("click", "any")', given), 1.5)
  t.equal(valueOf('lastSeen("click", "gold-card")', given), 5)
  t.equal(valueOf('lastSeen("complaint", "any")', given), -1)
  t.same(
    [0, 1, 2].map(offer => valueOf('lastSeen("click", "same")', given, offer)),
    [5, 1.5, -1]
  )
  t.end()
})

test('a tag stands for what lies below it, of customers and of offers', t => {
  const given = { tags: ['finance/credit/card/gold'] }
  t.equal(truthOf('tagged("finance/credit")', given), TRUE)
  t.equal(truthOf('tagged("finance/credit/loan")', given), FALSE)
  t.equal(truthOf('tagged("mobility")'), FALSE)
  t.same(
    [0, 1, 2].map(offer => truthOf('"finance/credit/card" in offer.tags', {}, offer)),
    [TRUE, TRUE, FALSE]
  )
  t.same(
    [0, 1, 2].map(offer => truthOf('"mobility" in offer.tags', {}, offer)),
    [FALSE, FALSE, TRUE]
  )
  t.end()
})

test('an offer is asked for its id, group, value and tags', t => {
  t.same(
    [0, 1, 2].map(offer => valueOf('offer.value', {}, offer)),
    [80, 0, undefined]
  )
  t.same(
    [0, 1, 2].map(offer => truthOf('offer.value > 50', {}, offer)),
    [TRUE, FALSE, UNKNOWN]
  )
  t.same(
    [0, 1, 2].map(offer => truthOf('offer.group == "loans"', {}, offer)),
    [FALSE, FALSE, TRUE]
  )
  t.same(
    [0, 1, 2].map(offer => truthOf('offer.id in ["car-loan", "gold-card"]', {}, offer)),
    [TRUE, FALSE, TRUE]
  )
  t.same(
    [0, 1, 2].map(offer => valueOf('size(offer.tags)', {}, offer)),
    [1, 1, 2]
  )
  t.end()
})

test('near() measures the great circle from context.lat and context.lon', t => {
  // Berlin to Hamburg city centres: 255.3 km.
  const berlin = { context: { lat: 52.52, lon: 13.405 } }
  t.equal(truthOf('near(53.5511, 9.9937, 256)', berlin), TRUE)
  t.equal(truthOf('near(53.5511, 9.9937, 255)', berlin), FALSE)
  t.equal(truthOf('near(-52.52, -166.595, 20016)', berlin), TRUE)
  t.equal(truthOf('near(53.5511, 9.9937, customer.rate)', berlin), UNKNOWN)
  t.equal(truthOf('near(53.5511, 9.9937, 256)', { context: { lat: 52.52 } }), UNKNOWN)
  t.end()
})

test('bucket() is the hash of salt and customer as a share of one', t => {
  t.equal(valueOf('bucket("h1")', { subject: 'crm/c-1001' }), 794593804 / 2 ** 32)
  t.equal(valueOf('bucket("e1")', { subject: 'crm/客户' }), 3173588425 / 2 ** 32)
  const share = bucketOf('h1:crm/c-1001') / 10_000
  t.equal(truthOf(`bucket("h1") >= ${share} && bucket("h1") < ${share + 0.0001}`), TRUE)
  t.end()
})

test('? : takes its side only when the question is answered', t => {
  t.equal(valueOf('context.device == "mobile" ? 1.0 : 0.0', { context: { device: 'mobile' } }), 1)
  t.equal(valueOf('context.device == "mobile" ? 1.0 : 0.0', { context: { device: 'tablet' } }), 0)
  t.equal(valueOf('context.device == "mobile" ? 1.0 : 0.0'), undefined)
  t.equal(valueOf('has(customer.name) ? customer.name : "nobody"'), 'nobody')
  t.end()
})

test('a model may take numbers, texts and truths', t => {
  const given = { customer: { age: 40, job: 'admin', vip: false } }
  t.equal(valueOf('customer.age', given), 40)
  t.equal(valueOf('customer.job', given), 'admin')
  t.equal(valueOf('customer.vip', given), false)
  t.equal(valueOf('customer.age > 39', given), true)
  t.equal(valueOf('customer.balance', given), undefined)
  t.equal(valueOf('customer.balance > 0', given), undefined)
  t.end()
})
