import { join } from 'node:path'
import { test } from 'tap'
import type { ExperimentReport } from '../../src/decisioning/experiments/experiment-report.js'
import { bucketOf } from '../../src/policy/hash.js'
import { runOfferd } from '../helpers/offerd.js'
import { redisMissing, startRedis } from '../helpers/redis.js'
import { offerYaml, rulesWith } from '../helpers/rules.js'
import { startService, type RunningService } from '../helpers/service.js'

const CUSTOMERS = 300
const ARMS = Array.from({ length: CUSTOMERS }, (_, i) =>
  bucketOf(`e1:crm/c-${i}`) < 5000 ? 'A' : 'B'
)
const IN_A = ARMS.filter(arm => arm === 'A').length
const RULES = rulesWith({
  offers: [offerYaml('gold', { value: 2 }), offerYaml('travel')].join('\n'),
  rest: 'experiments: {worth: {salt: e1, arms: {A: {share: 0.5}, B: {share: 0.5, values: {travel: 3}}}}}'
})

interface Decided {
  readonly customer: { readonly experiments: unknown }
  readonly placements: ReadonlyArray<{ readonly offers: ReadonlyArray<{ offerId: string }> }>
}

async function decideForAll(service: RunningService): Promise<readonly Decided[]> {
  const requests = ARMS.map((_, i) => ({
    customer: { id: `c-${i}` },
    channel: 'web',
    placements: [{ id: 'home_hero' }],
    options: { timeoutMs: 10_000 }
  }))
  const response = await service.post('/v1/decisions/batch', { requests })
  return ((await response.json()) as { decisions: readonly Decided[] }).decisions
}

async function reportOf(service: RunningService): Promise<ExperimentReport['experiments']> {
  return ((await (await service.get('/v1/experiments')).json()) as ExperimentReport).experiments
}

test('two processes decide alike and count every customer once', {
  skip: redisMissing
}, async t => {
  const { url: redisUrl } = await startRedis(t)
  const files = { 'rules/all.yaml': RULES, 'models/.keep': '' }
  const services = await Promise.all([
    startService(t, { files, redisUrl }),
    startService(t, { files, redisUrl })
  ])
  for (const decisions of await Promise.all(services.map(decideForAll))) {
    t.same(
      decisions.map(({ customer, placements }) => [
        customer.experiments,
        placements[0]?.offers[0]?.offerId
      ]),
      ARMS.map(arm => [{ worth: arm }, arm === 'A' ? 'gold' : 'travel'])
    )
  }
  // The other one's count follows within the moment; stopping writes what waits.
  const [one, other] = services
  await other.stop()
  let [worth] = await reportOf(one)
  while (worth?.exposed !== CUSTOMERS) [worth] = await reportOf(one)
  t.match(worth, {
    name: 'worth',
    arms: [{ exposed: IN_A }, { exposed: CUSTOMERS - IN_A }],
    sampleRatio: { verdict: 'match' }
  })
  const words = [
    'experiments',
    '--rules',
    join(one.dir, 'rules'),
    '--models',
    join(one.dir, 'models')
  ]
  const people = await runOfferd(t, words, { OFFERD_REDIS_URL: redisUrl })
  t.equal(people.code, 0, people.stderr)
  t.match(
    people.stdout,
    new RegExp(`worth\\n +arm +share +exposed +expected\\n +A +0\\.5 +${IN_A} +150`)
  )
  t.match(people.stdout, 'the sample ratio is as expected')
})
