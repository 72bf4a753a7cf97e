import { test } from 'tap'
import { History } from '../../../src/domain/history.js'
import { createConditions } from '../../../src/policy/conditions/conditions.js'
import type { Condition, Expression, Formula } from '../../../src/policy/strategy.js'
import { accepted, declared, factsOf, finished, historyOf, NAMES, NOW_MS, PLACE } from './build.js'

const shared = { perOffer: false }
const perOffer = { perOffer: true }

test('each distinct condition is one test, each distinct call one call', t => {
  const conditions = createConditions(NAMES)
  const add = (source: string): Condition =>
    accepted<Condition>(conditions.condition(source, PLACE, perOffer))
  const adult = add('customer.age >= 18')
  t.equal(add('customer.age>=18').test, adult.test)
  t.equal(add('18 <= customer.age').test, adult.test)
  t.equal(add('customer.age >= 18.0').test, adult.test)
  t.not(add('customer.age > 18').test, adult.test)
  t.equal(add('segment.loyal').test, NAMES.segments.indexOf('loyal'))
  add('seen("click", "any", "7d") > 1')
  add('seen("click", "any", "7d") > 2')
  const program = finished(conditions)
  t.equal(program.callCount, 1)
  t.equal(program.testCount, NAMES.segments.length + 4)
  t.end()
})

test('a call that several conditions share is made once a decision', t => {
  let counted = 0
  class CountedHistory extends History {
    override count(...args: Parameters<History['count']>): number {
      counted++
      return super.count(...args)
    }
  }
  const { timesMs, types, offers, channels, untilsMs } = historyOf([
    { type: 'click', offer: 0, hoursAgo: 1 }
  ])
  const conditions = createConditions(NAMES)
  for (let i = 0; i < 50; i++)
    conditions.condition(
      `seen("click", "any", "7d") > ${i} && customer.age > ${i}`,
      PLACE,
      perOffer
    )
  const program = finished(conditions)
  factsOf({ history: new CountedHistory({ timesMs, types, offers, channels, untilsMs }) }, program)
  t.equal(counted, 1)
  t.end()
})

test('segments are evaluated before what reads them, however they are written', t => {
  const conditions = createConditions(NAMES)
  const young = accepted<Condition>(
    conditions.segment('young_affluent', 'segment.affluent && customer.age < 40', PLACE)
  )
  const loyal = accepted<Condition>(conditions.segment('loyal', '!segment.young_affluent', PLACE))
  const affluent = accepted<Condition>(
    conditions.segment('affluent', 'customer.balance >= 20000', PLACE)
  )
  const same = accepted<Condition>(
    conditions.condition('customer.balance >= 20000.0', PLACE, shared)
  )
  const program = finished(conditions)
  const facts = factsOf({ customer: { age: 30, balance: 20000 } }, program)
  t.same(
    [young, loyal, affluent].map(segment => segment.holds(facts, 0)),
    [1, 0, 1]
  )
  t.same(
    [young, loyal, affluent].map(segment => segment.test),
    [1, 2, 0]
  )
  t.equal(same.test, affluent.test)
  const unknown = factsOf({ customer: { balance: 20000 } }, program)
  t.same(
    [young, loyal, affluent].map(segment => segment.holds(unknown, 0)),
    [2, 2, 1]
  )
  t.end()
})

test('two segments with one condition agree', t => {
  const conditions = createConditions(NAMES)
  const segments = ['affluent', 'young_affluent', 'loyal'].map((name, i) =>
    accepted<Condition>(
      conditions.segment(name, i < 2 ? 'customer.vip && customer.age > 1' : 'true', PLACE)
    )
  )
  const facts = factsOf({ customer: { vip: true, age: 2 } }, finished(conditions))
  t.same(
    segments.map(segment => segment.holds(facts, 0)),
    [1, 1, 1]
  )
  t.end()
})

test('a long chain of segments needs no deep stack', t => {
  const names = { ...NAMES, segments: Array.from({ length: 5_000 }, (_, i) => `s${i}`) }
  const conditions = createConditions(names)
  const first = accepted<Condition>(conditions.segment('s0', 'customer.vip', PLACE))
  for (let i = 1; i < names.segments.length; i++)
    conditions.segment(`s${i}`, `!segment.s${i - 1}`, PLACE)
  const facts = factsOf({ customer: { vip: true } }, finished(conditions), names)
  t.equal(first.holds(facts, 0), 1)
  t.equal(facts.tests[4_999], 0)
  t.end()
})

