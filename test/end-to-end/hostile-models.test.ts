import { link, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'tap'
import { HOSTILE_MODELS, SECRET_FILES } from '../adapters/onnx/hostile.js'
import { logistic } from '../adapters/onnx/build.js'
import { offerYaml, rulesWith } from '../helpers/rules.js'
import { startService, type RunningService } from '../helpers/service.js'

/** Given, models that take seconds are tried too, and the service may not stand still for longer than 50 ms. */
const ALL = process.env['OFFERD_HOSTILE_MODELS'] === 'all'
/** A machine that does other work keeps everybody waiting; what runs in the service itself, it does for seconds. */
const MOST_STANDSTILL_MS = ALL ? 50 : 1_000

const CANARY = 'canary-4f6d'
const MODEL = `model: cards
version: 1
file: model.onnx
inputs: [{input: x, columns: [{from: customer.age, missing: 40}, {from: customer.balance, missing: 0}]}]
output: {name: p, positive: "1"}
`
const FILES = {
  'rules/all.yaml': rulesWith({
    offers: offerYaml('gold-card', { propensity: { model: 'cards', prior: 0.1 } })
  }),
  'models/cards/model.yaml': MODEL,
  'models/cards/model.onnx': logistic({ weights: [0.1, 0.2] })
}
const REQUEST = {
  customer: { id: 'c-1', namespace: 'crm' },
  channel: 'web',
  placements: [{ id: 'home_hero' }],
  options: { timeoutMs: 10_000 }
}

interface Report {
  readonly outcome: string
  readonly problems: ReadonlyArray<{ readonly severity: string; readonly message: string }>
}

/** The longest that the event loop of the service stood still since it was asked before. */
async function standstillMs(service: RunningService): Promise<number> {
  const text = await (await service.get('/metrics')).text()
  return Number(/^nodejs_eventloop_lag_max_seconds (\S+)$/m.exec(text)?.[1]) * 1000
}

async function decides(service: RunningService): Promise<boolean> {
  const response = await service.post('/v1/decisions', REQUEST)
  const { placements, degraded } = (await response.json()) as {
    placements: Array<{ offers: Array<{ offerId: string; propensity?: { source: string } }> }>
    degraded: string[]
  }
  return placements[0]?.offers[0]?.offerId === 'gold-card' && degraded.length === 0
}

test('hostile models are refused with a sentence, while the model in force goes on deciding', {
  timeout: 300_000
}, async t => {
  const service = await startService(t, {
    files: FILES,
    env: { PATH: '', OFFERD_LOG_LEVEL: 'error' }
  })
  const folder = join(service.dir, 'models/cards')
  await mkdir(join(service.dir, 'elsewhere'))
  await writeFile(join(service.dir, 'elsewhere/secret'), `${CANARY}${CANARY}`)
  await writeFile(join(folder, SECRET_FILES.plain), CANARY)
  await link(join(service.dir, 'elsewhere/secret'), join(folder, SECRET_FILES.hardLink))
  await symlink(join(service.dir, 'elsewhere/secret'), join(folder, SECRET_FILES.symbolicLink))
  await standstillMs(service)
  let longestMs = 0
  const tried = HOSTILE_MODELS.filter(({ slow }) => ALL || slow !== true)
  for (const { name, bytes, says } of tried) {
    await writeFile(join(folder, 'model.onnx'), bytes())
    const startedMs = performance.now()
    const response = await service.post('/v1/strategy/reload', '')
    const tookMs = performance.now() - startedMs
    const { problems } = (await response.json()) as Report
    const [first] = problems.filter(({ severity }) => severity === 'error')
    t.equal(response.status, 422, name)
    t.match(first?.message, says, `${name} is refused for what it is`)
    t.match(first?.message, /^[^\p{Cc}\p{Zl}]{1,900}$/u, 'in one printable line')
    t.notMatch(JSON.stringify(problems), CANARY, 'which repeats nothing of other files')
    t.ok(await decides(service), 'and the old model decides')
    const ownMs = await standstillMs(service)
    longestMs = Math.max(longestMs, ownMs)
    if (ALL)
      t.comment(
        `${name}: ${tookMs.toFixed(0)} ms, stood still ${ownMs.toFixed(0)} ms: ${first?.message}`
      )
  }
  t.comment(
    `${tried.length} models; the service stood still for ${longestMs.toFixed(0)} ms at most`
  )
  t.ok(longestMs < MOST_STANDSTILL_MS, `${longestMs.toFixed(0)} ms`)

  await rm(join(folder, 'model.onnx'))
  await symlink(join(service.dir, 'elsewhere/secret'), join(folder, 'model.onnx'))
  const outside = await service.post('/v1/strategy/reload', '')
  t.match(
    await outside.text(),
    /is a link that leaves the folder/,
    'nor is a model that lies elsewhere'
  )
  await rm(join(folder, 'model.onnx'))
  await writeFile(join(folder, 'model.onnx'), logistic({ weights: [0.3, 0.2] }))
  const good = (await (await service.post('/v1/strategy/reload', '')).json()) as Report
  t.equal(good.outcome, 'swapped', 'a good model is taken as before')
  t.equal(await readFile(join(service.dir, 'elsewhere/secret'), 'utf8'), `${CANARY}${CANARY}`)
})
