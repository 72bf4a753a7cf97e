import { test } from 'tap'
import { createFindDecisions, type FindDecisions } from '../../src/decisioning/find-decisions.js'
import type { Store } from '../../src/decisioning/ports.js'
import { LOCAL_CALLER } from '../../src/domain/caller.js'
import { Refusal } from '../../src/domain/refusal.js'
import { startEngine, type Ending, type Engine } from '../helpers/engine.js'
import { offerYaml, rulesWith } from '../helpers/rules.js'

const RULES = rulesWith({ offers: offerYaml('gold') })
const C1 = { namespace: 'crm', id: 'c-1' }

async function start(t: Ending): Promise<{ engine: Engine; find: FindDecisions }> {
  const engine = await startEngine(t, { rules: RULES })
  const { store, snapshots } = engine
  return { engine, find: createFindDecisions({ ...store, snapshots }) }
}

function decideFor(engine: Engine, id: string, namespace = 'crm') {
  engine.pass(1000)
  return engine.ask({
    customer: { id, namespace },
    channel: 'web',
    placements: [{ id: 'home_hero' }]
  })
}

test('the latest decisions come newest first, each in a line', async t => {
  const { engine, find } = await start(t)
  await decideFor(engine, 'c-1')
  const second = await decideFor(engine, 'c-2')
  const third = await decideFor(engine, 'k-1', 'cookie')
  const { decisions, searched } = await find(undefined, 2, LOCAL_CALLER)
  t.strictSame(
    decisions.map(({ decisionId }) => decisionId),
    [third.decisionId, second.decisionId]
  )
  t.strictSame(decisions[0], {
    decisionId: third.decisionId,
    decidedAt: third.decidedAt,
    strategy: third.strategy,
    customer: { namespace: 'cookie', id: 'k-1' },
    channel: 'web',
    placements: [{ id: 'home_hero', fallback: false, offers: ['gold'] }],
    degraded: []
  })
  t.strictSame(searched, { decisions: 2, backTo: second.decidedAt, all: false })
})

test('decisions about one customer are found under every key of a merged one', async t => {
  const { engine, find } = await start(t)
  const known = await decideFor(engine, 'c-1')
  await decideFor(engine, 'c-2')
  const anonymous = await decideFor(engine, 'k-1', 'cookie')
  const { customers } = engine.store
  const { lexicon } = engine.snapshots.current().strategy
  await customers.merge(C1, { namespace: 'cookie', id: 'k-1' }, lexicon)
  for (const key of [C1, { namespace: 'cookie', id: 'k-1' }]) {
    const { decisions, searched } = await find(key, 20, LOCAL_CALLER)
    t.strictSame(
      decisions.map(({ decisionId }) => decisionId),
      [anonymous.decisionId, known.decisionId]
    )
    t.ok(searched.all)
  }
})

test('a decision too old for the search is found where the history names it', async t => {
  const { engine } = await start(t)
  const old = await decideFor(engine, 'c-1')
  await engine.tell({ id: 'e-1', type: 'click', token: old.placements[0]!.offers[0]!.token })
  const newest = await decideFor(engine, 'c-2')
  const record = await engine.store.records.get(newest.decisionId)
  const records: Pick<Store['records'], 'get' | 'latest'> = {
    get: id => engine.store.records.get(id),
    // A busy service: the newest thousand are about others.
    async *latest() {
      for (;;) yield [record!]
    }
  }
  const find = createFindDecisions({ ...engine, customers: engine.store.customers, records })
  const { decisions, searched } = await find(C1, 20, LOCAL_CALLER)
  t.strictSame(
    decisions.map(({ decisionId }) => decisionId),
    [old.decisionId]
  )
  t.strictSame(searched, { decisions: 1000, backTo: newest.decidedAt, all: false })
})

test('a key sees decisions of its namespaces only', async t => {
  const { engine, find } = await start(t)
  await decideFor(engine, 'c-1')
  const visitor = await decideFor(engine, 'k-1', 'cookie')
  const caller = { ...LOCAL_CALLER, namespaces: new Set(['cookie']) }
  const { decisions } = await find(undefined, 20, caller)
  t.strictSame(
    decisions.map(({ decisionId }) => decisionId),
    [visitor.decisionId]
  )
  await t.rejects(
    find(C1, 20, caller),
    new Refusal('forbidden', 'This key may not use namespace "crm".')
  )
  const nobody = { namespace: 'crn', id: 'c-1' }
  await t.rejects(
    find(nobody, 20, LOCAL_CALLER),
    new Refusal('invalid', 'There can be no such customer.')
  )
})

test('where nothing is recorded, nothing is found', async t => {
  const { find } = await start(t)
  t.strictSame(await find(undefined, 20, LOCAL_CALLER), {
    decisions: [],
    searched: { decisions: 0, backTo: null, all: true }
  })
})
