import { join } from 'node:path'
import { test } from 'tap'
import { writeLogistic } from '../../src/adapters/onnx/write.js'
import { createRandom } from '../../src/learning/random.js'
import { runCommand } from '../helpers/cli.js'
import { runOfferd } from '../helpers/offerd.js'
import { redisMissing, startRedis } from '../helpers/redis.js'
import { offerYaml, rulesWith } from '../helpers/rules.js'
import { startService, type RunningService } from '../helpers/service.js'

const OFFERS = ['a', 'b', 'c'] as const
const DECISIONS = 450
const TOGETHER = 30

/** age@1 knows nothing; others know which offer the customer came for, and like it as much as `weight` says. */
function model(folder: string, version: number, weight: number, shadow: boolean) {
  return {
    [`models/${folder}/model.yaml`]: `model: intent
version: ${version}
file: model.onnx
inputs: [{input: input, columns: [{from: 'context.intent == offer.id ? 1.0 : 0.0', missing: 0}]}]
output: {name: probabilities, positive: "1"}
shadow: ${shadow} # who decides
`,
    [`models/${folder}/model.onnx`]: writeLogistic({
      name: `weight-${weight}`,
      inputs: [{ name: 'input', columns: 1 }],
      intercept: -2,
      coefficients: [weight]
    })
  }
}

const FILES = {
  'rules/all.yaml': rulesWith({
    offers: OFFERS.map(id => offerYaml(id, { propensity: { model: 'intent' } })).join('\n'),
    rest: 'journal: {keep: 7d, maxBytes: 1GB, whenFull: wait}\narbitration: {exploration: {method: epsilon, share: 0.6}}'
  }),
  ...model('intent', 1, 0, false),
  ...model('knowing', 2, 1.6, true),
  ...model('contrary', 3, -3, true)
}

interface Answer {
  readonly decisionId: string
  readonly degraded: readonly string[]
  readonly strategy: { readonly hash: string }
  readonly placements: ReadonlyArray<{
    readonly offers: ReadonlyArray<{
      readonly offerId: string
      readonly token: string
      readonly propensity: { readonly model: string } | null
    }>
  }>
}

async function decide(service: RunningService, n: number, intent: string): Promise<Answer> {
  const answer = await service.post('/v1/decisions', {
    customer: { id: `c-${n}` },
    channel: 'web',
    placements: [{ id: 'home_hero' }],
    context: { intent },
    options: { timeoutMs: 10_000 }
  })
  if (answer.status !== 200) throw new Error(`${answer.status}: ${await answer.text()}`)
  return (await answer.json()) as Answer
}

/** Customers who come for one offer and take it in two of five cases, others in one of ten. */
async function live(service: RunningService): Promise<void> {
  const random = createRandom(3)
  for (let n = 0; n < DECISIONS; n += TOGETHER) {
    const events = await Promise.all(
      Array.from({ length: TOGETHER }, async (_, i) => {
        const intent = OFFERS[random.integer(3)]!
        const luck = random.uniform()
        const { placements } = await decide(service, n + i, intent)
        const { offerId, token } = placements[0]!.offers[0]!
        const accepts = luck < (offerId === intent ? 0.4 : 0.1)
        return ['impression', ...(accepts ? ['accept'] : [])].map(type => ({
          id: `${type}-${n + i}`,
          type,
          token
        }))
      })
    )
    const told = await service.post('/v1/events', events.flat())
    if (told.status !== 202) throw new Error(`events were answered ${told.status}`)
    await told.arrayBuffer()
  }
}

test('a challenger scores, is found better, is promoted and reloaded under traffic, and is demoted again', {
  skip: redisMissing,
  timeout: 180_000
}, async t => {
  const redis = await startRedis(t)
  const first = await startService(t, { files: FILES, redisUrl: redis.url })
  await live(first)
  const metrics = await (await first.get('/metrics')).text()
  t.match(metrics, /offerd_shadow_decisions_total\{model="intent@2",outcome="scored"\} \d+/)
  t.equal(await first.stop(), 0)
  const data = { OFFERD_DATA: join(first.dir, 'data'), OFFERD_REDIS_URL: redis.url }
  t.equal((await runOfferd(t, ['journal', 'export', '--once'], data)).code, 0)
  const service = await startService(t, { files: FILES, redisUrl: redis.url })
  const env = {
    ...data,
    OFFERD_RULES: join(service.dir, 'rules'),
    OFFERD_MODELS: join(service.dir, 'models'),
    USER: 'ann'
  }
  const run = async (...words: string[]) => {
    const outcome = await runCommand(words, env)
    t.equal(outcome.code, 0, `${words.join(' ')} ${outcome.stderr}`)
    return outcome.stdout
  }

  const [intent] = (JSON.parse(await run('models', '--json')) as Found).models
  t.match(intent!.champion, { model: 'intent@1', decisions: DECISIONS })
  const [knowing, contrary] = intent!.challengers
  t.equal(knowing!.model, 'intent@2')
  t.ok(knowing!.decisions > DECISIONS / 3, 'a busy machine skips some')
  t.ok(knowing!.difference.verdicts.includes('ranks better'))
  t.ok(contrary!.difference.verdicts.includes('ranks worse'))
  const rush = new AbortController()
  const answers: Answer[] = []
  const traffic = (async () => {
    for (let n = 0; !rush.signal.aborted; n++) answers.push(await decide(service, n, 'b'))
  })()
  await run('models', 'promote', 'intent@2', '--reason', 'ranks better')
  const reloaded = await service.post('/v1/strategy/reload', {})
  t.equal(reloaded.status, 200, await reloaded.text())
  const decidesNow = async (label: string): Promise<void> => {
    const { placements, degraded } = await decide(service, 1, 'b')
    t.equal(placements[0]!.offers[0]!.propensity?.model, label)
    t.same(degraded, [])
  }
  await decidesNow('intent@2')
  t.match(await (await service.get('/v1/strategy')).json(), {
    models: [{ name: 'intent', version: 2, shadows: [1, 3] }]
  })
  await run('models', 'demote', 'intent@2', '--reason', 'only a trial')
  t.equal((await service.post('/v1/strategy/reload', {})).status, 200)
  await decidesNow('intent@1')
  rush.abort()
  await traffic
  t.ok(answers.length > 0, `${answers.length} answers in the meantime`)
  t.same([...new Set(answers.flatMap(({ degraded }) => degraded))], [])
  t.ok(new Set(answers.map(({ strategy }) => strategy.hash)).size >= 2)
  t.match(
    await run('models', 'history'),
    /ann +demoted +intent@1 +intent@2 +only a trial\n.*promoted/
  )
})

interface Found {
  readonly models: ReadonlyArray<{
    readonly champion: {
      readonly decisions: number
      readonly scores: { readonly impressions: number } | null
    }
    readonly challengers: ReadonlyArray<{
      readonly model: string
      readonly decisions: number
      readonly difference: { readonly verdicts: readonly string[] }
    }>
  }>
}
