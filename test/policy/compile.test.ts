import { test } from 'tap'
import { compileStrategy } from '../../src/policy/compile.js'
import type { Facts } from '../../src/policy/facts.js'
import { History } from '../../src/domain/history.js'
import { BANK, bankWith, compileText, problemsOf, strategyOf } from './strategy-fixture.js'

const day = (text: string): number => Date.parse(text)

test('a strategy that says everything compiles without a problem', async t => {
  t.same(problemsOf(BANK), [])
})

test('names keep the order of the files', async t => {
  const strategy = strategyOf(BANK)
  t.same(
    strategy.offers.map(({ id, index }) => [id, index]),
    [
      ['gold-card', 0],
      ['car-loan', 1],
      ['welcome', 2],
      ['thank-you', 3]
    ]
  )
  t.same(strategy.groups, ['cards', 'loans', 'service'])
  t.same(strategy.issues, ['grow', 'retain'])
  t.same(
    [...strategy.placementIndex],
    [
      ['home_hero', 0],
      ['home_tile', 1],
      ['agent', 2]
    ]
  )
  t.same(
    [...strategy.channelIndex],
    [
      ['web', 0],
      ['call_center', 1]
    ]
  )
  t.same(
    [...strategy.attributeIndex.keys()],
    ['age', 'balance', 'job', 'products', 'since', 'gender', 'phone']
  )
  t.same(strategy.offers[0], {
    ...strategy.offers[0],
    groupIndex: 0,
    issueIndex: 0,
    group: 'cards',
    issue: 'grow'
  })
})

test('the lexicon lists interaction types before behaviour types', async t => {
  const { lexicon } = strategyOf(BANK)
  t.same(lexicon.types, [
    'decision',
    'impression',
    'click',
    'accept',
    'reject',
    'later',
    'ignore',
    'convert',
    'page_view',
    'cart_add',
    'complaint'
  ])
  t.same(lexicon.offers, ['gold-card', 'car-loan', 'welcome', 'thank-you'])
  t.same(lexicon.purposes, ['marketing', 'personalisation'])
  t.equal(lexicon.retentionMs.cookie, 30 * 86_400_000)
})

test('what the file leaves out has its default', async t => {
  const strategy = strategyOf(BANK)
  const [, loan, welcome] = strategy.offers
  t.match(loan, {
    name: 'car-loan',
    mandatory: false,
    fallbackOnly: false,
    prior: 0.5,
    model: undefined,
    positive: 'accept',
    fromMs: -Infinity,
    untilMs: Infinity
  })
  t.equal(welcome?.value, 1)
  t.equal(strategy.positiveWindowMs, 7 * 86_400_000)
  t.match(strategy.placements[0], { count: 1, multiplier: 1.5 })
  t.match(strategy.placements[1], { count: 3, multiplier: 1 })
  t.same(
    strategy.channels.map(({ activate }) => activate),
    ['on_impression', 'on_decision']
  )
  t.same(
    strategy.attributes.map(declared => declared.default),
    [undefined, 0, 'admin', [], day('2019-12-31T23:00:00Z'), undefined, undefined]
  )
})

test('a strategy needs only its eight keys', async t => {
  const strategy = strategyOf(`strategy: small
currency: EUR
namespaces: [crm]
channels: {web: {}}
placements: {hero: {channel: web, fallback: hello}}
issues: {grow: {}}
groups: {cards: {issue: grow}}
offers: {hello: {group: cards, fallbackOnly: true, treatments: {any: {placements: [hero]}}}}
`)
  t.match(strategy, {
    timeZone: 'UTC',
    formula: undefined,
    groupLimit: Infinity,
    holdout: undefined,
    control: undefined,
    modelNames: [],
    examples: []
  })
})

test('levers add up to one factor that is exact for whole numbers', async t => {
  t.same(
    strategyOf(BANK).offers.map(({ leverFactor }) => leverFactor),
    [1.15, 1, 1.2, 1.2]
  )
  t.equal(strategyOf(bankWith('lever: 5', 'lever: -300')).offers[0]?.leverFactor, 0)
})

