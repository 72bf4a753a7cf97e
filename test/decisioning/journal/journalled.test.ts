import { test, type Test } from 'tap'
import { EMPTY_PROFILE, type Profile } from '../../../src/domain/customer.js'
import { StoreUnavailable } from '../../../src/domain/refusal.js'
import type { CustomerEvent } from '../../../src/domain/interaction.js'
import { journalDecision } from '../../../src/decisioning/journal/journal-rows.js'
import type { FreshRecord, Journal } from '../../../src/decisioning/ports.js'
import { writeLogistic } from '../../../src/adapters/onnx/write.js'
import { startEngine, type Engine, type ModelFolder } from '../../helpers/engine.js'
import { offerYaml, rulesWith } from '../../helpers/rules.js'

const WEB = { customer: { id: 'c-1' }, channel: 'web', placements: [{ id: 'home_hero' }] }
const CALL = { ...WEB, channel: 'call_center', placements: [{ id: 'agent' }] }

/** A journal that keeps what it is given, and is full when a test says so. */
class KeptJournal implements Journal {
  isFull = false
  readonly events: CustomerEvent[] = []
  failure: Error | undefined

  async append(events: readonly CustomerEvent[]): Promise<void> {
    if (this.failure !== undefined) throw this.failure
    this.events.push(...events)
  }

  async standing(): Promise<never> {
    throw new Error('nobody asks')
  }
}

async function start(
  t: Test,
  section: string,
  model?: ModelFolder
): Promise<{ engine: Engine; journal: KeptJournal; records: FreshRecord[] }> {
  const journal = new KeptJournal()
  const propensity = model === undefined ? { prior: 0.5 } : { model: 'cards' }
  const engine = await startEngine(t, {
    rules: rulesWith({
      offers: [
        offerYaml('gold-card', { value: 2, propensity }),
        offerYaml('loan', { value: 1, group: 'loans', propensity: { prior: 0.5 } }),
        offerYaml('adult', { value: 9, eligibility: 'customer.age >= 60' })
      ].join('\n'),
      rest: section
    }),
    ...(model === undefined ? {} : { models: { cards: model } }),
    journal: () => journal
  })
  const records: FreshRecord[] = []
  const { append } = engine.store.records
  engine.store.records.append = record => {
    records.push(record)
    append.call(engine.store.records, record)
  }
  return { engine, journal, records }
}

test('a strategy without a journal writes nothing to one', async t => {
  const { engine, journal, records } = await start(t, '')
  await engine.ask({ ...WEB, events: [{ type: 'page_view' }] })
  await engine.ask(CALL)
  await engine.tell({ id: 'e-1', type: 'page_view', customer: { id: 'c-1' } })
  t.same(journal.events, [])
  t.same(
    records.map(record => record.journal),
    [undefined, undefined]
  )
})

test('told events, events of requests and impressions of answers are journalled before they are acknowledged', async t => {
  const { engine, journal } = await start(t, 'journal: {}')
  await engine.tell({ id: 'e-1', type: 'page_view', customer: { id: 'c-1' }, data: { page: 1 } })
  t.match(journal.events, [{ id: 'e-1', type: 'page_view', source: 'client', data: { page: 1 } }])
  await engine.ask({ ...WEB, events: [{ id: 'e-2', type: 'complaint' }] })
  t.match(journal.events[1], { id: 'e-2', type: 'complaint' })
  const { decisionId } = await engine.ask(CALL)
  t.match(journal.events.slice(2), [
    { type: 'impression', decisionId, offerId: 'gold-card', channel: 'call_center' },
    { type: 'impression', decisionId, offerId: 'loan', channel: 'call_center' }
  ])
  await engine.ask({ ...WEB, events: [{ type: 'complaint' }], options: { mode: 'test' } })
  t.equal(journal.events.length, 4, 'a test writes nothing')
})

test('events are not acknowledged when the journal does not take them', async t => {
  const { engine, journal } = await start(t, 'journal: {}')
  journal.failure = new StoreUnavailable('away')
  const told = { id: 'e-1', type: 'page_view', customer: { id: 'c-1' } }
  await t.rejects(engine.tell(told), StoreUnavailable)
  journal.failure = undefined
  t.match(await engine.tell(told), { duplicates: 1 })
  t.equal(journal.events.length, 1, 'a repetition is journalled all the same')
})

test('while a journal that decisions wait for is full, they answer with fallbacks and events are refused', async t => {
  const { engine, journal, records } = await start(t, 'journal: {whenFull: wait}')
  journal.isFull = true
  const answer = await engine.ask(WEB)
  t.same(answer.degraded, ['journal'])
  t.match(answer.placements, [{ fallback: true, offers: [{ offerId: 'welcome' }] }])
  t.equal(records[0]?.journal, undefined, 'which is kept, and not journalled')
  await t.rejects(
    engine.tell({ id: 'e-1', type: 'page_view', customer: { id: 'c-1' } }),
    StoreUnavailable
  )
  const key = { namespace: 'crm', id: 'c-1' }
  t.same(await engine.store.customers.history(key, 10), [], 'nothing is stored of what is refused')
  t.same((await engine.ask({ ...WEB, options: { mode: 'test' } })).degraded, [])
  journal.isFull = false
  t.same((await engine.ask(WEB)).degraded, [])
})

