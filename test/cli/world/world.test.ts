import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import { type WorldCustomer, toImportLine } from '../../../src/cli/world/customer.js'
import { OFFERS } from '../../../src/cli/world/truth-table.js'
import { createWorld } from '../../../src/cli/world/world.js'
import { auc } from '../../../src/learning/metrics.js'
import { createRandom } from '../../../src/learning/random.js'
import { compileStrategy } from '../../../src/policy/compile.js'

const rulesDir = join(import.meta.dirname, '../../../rules')
const files = readdirSync(rulesDir, { recursive: true, encoding: 'utf8' })
  .filter(name => name.endsWith('.yaml'))
  .sort()
  .map(name => ({ path: name, text: readFileSync(join(rulesDir, name), 'utf8') }))
const { strategy } = compileStrategy(files)
if (strategy === undefined) throw new Error('rules/ does not compile')

const world = createWorld(7)
const customers = [...world.customers(2000)]

function share(holds: (customer: WorldCustomer) => boolean): number {
  return customers.filter(holds).length / customers.length
}

test('the same seed makes the same customers and the same truth on every machine', async t => {
  const hash = createHash('sha256')
  for (const customer of createWorld(7).customers(500)) {
    hash.update(toImportLine(customer))
    hash.update(JSON.stringify(customer.events))
    for (const offer of Object.keys(OFFERS))
      hash.update(String(world.trueResponse(customer, offer, 'web')))
  }
  t.equal(hash.digest('hex'), 'a705fd5d300b3fce6fe840d87b1ba9651467b34c091a044be4c51cbaa53f5243')
})

test('another seed makes other customers', async t => {
  t.not(toImportLine(createWorld(8).customer(0)), toImportLine(world.customer(0)))
})

test('customers are c-1001 and on, and a number gives the same one as the stream', async t => {
  t.equal(customers[0]!.id, 'c-1001')
  t.equal(customers.at(-1)!.id, 'c-3000')
  t.same(world.customer(1234), customers[1234])
})

test('a world of a million is made as it is asked for', async t => {
  const stream = world.customers(1_000_000)
  t.same(stream.next().value, customers[0])
  t.equal(world.customer(999_999).id, 'c-1001000')
})

test('an import line holds what the import takes and nothing hidden', async t => {
  const line: unknown = JSON.parse(toImportLine(customers[0]!))
  t.same(Object.keys(line as object), ['namespace', 'id', 'attributes', 'tags', 'consent'])
  t.notOk(toImportLine(customers[0]!).includes('\n'))
})

test('the strategy knows every attribute, value, tag, purpose and event of the world', async t => {
  const declared = new Map(strategy.attributes.map(one => [one.name, one]))
  for (const { attributes, tags, consent, events } of customers) {
    for (const [name, value] of Object.entries(attributes)) {
      const { type, values } = declared.get(name) ?? {}
      if (value === undefined) continue
      if (type === 'integer' && !Number.isInteger(value)) t.fail(`${name} is ${value}`)
      if (type === undefined || (values !== undefined && !values.includes(String(value))))
        t.fail(`${name}: ${value}`)
    }
    for (const tag of tags) if (!strategy.tagPaths.has(tag)) t.fail(tag)
    for (const { type } of events) if (!strategy.behaviourTypes.has(type)) t.fail(type)
    if (Object.keys(consent).some(purpose => !strategy.purposes.includes(purpose)))
      t.fail('purpose')
  }
  t.same([...declared.keys()].sort(), Object.keys(customers[0]!.attributes).sort())
})

test('every offer that competes has a truth, and no other', async t => {
  const competing = strategy.offers.filter(offer => !offer.fallbackOnly).map(offer => offer.id)
  t.same(Object.keys(OFFERS).sort(), competing.sort())
  for (const offer of strategy.offers) {
    if (!offer.fallbackOnly) t.equal(OFFERS[offer.id]!.group, offer.group, offer.id)
  }
  t.throws(() => world.trueResponse(customers[0]!, 'no-such-offer', 'web'), /truth-table/)
})

