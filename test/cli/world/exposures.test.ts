import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import { exposures } from '../../../src/cli/world/exposures.js'
import { createWorld } from '../../../src/cli/world/world.js'
import { compileStrategy } from '../../../src/policy/compile.js'

const rulesDir = join(import.meta.dirname, '../../../rules')
const files = readdirSync(rulesDir, { recursive: true, encoding: 'utf8' })
  .filter(name => name.endsWith('.yaml'))
  .sort()
  .map(name => ({ path: name, text: readFileSync(join(rulesDir, name), 'utf8') }))
const { strategy } = compileStrategy(files)
if (strategy === undefined) throw new Error('rules/ does not compile')

const world = createWorld(7)
const options = {
  group: 'cards',
  customers: [0, 3000],
  nowMs: Date.UTC(2026, 2, 1),
  seed: 1
} as const
const past = [...exposures(world, strategy, options)]

test('the past repeats itself for the same seed', async t => {
  const told = (seed: number) =>
    [...exposures(world, strategy, { ...options, customers: [0, 200], seed })].map(
      ({ customer, offer, answered, moment }) => [customer.id, offer.id, answered, moment]
    )
  t.same(told(1), told(1))
  t.notSame(told(1), told(2))
})

test('only offers of the group that consent and policies allow are shown, once a customer', async t => {
  t.ok(past.length > 1000)
  t.equal(new Set(past.map(({ customer }) => customer.id)).size, past.length)
  for (const { customer, offer } of past) {
    const { attributes, consent } = customer
    if (offer.group !== 'cards' || !consent.marketing.granted)
      t.fail(`${customer.id} saw ${offer.id}`)
    if (attributes.payment_default || attributes.vulnerable)
      t.fail(`${customer.id} was asked at all`)
    if (attributes.products.includes(offer.id.replace('-', '_')))
      t.fail(`${customer.id} owns ${offer.id}`)
  }
})

test('answers come as often as the truth says', async t => {
  const expected = past.reduce(
    (sum, { customer, offer, moment }) =>
      sum + world.trueResponse(customer, offer.id, moment.channel, moment.context),
    0
  )
  const answered = past.reduce((sum, exposure) => sum + exposure.answered, 0)
  t.ok(
    Math.abs(answered - expected) < 4 * Math.sqrt(expected),
    `${answered} answers where ${expected.toFixed(0)} are expected`
  )
})