test('an offer inherits the policies of its issue and group, stage by stage', async t => {
  const [gold, loan] = strategyOf(BANK).offers
  t.same(
    gold?.rules.map(({ stage, owner, condition }) => [stage, owner, condition.source]),
    [
      ['eligibility', 'cards', 'customer.age >= 18'],
      ['eligibility', 'gold-card', 'customer.balance > 0'],
      ['applicability', 'gold-card', '!("gold_card" in customer.products)'],
      ['suitability', 'grow', 'seen("complaint", "any", "30d") == 0'],
      ['suitability', 'gold-card', 'context.device == "mobile"']
    ]
  )
  t.same(
    loan?.rules.map(({ stage, owner }) => [stage, owner]),
    [['suitability', 'grow']]
  )
})

test('dates are days of the time zone, instants are instants', async t => {
  const [gold] = strategyOf(BANK).offers
  t.equal(gold?.fromMs, day('2025-12-31T23:00:00Z'))
  t.equal(gold?.untilMs, day('2026-12-31T23:00:00Z'))
  const [other] = strategyOf(bankWith('from: 2026-01-01', 'from: 2026-07-01T12:00:00+02:00')).offers
  t.equal(other?.fromMs, day('2026-07-01T10:00:00Z'))
})

test('a placement holds the treatments shown there, and as candidates the offers that may compete', async t => {
  const [hero, tile, agent] = strategyOf(BANK).placements
  t.same(
    hero?.treatments.map(treatment => treatment?.id),
    ['gold-card.web.hero', undefined, 'welcome.web.any', undefined]
  )
  t.same([...hero!.candidates], [0])
  t.same([...tile!.candidates], [0, 1])
  t.same([...agent!.candidates], [0])
  t.same([hero?.fallback, tile?.fallback, agent?.fallback], [2, 2, 3])
  t.same([hero?.channel, agent?.channel], [0, 1])
})

test('an offer whose group is not allowed in a placement is no candidate there', async t => {
  const [hero] = strategyOf(bankWith('groups: [cards, loans]', 'groups: [loans]')).placements
  t.same([...hero!.candidates], [])
})

test('content and labels are JSON texts, languages in lower case', async t => {
  const [hero, tile, agent] = strategyOf(BANK).placements
  const gold = hero?.treatments[0]
  t.equal(gold?.contentJson.get(''), '{"headline":"Gold for you","image":"/img/gold.png"}')
  t.equal(gold?.contentJson.get('de-at'), '{"headline":"Gold für Sie"}')
  t.equal(gold?.labelsJson, '{}')
  t.equal(tile?.treatments[1]?.contentJson.get(''), '[1,null,true]')
  t.equal(agent?.treatments[0]?.labelsJson, '{"accept":"Send the card","decline":"Not now"}')
  t.equal(agent?.treatments[3]?.contentJson.get(''), '{}')
})

test('the first of two treatments for one placement is shown, and the other is told', async t => {
  const text = bankWith(
    'placements: [agent]\n        content',
    'placements: [agent, home_hero]\n        content'
  )
  t.equal(strategyOf(text).placements[0]?.treatments[0]?.id, 'gold-card.web.hero')
  t.same(problemsOf(text), [
    'rules/bank.yaml:67:29: warning: the offer gold-card has gold-card.web.hero in home_hero already, so that gold-card.web.agent is never shown there'
  ])
})

test('a value is a number or an expression', async t => {
  const { offers, program } = strategyOf(BANK)
  t.equal(offers[0]?.value, 80)
  const value = offers[1]?.value
  if (typeof value !== 'object') return t.fail('the value of car-loan is no expression')
  const facts = factsWith({
    attributes: [40, 200],
    tests: program.testCount,
    calls: program.callCount
  })
  program.run(facts)
  t.equal(value.value(facts, 1), 2)
})

test('context weights name the offers that they are for', async t => {
  t.same(
    strategyOf(BANK).contextWeights.map(({ target, weight, offers }) => [
      target,
      weight,
      [...offers]
    ]),
    [
      ['group loans', 50, [1]],
      ['offer gold-card', -20, [0]],
      ['issue retain', 10, [2, 3]]
    ]
  )
})

