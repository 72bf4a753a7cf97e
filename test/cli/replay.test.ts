import { join } from 'node:path'
import { test } from 'tap'
import { runCommand } from '../helpers/cli.js'
import { runOfferd, smallStrategy } from '../helpers/offerd.js'
import { redisMissing, startRedis } from '../helpers/redis.js'
import { offerYaml, rulesWith } from '../helpers/rules.js'
import { startService } from '../helpers/service.js'

const RULES = rulesWith({ offers: [offerYaml('gold'), offerYaml('silver')].join('\n') })
const OTHER_RULES = rulesWith({
  offers: [offerYaml('gold'), offerYaml('silver', { lever: 30 })].join('\n')
})

test('offerd replay makes recorded decisions again, by their own strategy and by another', {
  skip: redisMissing
}, async t => {
  const { url } = await startRedis(t)
  const files = { 'rules/all.yaml': RULES, 'models/none/README.md': '' }
  const service = await startService(t, { files, redisUrl: url })
  const ids: string[] = []
  for (let i = 0; i < 5; i++) {
    const body = {
      customer: { id: `c-${i}` },
      channel: 'web',
      placements: [{ id: 'home_hero' }],
      options: { timeoutMs: 10_000 }
    }
    const answer = (await (await service.post('/v1/decisions', body)).json()) as {
      decisionId: string
    }
    ids.push(answer.decisionId)
  }
  const overHttp = await service.post(`/v1/decisions/${ids[0]}/replay`, {})
  t.match(await overHttp.json(), { decisionId: ids[0], same: true })
  await service.stop()

  const { folder, env: small } = await smallStrategy(t, OTHER_RULES)
  const env = { ...small, OFFERD_REDIS_URL: url, OFFERD_DATA: join(folder, 'data') }
  const own = await runOfferd(t, ['replay'], env)
  t.equal(own.code, 0, own.stderr)
  t.equal(own.stdout, '5 decisions replayed: all come out the same\n')

  const current = await runOfferd(t, ['replay', '--current'], env)
  t.equal(current.code, 1)
  t.match(current.stdout, /^5 decisions replayed: 5 differ$/m)
  t.match(current.stdout, new RegExp(`^lever +5 +${ids[0]} silver: 1 → 1.3$`, 'm'))

  const one = await runOfferd(t, ['replay', ids[1]!, '--current', '--json'], env)
  t.match(JSON.parse(one.stdout), {
    replayed: 1,
    differing: 1,
    stages: [
      {
        stage: 'lever',
        decisions: 1,
        example: { decisionId: ids[1], difference: { offer: 'silver', recorded: 1, now: 1.3 } }
      }
    ]
  })

  const before = await runOfferd(t, ['replay', '--to', '2020-01-01'], env)
  t.equal(before.code, 0)
  t.equal(before.stdout, 'No decision was replayed.\n')
})

test('offerd replay says what it cannot do', async t => {
  const { env } = await smallStrategy(t)
  const unknown = await runCommand(['replay', 'nobody'], env)
  t.equal(unknown.code, 1)
  t.match(unknown.stderr, 'there is no record of decision nobody')
  const both = await runCommand(['replay', 'nobody', '--from', '2026-01-01'], env)
  t.equal(both.code, 2)
  t.match(both.stderr, '--from and --to are for all decisions')
  const rules = rulesWith({ offers: offerYaml('gold', { eligibility: 'customer.agee > 1' }) })
  const broken = await smallStrategy(t, rules)
  const refused = await runCommand(['replay', '--current'], broken.env)
  t.equal(refused.code, 1)
  t.match(refused.stderr, 'agee')
})