test('explanations find everything that a condition reads', t => {
  const conditions = createConditions(NAMES)
  accepted(conditions.segment('loyal', 'tagged("finance")', PLACE))
  const condition = accepted<Condition>(
    conditions.condition(
      'customer.age > 18 && context.device == "mobile" && segment.loyal && seen( \'complaint\' , "any","30d") == 0 && seen("click", "same", "7d") == 0 && offer.value > 1',
      PLACE,
      perOffer
    )
  )
  const program = finished(conditions)
  t.same(condition.reads, [
    { kind: 'attribute', label: 'customer.age', slot: 0 },
    { kind: 'context', label: 'context.device', slot: 0 },
    { kind: 'segment', label: 'segment.loyal', slot: 2 },
    { kind: 'call', label: 'seen("complaint", "any", "30d")', slot: 1, boolean: false },
    { kind: 'offerCall', label: 'seen("click", "same", "7d")', slot: 0, boolean: false },
    { kind: 'offer', label: 'offer.value', slot: 2 }
  ])
  const facts = factsOf(
    {
      tags: ['finance'],
      history: historyOf([
        { type: 'complaint', hoursAgo: 5 },
        { type: 'click', offer: 1, hoursAgo: 5 }
      ])
    },
    program
  )
  t.same([...facts.calls], [1, 1])
  t.same(
    [0, 1, 2].map(offer => program.offerCalls[0]!(facts, offer)),
    [0, 1, 0]
  )
  t.end()
})

test('a call that only a model asks is explained through offerCalls', t => {
  const conditions = createConditions(NAMES)
  accepted(conditions.condition('seen("click", "any", "7d") > 0', PLACE, shared))
  const program = finished(conditions)
  const known = accepted<Expression>(conditions.feature('seen("click", "any", "7d")', PLACE))
  const late = accepted<Expression>(
    conditions.feature('seen("click", "any", "8d") + seen("click", "same", "8d")', PLACE)
  )
  const facts = factsOf(
    { history: historyOf([{ type: 'click', offer: 2, hoursAgo: 170 }]) },
    program
  )
  t.match(known.reads, [{ kind: 'call', slot: 0 }])
  t.match(late.reads, [
    { kind: 'offerCall', slot: 0 },
    { kind: 'offerCall', slot: 1 }
  ])
  t.same(
    late.reads.map(read => program.offerCalls[read.slot]!(facts, 2)),
    [1, 1]
  )
  t.equal(known.value(facts, 0), 0)
  t.equal(late.value(facts, 2), 2)
  t.equal(late.perOffer, true)
  t.equal(known.perOffer, false)
  t.end()
})

test('a formula works on the factors and on facts', t => {
  const conditions = createConditions(NAMES)
  const formula = accepted<Formula>(conditions.formula('p * c * v * l', PLACE))
  const rich = accepted<Formula>(
    conditions.formula('p * v + (offer.group == "cards" && p > 0.1 ? customer.balance : 0)', PLACE)
  )
  const facts = factsOf({ customer: { balance: 5 } }, finished(conditions))
  t.equal(formula.priority(facts, 0, 0.12, 1, 80, 1), 0.12 * 80)
  t.equal(rich.priority(facts, 0, 0.5, 1, 80, 1), 45)
  t.equal(rich.priority(facts, 0, 0.05, 1, 80, 1), 4)
  t.equal(rich.priority(facts, 2, 0.5, 1, 80, 1), 40)
  t.equal(rich.priority({ ...facts, attributes: [] }, 0, 0.5, 1, 80, 1), undefined)
  t.end()
})

test('a value is missing where an attribute that it reads is', t => {
  const conditions = createConditions(NAMES)
  const value = accepted<Expression>(
    conditions.number('customer.balance * 0.01 + 5', PLACE, perOffer)
  )
  const program = finished(conditions)
  t.equal(value.perOffer, false)
  t.equal(value.type, 'number')
  t.equal(value.value(factsOf({ customer: { balance: 100 } }, program), 0), 6)
  t.equal(value.value(factsOf({}, program), 0), undefined)
  t.end()
})

test('conditions cannot be asked before they are finished', t => {
  const condition = accepted<Condition>(
    createConditions(NAMES).condition('offer.value > 1', PLACE, perOffer)
  )
  t.throws(
    () =>
      condition.holds(
        {
          attributes: [],
          context: [],
          tags: [],
          history: History.EMPTY,
          nowMs: NOW_MS,
          subject: '',
          tests: new Uint8Array(),
          calls: new Float64Array()
        },
        0
      ),
    /after finish/
  )
  t.end()
})

