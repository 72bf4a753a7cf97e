import { test, type Test } from 'tap'
import { createMemoryStore } from '../../../src/adapters/memory/memory-store.js'
import {
  archiveStrategy,
  readArchived,
  type StrategyParts
} from '../../../src/decisioning/replay/archive-strategy.js'
import type { StrategyArchive } from '../../../src/decisioning/ports.js'
import { NOW_MS, startEngine } from '../../helpers/engine.js'
import { BUSY_MODELS, busyRules } from '../../helpers/lived.js'
import { offerYaml, rulesWith } from '../../helpers/rules.js'

const WEB = { customer: { id: 'c-1' }, channel: 'web', placements: [{ id: 'home_hero' }] }
const DAY_MS = 86_400_000

/** An archive that notes what is put, and a clock that is moved by hand. */
function noting(t: Test): { archive: StrategyArchive; put: string[]; pass(ms: number): void } {
  let nowMs = NOW_MS
  const store = createMemoryStore({ clock: () => nowMs })
  t.after(() => store.close())
  const put: string[] = []
  const archive: StrategyArchive = {
    ...store.archive,
    async put(name, bytes, lifetimeMs) {
      put.push(name)
      await store.archive.put(name, bytes, lifetimeMs)
    }
  }
  return { archive, put, pass: ms => (nowMs += ms) }
}

function partsWith(rules: string, bytes: Uint8Array): StrategyParts {
  const file = { path: 'models/m/model.yaml', text: 'model: m' }
  const models = [{ name: 'm', folder: 'models/m', file, bytes: new Map([['m.onnx', bytes]]) }]
  return { rules: [{ path: 'rules/a.yaml', text: rules }], models }
}

test('an archived strategy is read as it was, its large models in pieces', async t => {
  const { archive } = noting(t)
  const bytes = Uint8Array.from({ length: 2.5 * 2 ** 20 }, (_, i) => (i * i) % 251)
  await archiveStrategy(archive, 'abc', partsWith('strategy: ü', bytes), DAY_MS)
  const source = (await readArchived(archive, 'abc'))!
  t.strictSame(source.rules, [{ path: 'rules/a.yaml', text: 'strategy: ü' }])
  const [model] = source.models
  t.match(model, { name: 'm', folder: 'models/m', file: { text: 'model: m' } })
  t.ok(Buffer.from(await model!.readBytes('m.onnx')).equals(bytes))
  await t.rejects(model!.readBytes('other.onnx'), /has no file other\.onnx/)
})

test('what strategies have in common is stored once, and lapses when none needs it', async t => {
  const { archive, put, pass } = noting(t)
  const model = Buffer.from('a model')
  await archiveStrategy(archive, 'one', partsWith('1', model), 2 * DAY_MS)
  t.equal(put.length, 2)
  pass(DAY_MS)
  await archiveStrategy(archive, 'two', partsWith('2', model), 2 * DAY_MS)
  t.strictSame(put.slice(2), ['strategy:two'])
  await archiveStrategy(archive, 'two', partsWith('2', model), 2 * DAY_MS)
  t.equal(put.length, 3, 'what is there is only renewed')
  pass(1.5 * DAY_MS)
  t.equal(await readArchived(archive, 'one'), undefined)
  t.ok(await readArchived(archive, 'two'))
})

test('a decision is replayed for as long as its strategy is archived, and then says that it is gone', async t => {
  const engine = await startEngine(t, { rules: busyRules(), models: BUSY_MODELS })
  const { decisionId } = await engine.ask(WEB)
  engine.rewrite(rulesWith({ offers: offerYaml('other') }))
  await engine.loader.load()
  const record = (await engine.store.records.get(decisionId))!
  engine.pass(7 * DAY_MS)
  t.match(await engine.replayRecord(record), { same: true }, 'the last seven days are there')

  const again = await startEngine(t, { rules: busyRules(), models: BUSY_MODELS })
  const { decisionId: other } = await again.ask(WEB)
  again.rewrite(rulesWith({ offers: offerYaml('other') }))
  await again.loader.load()
  const old = (await again.store.records.get(other))!
  again.pass(9 * DAY_MS)
  await t.rejects(again.replayRecord(old), { code: 'not_allowed', message: /no longer archived/ })
})

test('more strategies than stay compiled are replayed in turns', async t => {
  const rules = (n: number) => rulesWith({ offers: offerYaml(`offer-${n}`) })
  const engine = await startEngine(t, { rules: rules(0) })
  const ids: string[] = []
  for (let n = 0; n < 7; n++) {
    engine.rewrite(rules(n))
    await engine.loader.load()
    ids.push((await engine.ask(WEB)).decisionId)
  }
  for (const id of [...ids, ...ids]) t.match(await engine.replay(id, 'recorded'), { same: true })
})
