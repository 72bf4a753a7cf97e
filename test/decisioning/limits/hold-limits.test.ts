import fc from 'fast-check'
import { test, type Test } from 'tap'
import type { Store } from '../../../src/decisioning/ports.js'
import type { DecisionOptions } from '../../../src/domain/decision.js'
import type { QuotaClaim, Reservation } from '../../../src/domain/limits.js'
import { StoreUnavailable } from '../../../src/domain/refusal.js'
import {
  NOW_MS,
  startEngine,
  type Answer,
  type Engine,
  type EngineOptions
} from '../../helpers/engine.js'
import { offerYaml, rulesWith } from '../../helpers/rules.js'

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

/** Waits until what happens behind a decision's back has happened. */
async function eventually(t: Test, holds: () => Promise<boolean>, what: string): Promise<void> {
  for (let turn = 0; turn < 10_000; turn++) {
    if (await holds()) return
    await new Promise(resolve => setImmediate(resolve))
  }
  t.fail(`never: ${what}`)
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
  const answers = await Promise.all([
    ask(engine, { customer: 'c-1' }),
    ask(engine, { customer: 'c-2', placements: ['home_tile'] })
  ])
  t.same(answers.map(shown), [['a'], ['b']])
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

const AGENT = { channel: 'call_center', placements: ['agent'] }

test('where the decision is the impression, it is counted with the decision and reserves nothing', async t => {
  const engine = await startEngine(
    t,
    withPolicies([DAILY], {
      rules: withPolicies([DAILY]).rules.replace(
        'activate: on_decision}',
        'activate: on_decision, quotas: [{limit: 3, window: day, strict: true}, {limit: 9, window: week}]}'
      )
    })
  )
  const answers = await askTogether(engine, 2, AGENT)
  t.same(answers.map(shown).sort(), [['gold', 'silver'], ['gold']].sort())
  t.same(await taken(engine), [3, 3])
  t.same(await reservedFor(engine, 'c-0'), [])
  const history = await engine.store.customers.history({ namespace: 'crm', id: 'c-0' }, 10)
  t.same(
    history.map(({ type }) => type),
    Array(history.length).fill('impression')
  )
  engine.pass(HOUR_MS)
  t.same(await taken(engine), [3, 3], 'nothing lapses')
  await engine.tell({ type: 'reject', token: tokenOf(answers[0]!, 'gold') })
  t.same(await taken(engine), [3, 3], 'what was shown stays counted')
  t.same(shown(await ask(engine, { customer: 'c-0', ...AGENT })), ['welcome'])
  t.same(shown(await ask(engine, { customer: 'c-0' })), ['welcome'], 'in every channel')
})

test('impressions of one customer that are decided at the same instant stay within a strict contact policy', async t => {
  const engine = await startEngine(t, withPolicies([{ ...DAILY, limit: 3 }]))
  const answers = await Promise.all(Array.from({ length: 4 }, () => ask(engine, AGENT)))
  t.equal(answers.flatMap(shown).filter(offer => offer !== 'welcome').length, 3)
  t.same(
    answers.flatMap(({ degraded }) => degraded),
    []
  )
})

test('impressions of which nobody knows whether they are stored withhold what is under strict limits, and stay counted', async t => {
  const rules = rulesWith({
    offers: [
      offerYaml('best', { value: 9, quotas: [{ limit: 1, window: 'day', strict: true }] }),
      offerYaml('next', { value: 5, group: 'loans' })
    ].join('\n')
  })
  const engine = await startEngine(t, {
    rules,
    customers: ({ customers }) =>
      instead(customers, {
        append: async events => {
          await customers.append(events)
          throw new StoreUnavailable('stored, and the answer was lost')
        }
      })
  })
  const answer = await ask(engine, AGENT)
  t.same(shown(answer), ['next'])
  t.same(answer.degraded, ['limits'])
  const stored = await engine.store.customers.history({ namespace: 'crm', id: 'c-1' }, 10)
  t.ok(stored.some(({ offerId }) => offerId === 'best'))
  // What is given back is given back behind the answer, before what is asked for after it.
  t.same(shown(await ask(engine, { ...AGENT, customer: 'c-2' })), ['next'])
  t.same(await taken(engine), [1])
})

/** A part of the store with some of its methods replaced. */
function instead<Part extends object>(part: Part, methods: Partial<Part>): Part {
  return new Proxy(part, {
    get(target, name) {
      const found: unknown = Reflect.get(methods, name) ?? Reflect.get(target, name)
      return typeof found === 'function' ? (found.bind(target) as unknown) : found
    }
  })
}

const ONE = [{ limit: 1, window: 'day', strict: true }]

test('when quotas cannot be reserved, their offers are withheld and the rest is decided', async t => {
  const released: QuotaClaim[] = []
  const engine = await startEngine(
    t,
    withQuotas(ONE, {
      quotas: ({ quotas }) =>
        instead(quotas, {
          claim: async claims => claims.map(() => 'failed'),
          release: async claims => void released.push(...claims)
        })
    })
  )
  const answer = await ask(engine, { options: { explain: 'full' } })
  t.same(shown(answer), ['next'])
  t.same(answer.degraded, ['limits'])
  t.equal(stageOf(answer, 'best'), 'quota')
  t.ok(engine.counted.includes('limit offer/best/impression/pieces/day failed'))
  await eventually(t, async () => released.length === 1, 'what is not known is released')
  t.equal(released[0]!.id, `${answer.decisionId}:best`)
})

test('a claim that is answered after the deadline is given back when its answer comes', async t => {
  const gates: Array<() => void> = []
  const engine = await startEngine(
    t,
    withQuotas(ONE, {
      quotas: ({ quotas }: Store) =>
        instead(quotas, {
          claim: async claims => {
            const outcomes = await quotas.claim(claims)
            await new Promise<void>(resolve => gates.push(resolve))
            return outcomes
          }
        })
    })
  )
  const answer = await ask(engine, { options: { timeoutMs: 30 } })
  t.same(shown(answer), ['next'])
  t.same(answer.degraded, ['limits'])
  t.same(await taken(engine), [1], 'taken while nobody knows')
  for (const open of gates) open()
  await eventually(t, async () => (await taken(engine))[0] === 0, 'the late claim is given back')
})

test('a reservation that fails or comes too late withholds everything under a strict contact policy', async t => {
  for (const trouble of ['fails', 'late'] as const) {
    const gates: Array<() => void> = []
    const engine = await startEngine(
      t,
      withPolicies([{ ...DAILY, channels: ['web'] }], {
        customers: ({ customers }: Store) =>
          instead(customers, {
            hold: async (state, hold, lexicon) => {
              if (trouble === 'fails') throw new StoreUnavailable('READONLY')
              const outcome = await customers.hold(state, hold, lexicon)
              await new Promise<void>(resolve => gates.push(resolve))
              return outcome
            }
          })
      })
    )
    const answer = await ask(engine, {
      options: { timeoutMs: trouble === 'late' ? 30 : 10_000, explain: 'full' }
    })
    t.same(shown(answer), ['welcome'], trouble)
    t.same(answer.degraded, ['limits'])
    t.equal(stageOf(answer, 'gold'), 'contact')
    t.ok(engine.counted.includes('limit daily failed'))
    t.equal((await reservedFor(engine)).length, trouble === 'late' ? 1 : 0)
    for (const open of gates) open()
    await eventually(t, async () => (await reservedFor(engine)).length === 0, 'it is given back')
    t.same(shown(await ask(engine, AGENT)), ['gold', 'silver'], 'other channels are not concerned')
  }
})

test('a customer that changes under the decision is judged again, in a bounded number of rounds', async t => {
  for (const [changes, degraded] of [
    [3, []],
    [1000, ['limits']]
  ] as const) {
    let left = changes as number
    let asked = 0
    const engine = await startEngine(
      t,
      withPolicies([DAILY], {
        customers: ({ customers }: Store) =>
          instead(customers, {
            hold: async (state, hold, lexicon) => {
              asked++
              return left-- > 0
                ? { held: false, changed: await customers.load(state.key, lexicon) }
                : await customers.hold(state, hold, lexicon)
            }
          })
      })
    )
    const answer = await ask(engine)
    t.same(answer.degraded, degraded)
    t.same(shown(answer), changes === 3 ? ['gold'] : ['welcome'])
    t.ok(asked <= 8)
  }
})

test('an offer whose quota is full gives back what its customer had reserved for it', async t => {
  const engine = await startEngine(t, {
    rules: rulesWith({
      offers: [
        offerYaml('best', { value: 9, quotas: ONE }),
        offerYaml('next', { value: 5, group: 'loans' })
      ].join('\n'),
      rest: `contactPolicies: ${JSON.stringify([DAILY])}`
    })
  })
  const answers = await askTogether(engine, 2)
  t.same(answers.map(shown), [['best'], ['next']])
  for (const customer of [0, 1]) {
    const ids = (await reservedFor(engine, `c-${customer}`)).map(({ id }) => id)
    t.same(ids, [`${answers[customer]!.decisionId}:${shown(answers[customer]!)[0]!}`])
  }
})

test('what a decision has reserved itself does not count against it', async t => {
  const engine = await startEngine(t, {
    rules: rulesWith({
      offers: [
        offerYaml('best', { value: 9, quotas: ONE }),
        offerYaml('second', { value: 8 }),
        offerYaml('third', { value: 7 })
      ].join('\n'),
      rest: `contactPolicies: ${JSON.stringify([DAILY])}`
    })
  })
  const answers = await askTogether(engine, 2, { placements: ['home_tile'] })
  t.same(answers.map(shown), [
    ['best', 'second'],
    ['second', 'third']
  ])
})

test('fallbacks are exempt from all limits', async t => {
  const rules = withPolicies([{ ...DAILY, limit: 1 }]).rules.replace(
    'web: {direction: inbound}',
    `web: {direction: inbound, quotas: ${JSON.stringify(ONE)}}`
  )
  const engine = await startEngine(t, { rules })
  t.same(shown(await ask(engine)), ['gold'])
  for (const customer of ['c-1', 'c-2']) {
    const answer = await ask(engine, { customer })
    t.same(shown(answer), ['welcome'])
    t.match(await engine.tell({ type: 'impression', token: tokenOf(answer, 'welcome') }), {
      accepted: 1
    })
  }
  t.same(await taken(engine), [1], 'nor do they count in quotas')
})

test('a decision in mode test reserves nothing', async t => {
  const engine = await startEngine(t, {
    rules: rulesWith({
      offers: offerYaml('best', { quotas: ONE }),
      rest: `contactPolicies: ${JSON.stringify([DAILY])}`
    })
  })
  t.same(shown(await ask(engine, { options: { mode: 'test' } })), ['best'])
  t.same(shown(await ask(engine, { ...AGENT, options: { mode: 'test' } })), ['best'])
  t.same(await taken(engine), [0])
  t.same(await reservedFor(engine), [])
})

/** Every kind of strict limit at once, tight enough to be met all the time. */
const TIGHT = rulesWith({
  offers: [
    offerYaml('a', { value: 9, cost: 30, quotas: [{ limit: 2, window: 'day', strict: true }] }),
    offerYaml('b', {
      value: 8,
      cost: 20,
      quotas: [{ limit: 3, window: '2h', counts: 'accept', reserve: '15m', strict: true }]
    }),
    offerYaml('c', { value: 7, group: 'loans' }),
    offerYaml('d', { value: 6, group: 'loans' })
  ].join('\n'),
  groups: `  cards: {issue: grow, quotas: [{money: 100, window: total, reserve: 15m, strict: true}]}
  loans: {issue: grow, quotas: [{limit: 5, window: 1h, strict: true}]}
  service: {issue: grow}`,
  placements: `  home_hero: {channel: web, count: 1, multiplier: 2, fallback: welcome, quotas: [{limit: 4, window: day, strict: true}]}
  home_tile: {channel: web, count: 3, fallback: welcome}
  agent: {channel: call_center, count: 2, fallback: welcome}`,
  rest: `contactPolicies: ${JSON.stringify([
    { ...DAILY, limit: 4 },
    { ...DAILY, id: 'of-a-group', scope: 'group', limit: 2, window: '1h' }
  ])}`
}).replace(
  'web: {direction: inbound}',
  'web: {direction: inbound, quotas: [{limit: 9, window: day, strict: true}]}'
)

const MINUTE_MS = 60_000
const RESERVED_MS = 15 * MINUTE_MS
const someAsk = fc.record({
  customer: fc.constantFrom('c-1', 'c-2', 'c-3'),
  where: fc.constantFrom(
    { channel: 'web', placements: ['home_hero'] },
    { channel: 'web', placements: ['home_tile', 'home_hero'] },
    AGENT
  )
})
const someStep = fc.oneof(
  { weight: 3, arbitrary: fc.record({ asks: fc.array(someAsk, { minLength: 1, maxLength: 4 }) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      token: fc.nat(30),
      type: fc.constantFrom('impression', 'accept', 'reject', 'ignore', 'click')
    })
  },
  { weight: 1, arbitrary: fc.record({ all: fc.constantFrom('impression', 'accept') }) },
  { weight: 1, arbitrary: fc.record({ minutes: fc.integer({ min: 1, max: 40 }) }) }
)

/** Offers that were shown and are still waited for. */
interface Open {
  readonly token: string
  readonly untilMs: number
}

/** No quota has taken more than its limit, and no customer was promised and shown more than strict policies allow. */
async function checkLimits(engine: Engine, nowMs: number): Promise<void> {
  const { quotas } = engine.snapshots.current().strategy
  const sums = await taken(engine)
  for (const { id, limit, index } of quotas) {
    if (sums[index]! > limit) throw new Error(`${id} has taken ${sums[index]} of ${limit}`)
  }
  for (const id of ['c-1', 'c-2', 'c-3']) {
    const shownThen = await engine.store.customers.history({ namespace: 'crm', id }, 200)
    const contacts = [
      ...shownThen.filter(({ type, offerId }) => type === 'impression' && offerId !== 'welcome'),
      ...(await reservedFor(engine, id)).map(({ offer, atMs }) => ({
        offerId: engine.snapshots.current().strategy.offers[offer]!.id,
        timeMs: atMs
      }))
    ]
    if (contacts.length > 4) throw new Error(`${id} has ${contacts.length} contacts of a day`)
    for (const group of [
      ['a', 'b'],
      ['c', 'd']
    ]) {
      const recent = contacts.filter(
        ({ offerId, timeMs }) => group.includes(offerId ?? '') && timeMs > nowMs - HOUR_MS
      )
      if (recent.length > 2)
        throw new Error(`${id} has ${recent.length} contacts of ${group.join()}`)
    }
  }
}

test('whatever is decided, told and let pass, nothing strict is exceeded', async t => {
  await fc.assert(
    fc.asyncProperty(fc.array(someStep, { minLength: 5, maxLength: 25 }), async steps => {
      const engine = await startEngine(t, { rules: TIGHT })
      let nowMs = NOW_MS
      let open: Open[] = []
      for (const step of steps) {
        open = open.filter(({ untilMs }) => untilMs > nowMs)
        if ('minutes' in step) {
          engine.pass(step.minutes * MINUTE_MS)
          nowMs += step.minutes * MINUTE_MS
        } else if ('asks' in step) {
          const answers = await Promise.all(
            step.asks.map(({ customer, where }) => ask(engine, { customer, ...where }))
          )
          // The agent's impressions are told with the decision.
          const placed = answers
            .flatMap(({ placements }) => placements)
            .filter(({ id, fallback }) => !fallback && id !== 'agent')
          for (const { offers } of placed)
            open.push(...offers.map(({ token }) => ({ token, untilMs: nowMs + RESERVED_MS })))
        } else if ('all' in step) {
          await engine.tell(...open.map(({ token }) => ({ type: step.all, token })))
        } else {
          const told = open[step.token % Math.max(1, open.length)]
          if (told === undefined) continue
          await engine.tell({ type: step.type, token: told.token })
          // Who rejects or ignores is waited for no longer.
          if (['reject', 'ignore'].includes(step.type)) open = open.filter(one => one !== told)
        }
        await checkLimits(engine, nowMs)
      }
    }),
    { numRuns: 40 }
  )
  t.pass('in all of them')
})