test('ten thousand offers compile in seconds and are decided in functions that V8 can optimise', t => {
  const offers = Array.from({ length: 10_000 }, (_, i) => ({
    id: `o${i}`,
    group: `g${i % 50}`,
    tags: [],
    value: i
  }))
  const conditions = createConditions({ ...NAMES, offers })
  const before = process.cpuUsage()
  const all = offers.map((offer, i) => [
    accepted<Condition>(
      conditions.condition(
        `customer.age >= ${18 + (i % 40)} && customer.balance > ${i}`,
        PLACE,
        perOffer
      )
    ),
    accepted<Condition>(
      conditions.condition(`!("${offer.id}" in customer.products)`, PLACE, perOffer)
    ),
    accepted<Condition>(
      conditions.condition(`seen("click", "same", "${1 + (i % 20)}d") == 0`, PLACE, perOffer)
    )
  ])
  const program = finished(conditions)
  const tookMs = process.cpuUsage(before).user / 1000
  const facts = factsOf(
    {
      customer: { age: 40, balance: 5000.5, products: ['o3'] },
      history: historyOf([{ type: 'click', offer: 7, hoursAgo: 1 }])
    },
    program
  )
  const held = all.map((list, i) => list.every(condition => condition.holds(facts, i) === 1))
  t.same(
    [0, 3, 7, 20, 22, 23, 5000, 5001].map(i => held[i]),
    [true, false, false, true, true, false, true, false]
  )
  t.ok(tookMs < 10_000, `compiled in ${Math.round(tookMs)} ms of processor time`)
  t.end()
})

test('names and texts from the files never become code', t => {
  const evil = [
    'constructor',
    '__proto__',
    'toString',
    'hasOwnProperty',
    '");process.exit()//',
    "');throw 1//",
    '`${process.exit()}`',
    '\u2028process.exit()',
    '*/process.exit()/*',
    '\\',
    '\n',
    '\u0000'
  ]
  const names = {
    attributes: evil.map(name => declared(name, 'string', { values: evil })),
    context: evil.map(name => declared(name, 'string')),
    segments: evil,
    types: evil,
    offers: evil.map(id => ({ id, group: id, tags: [id], value: 1 })),
    channels: [],
    tagPaths: new Set(evil)
  }
  const conditions = createConditions(names)
  const quote = (text: string): string =>
    `r${text.includes('"') ? "'''" : '"""'}${text}${text.includes('"') ? "'''" : '"""'}`
  const safe = evil.filter(text => !text.endsWith('\\'))
  const held = safe.map(text =>
    accepted<Condition>(
      conditions.condition(
        `customer[${quote(text)}] == ${quote(text)} && context[${quote(text)}].startsWith(${quote(text)}) && segment[${quote(text)}] && tagged(${quote(text)})`,
        PLACE,
        perOffer
      )
    )
  )
  const asked = safe.map(text =>
    accepted<Condition>(
      conditions.condition(
        `offer.id == ${quote(text)} && offer.group in [${quote(text)}] && ${quote(text)} in offer.tags && seen(${quote(text)}, ${quote(text)}, "1d") == 0 && bucket(${quote(text)}) < 1.0`,
        PLACE,
        perOffer
      )
    )
  )
  for (const name of evil) accepted(conditions.segment(name, 'true', PLACE))
  const customer = new Map(evil.map(name => [name, name]))
  const program = finished(conditions)
  const facts = {
    attributes: [...customer.values()],
    context: [...customer.values()],
    tags: evil,
    history: History.EMPTY,
    nowMs: NOW_MS,
    subject: evil.join(''),
    tests: new Uint8Array(program.testCount),
    calls: new Float64Array(program.callCount)
  }
  program.run(facts)
  t.same(
    held.map(condition => condition.holds(facts, 0)),
    safe.map(() => 1)
  )
  t.same(
    asked.map((condition, i) => condition.holds(facts, evil.indexOf(safe[i]!))),
    safe.map(() => 1)
  )
  t.end()
})

test('names of JavaScript are no names of conditions', t => {
  for (const source of [
    'constructor == 1',
    'customer.constructor == 1',
    'segment.toString',
    'offer.__proto__ == 1',
    'customer["__proto__"] == ""',
    'context.hasOwnProperty("a")',
    'process.exit()',
    'globalThis.x',
    'seen("constructor", "any", "1d") > 0',
    'seen("click", "__proto__", "1d") > 0',
    'toString()',
    'customer.name.constructor("x")()'
  ]) {
    t.ok(Array.isArray(createConditions(NAMES).condition(source, PLACE, perOffer)), source)
  }
  t.end()
})