test('while a journal that drops is full, everything goes on', async t => {
  const { engine, journal, records } = await start(t, 'journal: {whenFull: drop}')
  journal.isFull = true
  t.same((await engine.ask(WEB)).degraded, [])
  t.equal(records[0]?.journal?.whenFull, 'drop')
  t.match(await engine.tell({ id: 'e-1', type: 'page_view', customer: { id: 'c-1' } }), {
    accepted: 1
  })
})

const MODEL: ModelFolder = {
  yaml: `model: cards
version: 3
file: model.onnx
inputs:
  - {input: x, columns: [{from: customer.age, missing: 40}, {from: 'customer.phone == "1" ? 1.0 : 0.0', missing: 0}, {from: offer.value}]}
output: {name: probabilities, positive: "1"}
`,
  files: {
    'model.onnx': writeLogistic({
      name: 'cards',
      inputs: [{ name: 'x', columns: 3 }],
      intercept: -1,
      coefficients: [0.01, 0.1, 0.1]
    })
  }
}

test('a journalled decision says who competed with which factors, what models were asked and what was shown', async t => {
  const { engine, records } = await start(t, 'journal: {}', MODEL)
  const profile: Profile = { ...EMPTY_PROFILE, attributes: { age: 41, phone: '1' } }
  const key = { namespace: 'crm', id: 'c-1' }
  const { lexicon } = engine.snapshots.current().strategy
  await engine.store.customers.change(key, () => profile, lexicon)
  await engine.tell({ id: 'e-1', type: 'page_view', customer: { id: 'c-1' } })
  const answer = await engine.ask({ ...WEB, context: { intent: 'loan' } })
  const { packAnswer, packTrace, journal, ...record } = records[0]!
  const stored = structuredClone(journal?.pack())
  const { legend, hash } = engine.snapshots.current()
  const decision = journalDecision(
    { ...record, answer: packAnswer(), trace: packTrace(), journal: stored },
    legend
  )
  const [shown] = answer.placements[0]!.offers
  t.match(decision, {
    id: answer.decisionId,
    customer: key,
    channel: 'web',
    strategy: 'small',
    strategyHash: hash,
    degraded: [],
    historyLength: 1,
    historyHash: /^[\w+/]{27}=$/
  })
  t.same(
    decision.candidates.map(({ offer, outcome, rank, model }) => [offer, outcome, rank, model]),
    [
      ['gold-card', 'selected', 1, 'cards'],
      ['loan', 'outranked', 2, null],
      ['adult', 'eligibility', null, null]
    ]
  )
  const [{ p, c, v, l, priority }] = decision.candidates as [(typeof decision.candidates)[0]]
  t.same({ p, c, v, l }, shown?.factors)
  t.equal(priority, shown?.priority)
  t.match(decision.placed, [
    {
      placement: 'home_hero',
      offer: 'gold-card',
      treatment: 'gold-card.web.any',
      rank: 1,
      probability: 1,
      source: 'model',
      propensity: shown?.propensity.value
    }
  ])
  t.same(decision.features, [
    {
      model: 'cards@3',
      shared: ['customer.age', 'customer.phone == "1" ? 1.0 : 0.0'],
      sharedValues: [41, null],
      byOffer: ['offer.value'],
      offers: { 'gold-card': [2] }
    }
  ])
  t.same(decision.facts, {
    'customer.age': 41,
    'customer.balance': 0,
    'customer.products': [],
    'context.intent': 'loan',
    'context.device': 'desktop'
  })
  t.same(decision.personal.facts, { 'customer.phone': '1' })
  t.match(JSON.parse(decision.personal.request), { customer: { id: 'c-1' } })
})

test('what a model answered is journalled, also where propensities are drawn from it', async t => {
  const answered = []
  for (const method of ['none', 'thompson']) {
    const settings = `journal: {}\narbitration: {exploration: {method: ${method}}}`
    const { engine, records } = await start(t, settings, MODEL)
    await engine.ask(WEB)
    const { packAnswer, packTrace, journal, ...record } = records[0]!
    const packed = { answer: packAnswer(), trace: packTrace(), journal: journal?.pack() }
    const { legend } = engine.snapshots.current()
    const { scores, candidates } = journalDecision({ ...record, ...packed }, legend)
    const [first] = candidates
    t.equal(first?.p === scores[0]?.score, method === 'none')
    answered.push(scores)
  }
  t.match(answered[0], [{ model: 'cards@3', shadow: false, offer: 'gold-card', score: Number }])
  t.same(answered[0], answered[1])
})

test('a probability that the answer did not know yet is journalled', async t => {
  const { engine, records } = await start(
    t,
    'journal: {}\narbitration: {exploration: {method: thompson}}'
  )
  const answer = await engine.ask(WEB)
  t.equal(answer.placements[0]?.offers[0]?.probability, null)
  const note = records[0]?.journal?.pack() as { placed: Array<{ probability: number | null }> }
  const [placed] = note.placed
  t.ok(placed?.probability !== null && placed!.probability > 0 && placed!.probability <= 1)
})
