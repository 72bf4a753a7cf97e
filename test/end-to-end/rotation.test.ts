import { test } from 'tap'
import { runOfferd, smallStrategy } from '../helpers/offerd.js'
import { redisMissing, startRedis } from '../helpers/redis.js'
import { offerYaml, rulesWith } from '../helpers/rules.js'
import { startService, type RunningService } from '../helpers/service.js'

const FILES = {
  'rules/all.yaml': rulesWith({ offers: offerYaml('gold-card') }),
  'models/.keep': ''
}
/** Two minutes see the new secret sign; a moment sees only that nobody is disturbed by the rotation. */
const LOAD_MS = 1000 * Number(process.env['OFFERD_ROTATION_SECONDS'] ?? 2)
const CALLERS = 4

interface Row {
  readonly id: string
  readonly signsFrom: string | null
  readonly opensUntil: string | null
}

/** Which secret signed it. */
const secretOf = (token: string): string => Buffer.from(token, 'base64url').toString('hex', 1, 5)

async function tokenFrom(service: RunningService, id: string): Promise<string> {
  const response = await service.post('/v1/decisions', {
    customer: { id },
    channel: 'web',
    placements: [{ id: 'home_hero' }],
    options: { timeoutMs: 10_000 }
  })
  const { placements } = (await response.json()) as {
    placements: Array<{ offers: Array<{ token: string }> }>
  }
  return placements[0]!.offers[0]!.token
}

/** Decides at one service and tells at the other, the newest token and one of any age, until the time is over. */
async function load(
  services: readonly RunningService[],
  endMs: number,
  name: string
): Promise<{ tokens: string[]; refused: string[] }> {
  const tokens: string[] = []
  const refused: string[] = []
  while (Date.now() < endMs) {
    const [one, other] = tokens.length % 2 === 0 ? services : services.toReversed()
    tokens.push(await tokenFrom(one!, `${name}-${tokens.length}`))
    for (const token of [tokens.at(-1)!, tokens[Math.floor(tokens.length / 3)]!]) {
      const response = await other!.post('/v1/events', { type: 'click', token })
      if (response.status !== 202) refused.push(await response.text())
    }
  }
  return { tokens, refused }
}

test('a rotation under load refuses no valid token', {
  skip: redisMissing,
  timeout: 60_000 + 2 * LOAD_MS
}, async t => {
  const { url: redisUrl } = await startRedis(t)
  const { env: small } = await smallStrategy(t)
  const env = { ...small, OFFERD_REDIS_URL: redisUrl }
  const start = () => startService(t, { files: FILES, redisUrl, env: { OFFERD_TOKEN_SECRET: '' } })
  const services = [await start(), await start()]
  const startedMs = Date.now()
  const lanes = Array.from({ length: CALLERS }, (_, i) =>
    load(services, startedMs + LOAD_MS, `c${i}`)
  )

  const rotated = await runOfferd(t, ['keys', 'rotate', '--json'], env)
  t.equal(rotated.code, 0, rotated.stderr)
  const rows = JSON.parse(rotated.stdout) as Row[]
  t.equal(rows.length, 2)
  t.ok(Date.parse(rows[0]!.signsFrom!) > Date.now(), 'the new one signs when all know it')
  t.equal(rows[0]!.opensUntil, null)
  t.ok(Date.parse(rows[1]!.opensUntil!) > Date.now() + 7 * 86_400_000)
  const again = await runOfferd(t, ['keys', 'rotate'], env)
  t.equal(again.code, 1)
  t.match(again.stderr, /rotated just now; try again in \d+ s/)

  const came = await Promise.all(lanes)
  t.same(
    came.flatMap(({ refused }) => refused),
    []
  )
  const tokens = came.flatMap(each => each.tokens)
  const signedBy = new Set(tokens.map(secretOf))
  t.ok(tokens.length > 20, `${tokens.length} decisions`)
  t.ok(signedBy.has(rows[1]!.id))
  t.equal(signedBy.has(rows[0]!.id), LOAD_MS > 35_000, 'the new one signs once all know it')
  t.comment(`${tokens.length} decisions, ${2 * tokens.length} tokens told, 0 refused`)

  const shown = await runOfferd(t, ['keys'], env)
  t.match(
    shown.stdout,
    new RegExp(`^secret +signs from +its tokens are opened until\n${rows[0]!.id}`)
  )
  const named = await runOfferd(t, ['audit', 'crm/c-1'], env)
  t.match(named.stdout, /^[0-9a-f]{32}\n$/, 'what the log calls a customer')
  const forged = tokens[0]!.slice(0, -2) + (tokens[0]!.endsWith('AA') ? 'BB' : 'AA')
  const told = await services[0]!.post('/v1/events', { type: 'click', token: forged })
  t.equal(told.status, 422)
})

test('secrets of the environment, or of no store, are not rotated in the store', async t => {
  const { env } = await smallStrategy(t)
  const named = await runOfferd(t, ['keys', 'rotate'], {
    ...env,
    OFFERD_TOKEN_SECRET: 'a secret that is long enough for tests'
  })
  t.equal(named.code, 1)
  t.match(named.stderr, /OFFERD_TOKEN_SECRET names the secrets/)
  const alone = await runOfferd(t, ['keys'], env)
  t.equal(alone.code, 1)
  t.match(alone.stderr, /there is no Redis/)
  const unnamed = await runOfferd(t, ['audit', 'crm/c-1'], env)
  t.equal(unnamed.code, 1)
  t.match(unnamed.stderr, /there is no Redis/)
  t.equal((await runOfferd(t, ['audit'], env)).code, 2)
  t.equal((await runOfferd(t, ['keys', 'rotte'], env)).code, 2)
  t.equal((await runOfferd(t, ['keys', '--leaked'], env)).code, 2)
})