test('the customers look like those of a bank', async t => {
  const between = (low: number, high: number, value: number, what: string): void => {
    t.ok(value >= low && value <= high, `${what}: ${value}`)
  }
  between(
    0.05,
    0.3,
    share(({ attributes }) => attributes.age < 28),
    'under 28'
  )
  between(
    0.1,
    0.25,
    share(({ attributes }) => attributes.job === 'retired'),
    'retired'
  )
  between(
    0.65,
    0.8,
    share(({ consent }) => consent.marketing.granted),
    'consent to marketing'
  )
  between(
    0.03,
    0.1,
    share(({ attributes: a }) => a.overdraft_days > 20 || a.payment_default),
    'under strain'
  )
  between(
    0.02,
    0.08,
    share(({ attributes }) => attributes.balance >= 50_000),
    'affluent'
  )
  between(
    0.05,
    0.4,
    share(({ attributes }) => attributes.income === undefined),
    'income not known'
  )
  const adults = customers.every(({ attributes }) => attributes.age >= 18 && attributes.age <= 92)
  t.ok(adults && customers.every(({ attributes: a }) => a.tenure_months <= (a.age - 16) * 12))
})

test('attributes hang together', async t => {
  const scored = (
    score: (c: WorldCustomer) => number,
    holds: (c: WorldCustomer) => boolean
  ): number =>
    auc(
      customers.map(score),
      customers.map(c => (holds(c) ? 1 : 0))
    )
  t.ok(
    scored(
      c => c.hidden.income,
      c => c.attributes.job === 'management'
    ) > 0.8
  )
  t.ok(
    scored(
      c => -c.attributes.age,
      c => c.attributes.job === 'student'
    ) > 0.95
  )
  t.ok(
    scored(
      c => c.attributes.age,
      c => c.attributes.homeowner
    ) > 0.6
  )
  t.ok(
    scored(
      c => c.attributes.digital_days,
      c => c.attributes.app_installed
    ) > 0.6
  )
  t.ok(
    customers.every(
      ({ attributes: a }) => (a.fixed_rate_months !== undefined) === a.products.includes('mortgage')
    )
  )
})

test('answers are probabilities that depend on the customer, the offer, the channel and the moment', async t => {
  const chances = customers.map(customer => world.trueResponse(customer, 'gold-card', 'web'))
  t.ok(chances.every(p => p > 0 && p < 1))
  t.ok(Math.max(...chances) > 5 * Math.min(...chances))
  const [customer] = customers
  const asked = (offer: string, channel: string, context?: Record<string, unknown>) =>
    world.trueResponse(customer!, offer, channel, context)
  t.not(asked('gold-card', 'web'), asked('classic-card', 'web'))
  t.ok(asked('gold-card', 'branch') > asked('gold-card', 'email'))
  t.ok(asked('gold-card', 'web', { intent: 'card' }) > asked('gold-card', 'web'))
  t.ok(asked('gold-card', 'web', { call_reason: 'complaint' }) < asked('gold-card', 'web'))
})

test('two traits together mean more than their sum', async t => {
  // Young and online: the pair of the classic card.
  const base = customers.find(({ attributes }) => attributes.products.includes('current_account'))!
  const logOdds = (age: number, digitalDays: number): number => {
    const customer = { ...base, attributes: { ...base.attributes, age, digital_days: digitalDays } }
    const p = world.trueResponse(customer, 'classic-card', 'web')
    return Math.log(p / (1 - p))
  }
  t.ok(logOdds(20, 30) - logOdds(20, 0) > logOdds(60, 30) - logOdds(60, 0) + 0.3)
})

test('no answer depends on a protected or personal attribute', async t => {
  for (const customer of customers.slice(0, 200)) {
    const other = {
      ...customer,
      attributes: { ...customer.attributes, gender: 'diverse' as const, phone: '', email: '' }
    }
    for (const offer of Object.keys(OFFERS)) {
      if (world.trueResponse(other, offer, 'app') !== world.trueResponse(customer, offer, 'app'))
        t.fail(offer)
    }
  }
  t.pass()
})

test('streams of customers do not repeat each other', async t => {
  t.equal(
    new Set(
      customers.map(
        ({ attributes, hidden }) => `${attributes.age} ${hidden.openness} ${hidden.thrift}`
      )
    ).size,
    customers.length
  )
  t.not(createRandom(7, 0).uniform(), createRandom(7, 1).uniform())
})
