import { test, type Test } from 'tap'
import { openStore } from '../../../src/adapters/redis/open-store.js'
import {
  packTrace,
  unpackTrace,
  type PackedTrace
} from '../../../src/decisioning/trace/packed-trace.js'
import type { ReplayReport, ReplayStrategy } from '../../../src/decisioning/replay/replay.js'
import { createRandom } from '../../../src/learning/random.js'
import { startEngine, type Engine } from '../../helpers/engine.js'
import { BUSY_MODELS, busyRules, live, type BusyChanges } from '../../helpers/lived.js'
import { keptLog } from '../../helpers/logs.js'
import { PATIENT_MS, redisMissing, startRedis } from '../../helpers/redis.js'
import { offerYaml, rulesWith } from '../../helpers/rules.js'

const DECISIONS = Number(process.env['OFFERD_REPLAY_DECISIONS'] ?? 120)
const CHANCES = ['{method: none}', '{method: epsilon, share: 0.2}', '{method: thompson}']
const WEB = { customer: { id: 'c-1' }, channel: 'web', placements: [{ id: 'home_hero' }] }

async function replayed(
  { replay }: Engine,
  ids: readonly string[],
  strategy: ReplayStrategy = 'recorded'
): Promise<ReplayReport[]> {
  const reports: ReplayReport[] = []
  for (const id of ids) reports.push(await replay(id, strategy))
  return reports
}

function differing(reports: readonly ReplayReport[]): ReplayReport[] {
  return reports.filter(({ same }) => !same)
}

/** Puts other rules in force. */
async function change(t: Test, engine: Engine, rules: string): Promise<void> {
  engine.rewrite(rules)
  t.match(await engine.loader.load(), { outcome: 'swapped' })
}

for (const exploration of CHANCES) {
  test(`decisions of all kinds come out the same again, exploration ${exploration}`, async t => {
    const engine = await startEngine(t, { rules: busyRules({ exploration }), models: BUSY_MODELS })
    const ids = await live(engine, createRandom(Date.now() >>> 0), DECISIONS)
    const reports = await replayed(engine, ids)
    t.strictSame(differing(reports), [])
    t.ok(reports.some(({ scores }) => scores.compared > 0))
  })

  test(`over Redis they come out the same after a restart, exploration ${exploration}`, {
    skip: redisMissing
  }, async t => {
    const { url } = await startRedis(t)
    const open = () => openStore({ url, log: keptLog(), commandTimeoutMs: PATIENT_MS })
    const store = await open()
    const before = await startEngine(t, {
      rules: busyRules({ exploration }),
      models: BUSY_MODELS,
      nowMs: Date.now(),
      store
    })
    const ids = await live(before, createRandom(Date.now() >>> 0), DECISIONS)
    await store.close()

    const after = await startEngine(t, {
      rules: busyRules({ formula: 'v' }),
      store: await open(),
      models: BUSY_MODELS
    })
    t.strictSame(differing(await replayed(after, ids)), [])
  })
}

const CHANGED: ReadonlyArray<readonly [stage: string, changes: BusyChanges]> = [
  ['eligibility', { gold: { eligibility: 'customer.age > 40' } }],
  ['contact', { tiredLimit: 1 }],
  ['value', { gold: { value: 81 } }],
  ['lever', { gold: { lever: 30 } }],
  ['priority', { formula: 'p * c * v * l + 1' }],
  ['exploration', { exploration: '{method: epsilon, share: 0.3}' }]
]

for (const [stage, changes] of CHANGED) {
  test(`a change of the rules is named by the first stage that it reaches: ${stage}`, async t => {
    const engine = await startEngine(t, { rules: busyRules(), models: BUSY_MODELS })
    const ids = await live(engine, createRandom(11), 120)
    await change(t, engine, busyRules(changes))
    const reports = differing(await replayed(engine, ids, 'current'))
    t.ok(reports.length > 0, `${reports.length} of ${ids.length} differ`)
    const stages = new Set(reports.map(({ difference }) => difference?.stage))
    t.strictSame([...stages], [stage])
    if ('gold' in changes)
      t.strictSame(new Set(reports.map(({ difference }) => difference?.offer)), new Set(['gold']))
    t.strictSame(differing(await replayed(engine, ids)), [], 'their own strategy is archived')
  })
}

test('another score of the same model differs in the propensity', async t => {
  const rules = rulesWith({ offers: offerYaml('gold', { propensity: { model: 'young' } }) })
  const engine = await startEngine(t, { rules, models: BUSY_MODELS })
  const { decisionId } = await engine.ask({ ...WEB, attributes: { age: 30 } })
  t.match(await engine.replay(decisionId, 'recorded'), {
    same: true,
    scores: { compared: 1, largestDifference: 0 }
  })
  const record = (await engine.store.records.get(decisionId))!
  const trace = unpackTrace(record.trace as PackedTrace)
  const contest = { ...trace.contest!, p: [trace.contest!.p[0]! + 1e-5] }
  const other = { ...record, trace: packTrace({ ...trace, contest }) }
  const report = await engine.replayRecord(other)
  t.match(report, { same: false, difference: { stage: 'propensity', offer: 'gold' } })
  t.ok(Math.abs(report.scores.largestDifference - 1e-5) < 1e-9)
})

test('a request that the strategy does not understand any more differs at the request', async t => {
  const engine = await startEngine(t, { rules: rulesWith({ offers: offerYaml('gold') }) })
  const { decisionId } = await engine.ask(WEB)
  const placements = '  banner: {channel: web, count: 1, fallback: welcome}'
  const treatments = { any: { placements: ['banner'], content: {} } }
  const offers = offerYaml('gold', { treatments })
  await change(t, engine, rulesWith({ offers, placements }))
  t.match(await engine.replay(decisionId, 'current'), {
    same: false,
    difference: { stage: 'request', now: { faults: [{ pointer: '/placements/0/id' }] } }
  })
})

test('what cannot be replayed says why', async t => {
  const engine = await startEngine(t, { rules: rulesWith({ offers: offerYaml('gold') }) })
  const { decisionId } = await engine.ask(WEB)
  await t.rejects(engine.replay('nobody', 'recorded'), { code: 'not_found' })
  const { replay: _, ...record } = (await engine.store.records.get(decisionId))!
  await t.rejects(engine.replayRecord(record), {
    code: 'not_allowed',
    message: /by the release before/
  })
  await change(t, engine, rulesWith({ offers: offerYaml('silver') }))
  t.match(await engine.replay(decisionId, 'recorded'), { same: true })
  const gone = { ...(await engine.store.records.get(decisionId))!, strategyHash: 'f00d' }
  await t.rejects(engine.replayRecord(gone), {
    code: 'not_allowed',
    message: /no longer archived/
  })
})
