import { test } from 'tap'
import type { DecisionOptions } from '../../src/domain/decision.js'
import type { Reservation } from '../../src/domain/limits.js'
import {
  NOW_MS,
  startEngine,
  type Answer,
  type Engine,
  type EngineOptions
} from '../helpers/engine.js'
import { offerYaml, rulesWith } from '../helpers/rules.js'

const HOUR_MS = 3_600_000
/** Long enough for a busy machine. */
const PATIENT = { timeoutMs: 10_000 }

interface Wish {
  readonly customer?: string
  readonly channel?: string
  readonly placements?: readonly string[]
  readonly options?: DecisionOptions
}

function ask(engine: Engine, wish: Wish = {}): Promise<Answer> {
  const { customer = 'c-1', channel = 'web', placements = ['home_hero'], options } = wish
  return engine.ask({
    customer: { id: customer },
    channel,
    placements: placements.map(id => ({ id })),
    options: { ...PATIENT, ...options }
  })
}

/** One decision for each of so many customers, all at the same instant: nobody sees the other's in what is loaded. */
function askTogether(engine: Engine, customers: number, wish: Wish = {}): Promise<Answer[]> {
  return Promise.all(
    Array.from({ length: customers }, (_, i) => ask(engine, { customer: `c-${i}`, ...wish }))
  )
}

function shown({ placements }: Answer): string[] {
  return placements.flatMap(({ offers }) => offers.map(({ offerId }) => offerId))
}

function times(offer: string, answers: readonly Answer[]): number {
  return answers.flatMap(shown).filter(id => id === offer).length
}

function tokenOf(answer: Answer, offer: string): string {
  const found = answer.placements.flatMap(({ offers }) => offers).find(o => o.offerId === offer)
  if (found === undefined) throw new Error(`${offer} is not in the answer`)
  return found.token
}

/** What every quota has taken, in the strategy's order. */
async function taken({ store, snapshots }: Engine): Promise<number[]> {
  return [...(await store.quotas.read(snapshots.current().strategy.lexicon)).taken]
}

async function reservedFor(
  { store, snapshots }: Engine,
  customer = 'c-1'
): Promise<readonly Reservation[]> {
  const { lexicon } = snapshots.current().strategy
  return (await store.customers.load({ namespace: 'crm', id: customer }, lexicon)).reserved
}

/** The stage at which an offer ended, in an answer that explains itself. */
function stageOf({ explanation }: Answer, offer: string): string | undefined {
  return explanation?.outcomes.find(({ offerId }) => offerId === offer)?.stage
}

/** `best` is under the quotas, `next` is under none. */
function withQuotas(quotas: readonly object[], changes: Partial<EngineOptions> = {}) {
  return {
    rules: rulesWith({
      offers: [
        offerYaml('best', { value: 9, cost: 30, quotas }),
        offerYaml('next', { value: 5, group: 'loans' })
      ].join('\n')
    }),
    ...changes
  }
}

/** Two cards and two loans in up to four slots, under contact policies. */
function withPolicies(policies: readonly object[], changes: Partial<EngineOptions> = {}) {
  return {
    rules: rulesWith({
      offers: [
        offerYaml('gold', { value: 9 }),
        offerYaml('silver', { value: 8 }),
        offerYaml('house', { value: 7, group: 'loans' }),
        offerYaml('car', { value: 6, group: 'loans' })
      ].join('\n'),
      rest: `contactPolicies: ${JSON.stringify(policies)}`
    }),
    ...changes
  }
}

const DAILY = {
  id: 'daily',
  counts: ['impression'],
  scope: 'all',
  limit: 2,
  window: 'day',
  strict: true
}

test('a strict quota of three is given to exactly three of five, and the next best offer takes its place', async t => {
  const engine = await startEngine(t, withQuotas([{ limit: 3, window: 'day', strict: true }]))
  const answers = await askTogether(engine, 5, { options: { explain: 'full' } })
  t.equal(times('best', answers), 3)
  t.equal(times('next', answers), 2)
  const second = answers.filter(answer => shown(answer)[0] === 'next')
  t.same(
    second.map(answer => stageOf(answer, 'best')),
    ['quota', 'quota']
  )
  t.same(
    answers.flatMap(({ degraded }) => degraded),
    []
  )
  t.same(await taken(engine), [3])
  const met = engine.counted.filter(line => line.startsWith('limit'))
  t.same(met.sort(), [
    ...Array<string>(2).fill('limit offer/best/impression/pieces/day full'),
    ...Array<string>(3).fill('limit offer/best/impression/pieces/day held')
  ])
})