test('shares become bucket limits', async t => {
  const { holdout, control } = strategyOf(BANK)
  t.same(
    [holdout, control],
    [
      { salt: 'h1', limit: 200 },
      { salt: 'c1', limit: 500 }
    ]
  )
})

test('the taxonomy holds inner paths too', async t => {
  t.same(
    [...strategyOf(BANK).tagPaths],
    [
      'finance',
      'finance/credit',
      'finance/credit/card',
      'finance/credit/card/gold',
      'finance/credit/card/travel',
      'finance/credit/loan',
      'finance/credit/loan/car',
      'finance/saving'
    ]
  )
})

test('an example is kept with its given and its expectation', async t => {
  const [example] = strategyOf(BANK).examples
  t.match(example, {
    name: 'who owns the card is not offered it',
    place: { line: 95, column: 5 },
    given: {
      attributes: {
        age: 40,
        balance: 100,
        products: ['gold_card'],
        since: '2025-05-31T22:00:00.000Z'
      },
      context: { device: 'mobile' },
      tags: ['finance/credit'],
      consent: { marketing: true },
      channel: 'web',
      placements: ['home_hero'],
      exclude: ['car-loan'],
      language: 'de',
      atMs: day('2026-03-01T10:00:00Z')
    },
    expect: { placements: { home_hero: ['welcome'] }, removed: { 'gold-card': 'applicability' } }
  })
  t.same(example?.given.history, [
    { type: 'click', offer: 'gold-card', channel: 'web', ago: 2 * 86_400_000 },
    { type: 'page_view', offer: undefined, channel: undefined, ago: 30 * 60_000 }
  ])
})

test('a condition stands where its text begins', async t => {
  const [gold] = strategyOf(BANK).offers
  t.match(gold?.rules[1]?.condition.place, { file: 'rules/bank.yaml', line: 56, column: 18 })
  t.match(gold?.rules[2]?.condition.place, { line: 57, column: 21 })
})

test('a feature of a model compiles against the strategy', async t => {
  const compiled = compileText(BANK)
  if (compiled.strategy === undefined) return t.fail('the fixture is refused')
  const place = { file: 'models/cards/model.yaml', line: 4, column: 9 }
  t.match(compiled.compileFeature('customer.balance', place), { type: 'number', perOffer: false })
  t.match(compiled.compileFeature('customer.balanc', place), [{ ...place, severity: 'error' }])
})

test('names of object members are names like any other', async t => {
  const text = BANK.replaceAll('welcome', 'constructor')
    .replaceAll('loans', 'toString')
    .replaceAll('complaint', 'hasOwnProperty')
  const strategy = strategyOf(text)
  t.equal(strategy.offers[2]?.id, 'constructor')
  t.equal(strategy.groups[1], 'toString')
  t.equal(strategy.placements[0]?.fallback, 2)
})

test('the order in which files are handed over does not matter', async t => {
  const [head = '', tail = ''] = BANK.split('contextWeights:')
  const files = [
    { path: 'rules/a.yaml', text: head },
    { path: 'rules/b.yaml', text: `contextWeights:${tail}` }
  ]
  const orders = [files, files.toReversed()].map(order =>
    compileStrategy(order).strategy?.offers.map(({ id }) => id)
  )
  t.same(orders[0], ['gold-card', 'car-loan', 'welcome', 'thank-you'])
  t.same(orders[0], orders[1])
})

function factsWith({
  attributes,
  tests,
  calls
}: {
  attributes: unknown[]
  tests: number
  calls: number
}): Facts {
  return {
    attributes: Array.from({ length: 7 }, (_, i) => attributes[i]),
    context: [undefined, undefined],
    tags: [],
    history: History.EMPTY,
    nowMs: day('2026-03-01T10:00:00Z'),
    subject: 'crm/c-1',
    tests: new Uint8Array(tests),
    calls: new Float64Array(calls)
  }
}
