import { Redis } from 'ioredis'
import { test } from 'tap'
import { openStore } from '../../../src/adapters/redis/open-store.js'
import type { WhatIfChanges } from '../../../src/decisioning/what-if/what-if-changes.js'
import type { Profile } from '../../../src/domain/customer.js'
import type { DecisionRequest } from '../../../src/domain/decision.js'
import { Refusal } from '../../../src/domain/refusal.js'
import { createRandom } from '../../../src/learning/random.js'
import { startEngine, type Answer, type Engine } from '../../helpers/engine.js'
import { BUSY_MODELS, busyRules, live } from '../../helpers/lived.js'
import { keptLog } from '../../helpers/logs.js'
import { PATIENT_MS, redisMissing, startRedis } from '../../helpers/redis.js'
import { offerYaml, rulesWith } from '../../helpers/rules.js'

const CHANCES = ['{method: none}', '{method: epsilon, share: 0.5}', '{method: thompson}']
const KEY = { namespace: 'crm', id: 'c-1' }

function hero(changes: Partial<DecisionRequest> = {}): DecisionRequest {
  return { customer: KEY, channel: 'web', placements: [{ id: 'home_tile' }], ...changes }
}

/** An answer without what is another for every decision. */
function told({ decisionId: _, explanation, ...answer }: Answer): object {
  return { ...answer, explanation: { ...explanation, decisionId: 'any' } }
}

/** What is decided in truth, with the seed of a what-if. */
function inTruth(engine: Engine, request: DecisionRequest, seed: string): Promise<Answer> {
  return engine.ask({
    ...request,
    options: { ...request.options, mode: 'test', explain: 'full', seed }
  })
}

for (const exploration of CHANCES) {
  test(`supposing nothing changes nothing, and is what is decided, exploration ${exploration}`, async t => {
    const engine = await startEngine(t, { rules: busyRules({ exploration }), models: BUSY_MODELS })
    await live(engine, createRandom(11), 40)
    for (let i = 0; i < 30; i++) {
      const request = hero({ customer: { ...KEY, id: `c-${i}` } })
      const { seed, before, after } = await engine.suppose(request, {})
      t.strictSame(told(after), told(before))
      t.strictSame(told(before), told(await inTruth(engine, request, seed)))
    }
  })
}

test('what is supposed of a customer is decided as if it were so', async t => {
  const attributes = { age: 22, balance: 50 }
  const consent = { marketing: { granted: true, timeMs: 1, source: 'branch' } }
  const cases: ReadonlyArray<[changes: WhatIfChanges, then: Partial<Profile>]> = [
    [{ attributes: { age: 41 } }, { attributes: { age: 41, balance: 50 } }],
    [{ attributes: { balance: 1e4 } }, { attributes: { age: 22, balance: 1e4 } }],
    [{ attributes: { age: null } }, { attributes: { balance: 50 } }],
    [{ consent: { marketing: { granted: true } } }, { consent }]
  ]
  for (const [changes, then] of cases) {
    const rules = busyRules({ exploration: '{method: thompson}' })
    const engine = await startEngine(t, { rules, models: BUSY_MODELS })
    const { lexicon } = engine.snapshots.current().strategy
    const store = (profile: Partial<Profile>) =>
      engine.store.customers.change(
        KEY,
        () => ({ attributes, tags: [], consent: {}, ...profile }),
        lexicon
      )
    await store({})
    const { seed, before, after } = await engine.suppose(hero(), changes)
    t.strictSame(told(before), told(await inTruth(engine, hero(), seed)))
    await store(then)
    t.strictSame(told(after), told(await inTruth(engine, hero(), seed)))
    t.notSame(told(after), told(before))
  }
})

test('tags, context and time can be supposed, over what the request says', async t => {
  const rules = rulesWith({
    offers: [
      offerYaml('gold', { eligibility: 'tagged("finance")' }),
      offerYaml('travel', { eligibility: 'context.device == "mobile"' }),
      offerYaml('winter', { from: '2027-01-01', until: '2027-02-01' }),
      offerYaml('young', { eligibility: 'customer.age < 30' })
    ].join('\n'),
    rest: 'tags: {finance: {credit: {}}}'
  })
  const { suppose } = await startEngine(t, { rules })
  const shown = async (request: DecisionRequest, changes: WhatIfChanges): Promise<string[]> =>
    (await suppose(request, changes)).after.placements.flatMap(({ offers }) =>
      offers.map(({ offerId }) => offerId)
    )
  const request = hero({ context: { device: 'desktop' }, attributes: { age: 50 } })
  t.same(await shown(request, {}), ['welcome'])
  t.same(await shown(request, { tags: ['finance/credit'] }), ['gold'])
  t.same(await shown(request, { context: { device: 'mobile' } }), ['travel'])
  t.same(await shown(request, { at: '2027-01-05T00:00:00Z' }), ['winter'])
  t.same(await shown(request, { attributes: { age: 20 } }), ['young'])
  t.same(await shown(request, { attributes: { age: null } }), ['welcome'])
  const mobile = hero({ context: { device: 'mobile' } })
  t.same(await shown(mobile, { context: { device: null } }), ['welcome'])
})