test('a reservation is released by reject and by ignore, and lapses by itself', async t => {
  const engine = await startEngine(
    t,
    withQuotas([{ limit: 1, window: 'day', counts: 'accept', reserve: '1h', strict: true }])
  )
  for (const type of ['reject', 'ignore']) {
    const answer = await ask(engine)
    t.same(shown(answer), ['best'])
    t.same(shown(await ask(engine, { customer: 'c-2' })), ['next'])
    await engine.tell({ type, token: tokenOf(answer, 'best') })
    t.same(await taken(engine), [0], type)
  }
  t.same(shown(await ask(engine)), ['best'])
  engine.pass(HOUR_MS - 1)
  t.same(shown(await ask(engine, { customer: 'c-2' })), ['next'])
  engine.pass(1)
  t.same(shown(await ask(engine, { customer: 'c-2' })), ['best'])
})

test('an event commits what was reserved for it, once however often it is told', async t => {
  const engine = await startEngine(t, withQuotas([{ limit: 2, window: 'total', strict: true }]))
  const answer = await ask(engine)
  const impression = { type: 'impression', id: 'e-1', token: tokenOf(answer, 'best') }
  t.match(await engine.tell(impression), { accepted: 1 })
  t.match(await engine.tell(impression), { duplicates: 1 })
  engine.pass(24 * HOUR_MS)
  t.same(await taken(engine), [1], 'neither lapsed nor counted twice')
  t.match(await engine.tell(impression), { duplicates: 1 })
  t.same(await taken(engine), [1], 'an old duplicate counts nothing either')
  const told = { type: 'reject', token: tokenOf(answer, 'best') }
  await engine.tell(told)
  t.same(await taken(engine), [1], 'what was shown stays counted')
})

test('a fact is never refused: what comes after its reservation has lapsed counts and is told as late', async t => {
  const engine = await startEngine(t, withQuotas([{ limit: 1, window: 'total', strict: true }]))
  const late = await ask(engine)
  engine.pass(HOUR_MS)
  const answer = await ask(engine, { customer: 'c-2' })
  t.same([shown(late), shown(answer)], [['best'], ['best']])
  await engine.tell({ type: 'impression', token: tokenOf(answer, 'best') })
  t.match(await engine.tell({ type: 'impression', token: tokenOf(late, 'best') }), { accepted: 1 })
  t.same(await taken(engine), [2])
  t.ok(engine.counted.includes('limit offer/best/impression/pieces/total late'))
})

test('events from elsewhere and quotas that are not strict count as well', async t => {
  const engine = await startEngine(
    t,
    withQuotas([
      { limit: 2, window: 'day', counts: 'accept' },
      { money: 60, window: 'day' }
    ])
  )
  const [accept, money] = [0, 1]
  const answers = await askTogether(engine, 3)
  t.equal(times('best', answers), 3, 'what is not strict is not reserved')
  await engine.tell(
    { type: 'accept', token: tokenOf(answers[0]!, 'best') },
    { type: 'accept', customer: { id: 'c-9' }, offerId: 'best', channel: 'web' }
  )
  const counts = await taken(engine)
  t.same([counts[accept], counts[money]], [2, 6000])
  t.same(shown(await ask(engine)), ['next'])
})

test('money is reserved by the cost of the offer: what is too dear gives way to what is still affordable', async t => {
  const quotas = [{ money: 100, window: 'day', counts: 'accept', reserve: '1h', strict: true }]
  const engine = await startEngine(t, {
    rules: rulesWith({
      offers: [
        offerYaml('dear', { value: 9, cost: 30 }),
        offerYaml('cheap', { value: 5, cost: 10 }),
        offerYaml('free', { value: 1 })
      ].join('\n'),
      groups: `  cards: {issue: grow, quotas: ${JSON.stringify(quotas)}}\n  service: {issue: grow}\n  loans: {issue: grow}`
    })
  })
  const answers = await askTogether(engine, 6)
  t.same(
    ['dear', 'cheap', 'free'].map(offer => times(offer, answers)),
    [3, 1, 2]
  )
  t.same(await taken(engine), [10_000])
})

test('a quota of a placement closes only that placement', async t => {
  const engine = await startEngine(t, {
    rules: rulesWith({
      offers: ['a', 'b', 'c'].map((id, i) => offerYaml(id, { value: 9 - i })).join('\n'),
      placements: `  home_hero: {channel: web, count: 1, multiplier: 2, fallback: welcome, quotas: [{limit: 2, window: day, strict: true}]}
  home_tile: {channel: web, count: 1, fallback: welcome}
  agent: {channel: call_center, count: 1, fallback: welcome}`
    })
  })
  const answers = await askTogether(engine, 5, {
    placements: ['home_hero', 'home_tile'],
    options: { explain: 'full' }
  })
  const open = answers.filter(({ placements }) => !placements[0]!.fallback)
  t.same(open.map(shown), [
    ['a', 'b'],
    ['a', 'b']
  ])
  const closed = answers.filter(({ placements }) => placements[0]!.fallback)
  t.same(closed.map(shown), Array(3).fill(['welcome', 'a']), 'the best moves to the other one')
  t.same(await taken(engine), [2])
  const only = await ask(engine, { options: { explain: 'full' } })
  t.equal(stageOf(only, 'a'), 'quota', 'who has no other placement ends at the quota')
})

