import { test } from 'tap'
import { eventually } from '../contracts/store-contract.js'
import { redisMissing, startRedis } from '../helpers/redis.js'
import { offerYaml, rulesWith } from '../helpers/rules.js'
import { startService, type RunningService } from '../helpers/service.js'

const DECISIONS = 60

interface Decided {
  readonly decisionId: string
  readonly placements: ReadonlyArray<{
    readonly offers: ReadonlyArray<{
      readonly offerId: string
      readonly probability: number | null
    }>
  }>
}

function rules(exploration: string): string {
  return rulesWith({
    offers: ['a', 'b', 'c'].map(id => offerYaml(id, { propensity: { prior: 0.1 } })).join('\n'),
    rest: `arbitration: {exploration: ${exploration}}`
  })
}

async function decide(service: RunningService): Promise<readonly Decided[]> {
  const requests = Array.from({ length: DECISIONS }, (_, i) => ({
    customer: { id: `c-${i}` },
    channel: 'web',
    placements: [{ id: 'home_hero' }],
    options: { timeoutMs: 10_000 }
  }))
  const response = await service.post('/v1/decisions/batch', { requests })
  return ((await response.json()) as { decisions: readonly Decided[] }).decisions
}

function shown({ placements }: Decided): ReadonlyArray<readonly [string, number | null]> {
  return placements.flatMap(({ offers }) =>
    offers.map(({ offerId, probability }) => [offerId, probability] as const)
  )
}

async function recorded(service: RunningService, { decisionId }: Decided): Promise<Decided> {
  return eventually(
    async () => {
      const response = await service.get(`/v1/decisions/${decisionId}`)
      return response.status === 200 ? ((await response.json()) as Decided) : undefined
    },
    found => found !== undefined
  ).then(found => found!)
}

test('what was drawn is answered at once, and how likely it was soon stands in its record', {
  skip: redisMissing
}, async t => {
  const { url: redisUrl } = await startRedis(t)
  const files = { 'rules/all.yaml': rules('{method: thompson}'), 'models/.keep': '' }
  const [one, other] = await Promise.all([
    startService(t, { files, redisUrl }),
    startService(t, { files, redisUrl })
  ])
  const decisions = await decide(one)
  t.equal(decisions.length, DECISIONS)
  const seen = new Set<string>()
  for (const decision of decisions) {
    const [[offer, probability] = ['', NaN]] = shown(decision)
    t.equal(probability, null)
    seen.add(offer)
    const [[same, estimated] = ['', null]] = shown(await recorded(other, decision))
    t.equal(same, offer)
    t.ok(estimated !== null && Math.abs(estimated - 1 / 3) < 0.15, `${estimated}`)
  }
  t.equal(seen.size, 3)
})

test('a share left to chance is answered with its probability, which the record repeats', {
  skip: redisMissing
}, async t => {
  const { url: redisUrl } = await startRedis(t)
  const files = {
    'rules/all.yaml': rules('{method: epsilon, share: 0.6}'),
    'models/.keep': ''
  }
  const service = await startService(t, { files, redisUrl })
  for (const decision of await decide(service)) {
    const told = shown(decision)
    const likely = told[0]![0] === 'a' ? 0.6 : 0.2
    t.ok(Math.abs(told[0]![1]! - likely) < 1e-12)
    t.same(shown(await recorded(service, decision)), told)
  }
})