test('a supposed lever is that of the files, also for customers in an arm that changes it', async t => {
  const rules = (lever: number): string =>
    rulesWith({
      offers: [offerYaml('gold', { value: 2 }), offerYaml('travel', { value: 3, lever })].join(
        '\n'
      ),
      rest: 'experiments: {e: {salt: e, arms: {A: {share: 1, levers: {gold: 40}}}}}'
    })
  const engine = await startEngine(t, { rules: rules(0) })
  const { seed, after } = await engine.suppose(hero(), { levers: { travel: -60 } })
  t.equal(after.placements[0]?.offers[0]?.offerId, 'gold')
  const other = await startEngine(t, { rules: rules(-60) })
  const { strategy: _, ...same } = told(await inTruth(other, hero(), seed)) as Answer
  t.match(after.placements, same.placements)
  const armed = await engine.suppose(hero(), { levers: { gold: -50 } })
  t.match(armed.before.placements[0]?.offers[1], { offerId: 'gold', factors: { l: 1.4 } })
  t.match(armed.after.placements[0]?.offers[1], { offerId: 'gold', factors: { l: 0.5 } })
})

test('names that the strategy does not have are refused with their place', async t => {
  const { suppose } = await startEngine(t, { rules: rulesWith({ offers: offerYaml('gold') }) })
  const changes = {
    attributes: { agee: 1, age: 'old' },
    tags: ['gold'],
    consent: { spam: { granted: true } },
    context: { device: 'tv', other: null },
    at: 'soon',
    levers: { golf: 5 }
  }
  const refused = await suppose(hero(), changes).then(
    () => t.fail('was not refused'),
    (error: unknown) => error
  )
  t.ok(refused instanceof Refusal)
  const pointers = (refused as Refusal).faults.map(({ pointer }) => pointer)
  t.same(pointers.sort(), [
    '/changes/at',
    '/changes/attributes/age',
    '/changes/attributes/agee',
    '/changes/consent/spam',
    '/changes/context/device',
    '/changes/context/other',
    '/changes/levers/golf',
    '/changes/tags/0'
  ])
})

test('nothing is written by supposing, and nobody lives longer by it', {
  skip: redisMissing
}, async t => {
  const { url } = await startRedis(t)
  const open = () => openStore({ url, log: keptLog(), commandTimeoutMs: PATIENT_MS })
  const rules = `${busyRules()}\nretention: {cookie: 30d}`
  const start = async () =>
    startEngine(t, { rules, models: BUSY_MODELS, nowMs: Date.now(), store: await open() })
  await live(await start(), createRandom(3), 60)
  // Another process, which has renewed nobody's lifetime yet.
  const { suppose, store, counted } = await start()
  const redis = new Redis(url)
  t.teardown(() => redis.disconnect())
  let before = ''
  for (let again = await dumped(redis); again !== before; again = await dumped(redis))
    before = again
  for (let i = 0; i < 40; i++) {
    const request = hero({
      customer: i % 2 === 0 ? { id: `c-${i}` } : { namespace: 'cookie', id: `k-${i}` },
      events: [{ type: 'page_view' }],
      options: { activate: 'on_decision' }
    })
    await suppose(request, { attributes: { age: 44 }, levers: { gold: 20 } })
  }
  await store.records.flush()
  t.equal(await dumped(redis), before)
  t.same(
    counted.filter(each => !each.startsWith('reloaded')),
    []
  )
  t.ok(before.includes('cookie'), 'there are customers whose lives could be prolonged')
})

/** All that a server holds, with the times at which it ends. */
async function dumped(redis: Redis): Promise<string> {
  const keys = (await redis.keys('*')).sort()
  const values = await Promise.all(
    keys.map(async key => {
      const bytes = await redis.dumpBuffer(key)
      return [key, String(await redis.call('PEXPIRETIME', key)), bytes.toString('base64')]
    })
  )
  return JSON.stringify(values)
}