test('a quota of a channel is for all its offers, and for no other channel', async t => {
  const engine = await startEngine(t, {
    rules: rulesWith({
      offers: ['a', 'b', 'c'].map((id, i) => offerYaml(id, { value: 9 - i })).join('\n')
    }).replace(
      'web: {direction: inbound}',
      'web: {direction: inbound, quotas: [{limit: 4, window: day, strict: true}]}'
    )
  })
  const answers = await askTogether(engine, 3, { placements: ['home_tile'] })
  t.same(answers.flatMap(shown).filter(offer => offer !== 'welcome').length, 4)
  t.same(await taken(engine), [4])
  const agent = await ask(engine, { channel: 'call_center', placements: ['agent'] })
  t.same(shown(agent), ['a', 'b'])
})

test('placements filled together stay within one quota of a group', async t => {
  const engine = await startEngine(t, {
    rules: rulesWith({
      offers: [
        ...['a', 'b', 'c', 'd'].map((id, i) => offerYaml(id, { value: 9 - i })),
        ...['x', 'y'].map((id, i) => offerYaml(id, { value: 3 - i, group: 'loans' }))
      ].join('\n'),
      groups:
        '  cards: {issue: grow, quotas: [{limit: 2, window: day, strict: true}]}\n  service: {issue: grow}\n  loans: {issue: grow}'
    })
  })
  const answer = await ask(engine, {
    placements: ['home_hero', 'home_tile'],
    options: { explain: 'full' }
  })
  t.same(shown(answer).sort(), ['a', 'b', 'x', 'y'])
  t.same(
    ['c', 'd'].map(offer => stageOf(answer, offer)),
    ['quota', 'quota']
  )
  t.same(await taken(engine), [2])
})

test('an offer that one quota refuses gives back what the others gave, and those behind it get their turn', async t => {
  const one = [{ limit: 1, window: 'day', strict: true }]
  const engine = await startEngine(t, {
    rules: rulesWith({
      offers: [offerYaml('a', { value: 9, quotas: one }), offerYaml('b', { value: 8 })].join('\n'),
      groups:
        '  cards: {issue: grow, quotas: [{limit: 2, window: day, strict: true}]}\n  service: {issue: grow}\n  loans: {issue: grow}'
    })
  })
  const wish = { placements: ['home_tile'] }
  const [first, second] = await askTogether(engine, 2, wish)
  t.same([shown(first!), shown(second!)].flat().sort(), ['a', 'b', 'welcome'].sort())
  t.same(await taken(engine), [2, 1])
})

test('whoever is released gives way to others', async t => {
  const engine = await startEngine(t, withPolicies([DAILY]))
  const answer = await ask(engine)
  t.same(await reservedFor(engine), [
    {
      id: `${answer.decisionId}:gold`,
      offer: 1,
      type: 1,
      channel: 0,
      atMs: NOW_MS,
      untilMs: NOW_MS + HOUR_MS / 4
    }
  ])
  await engine.tell({ type: 'ignore', token: tokenOf(answer, 'gold') })
  t.same(await reservedFor(engine), [])
})

test('one customer decided for five times at once stays within a strict contact policy', async t => {
  const engine = await startEngine(t, withPolicies([{ ...DAILY, limit: 4 }]))
  const wish = { placements: ['home_tile'], options: { explain: 'full' as const } }
  const answers = await Promise.all(Array.from({ length: 5 }, () => ask(engine, wish)))
  const offers = answers.flatMap(({ placements }) =>
    placements.flatMap(({ fallback, offers: placed }) => (fallback ? [] : placed))
  )
  t.equal(offers.length, 4)
  t.equal((await reservedFor(engine)).length, 4)
  t.ok(answers.every(({ degraded }) => degraded.length === 0))
  const empty = answers.filter(({ placements }) => placements[0]!.fallback)
  t.ok(empty.length >= 3)
  for (const answer of empty) t.equal(stageOf(answer, 'gold'), 'contact')
  await engine.tell(...offers.map(({ token }) => ({ type: 'impression', token })))
  t.same(await reservedFor(engine), [], 'an impression ends what was reserved for it')
  t.ok((await ask(engine)).placements[0]!.fallback)
})

test('offers of one answer count together: the best are kept and others take the places of the rest', async t => {
  const engine = await startEngine(
    t,
    withPolicies([{ ...DAILY, id: 'one-of-a-group', scope: 'group', limit: 1 }])
  )
  const answer = await ask(engine, { placements: ['home_tile'], options: { explain: 'full' } })
  t.same(shown(answer), ['gold', 'house'])
  t.same(
    ['silver', 'car'].map(offer => stageOf(answer, offer)),
    ['contact', 'contact']
  )
  t.ok(engine.counted.includes('limit one-of-a-group full'))
})
