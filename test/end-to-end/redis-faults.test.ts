import { test } from 'tap'
import { redisMissing, startRedis } from '../helpers/redis.js'
import { offerYaml, rulesWith } from '../helpers/rules.js'
import { startService, type RunningService } from '../helpers/service.js'

const TIMEOUT_MS = 80
const REQUEST = {
  customer: { id: 'c-1' },
  channel: 'web',
  placements: [{ id: 'home_hero' }],
  options: { timeoutMs: TIMEOUT_MS }
}

interface Asked {
  readonly status: number
  readonly tookMs: number
  readonly degraded: readonly string[]
  readonly fallback: boolean
}

async function ask(service: RunningService): Promise<Asked> {
  const startedAtMs = performance.now()
  const response = await service.post('/v1/decisions', REQUEST)
  const answer = (await response.json()) as {
    degraded: string[]
    placements: Array<{ fallback: boolean }>
  }
  return {
    status: response.status,
    tookMs: performance.now() - startedAtMs,
    degraded: answer.degraded,
    fallback: answer.placements[0]!.fallback
  }
}

/** Readiness takes a write of its own, which may come back a moment after the first whole answer. */
async function becomesReady(service: RunningService): Promise<boolean> {
  for (const startedAtMs = performance.now(); performance.now() - startedAtMs < 10_000; ) {
    if ((await service.get('/readyz')).status === 200) return true
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  return false
}

/** Asks until an answer is whole again. */
async function askUntilWhole(service: RunningService): Promise<number> {
  const startedAtMs = performance.now()
  for (;;) {
    const { degraded } = await ask(service)
    const tookMs = performance.now() - startedAtMs
    if (degraded.length === 0 || tookMs > 15_000) return tookMs
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}

test('decisions are fallbacks while Redis hangs or is dead, in time and never a 5xx, and whole again by themselves', {
  skip: redisMissing
}, async t => {
  const redis = await startRedis(t)
  const service = await startService(t, {
    redisUrl: redis.url,
    files: { 'rules/strategy.yaml': rulesWith({ offers: offerYaml('a') }) },
    env: { OFFERD_LOG_LEVEL: 'silent', OFFERD_REDIS_TIMEOUT_MS: '100' }
  })
  await askUntilWhole(service)
  t.match(await ask(service), { status: 200, degraded: [], fallback: false })

  redis.pause()
  const hanging = await Promise.all(Array.from({ length: 50 }, () => ask(service)))
  for (const answer of hanging)
    t.match(answer, { status: 200, degraded: ['profile'], fallback: true })
  const slowestMs = Math.max(...hanging.map(({ tookMs }) => tookMs))
  t.comment(
    `slowest answer while Redis hangs: ${slowestMs.toFixed(0)} ms with timeoutMs ${TIMEOUT_MS}`
  )
  t.ok(slowestMs < TIMEOUT_MS + 2000, 'far from hanging with it, on a busy machine too')
  const refused = await service.post('/v1/events', {
    id: 'e-1',
    type: 'page_view',
    customer: { id: 'c-1' }
  })
  t.equal(refused.status, 503)
  t.ok(Number(refused.headers.get('retry-after')) >= 1)
  t.equal((await service.get('/livez')).status, 200)
  redis.resume()
  t.comment(`whole again after ${(await askUntilWhole(service)).toFixed(0)} ms`)

  await redis.kill()
  const dead = await ask(service)
  t.match(dead, { status: 200, degraded: ['profile'], fallback: true })
  t.equal((await service.get('/readyz')).status, 503)
  await redis.restart()
  const backMs = await askUntilWhole(service)
  t.comment(`whole again ${backMs.toFixed(0)} ms after the restart`)
  t.ok(backMs < 10_000)
  t.ok(await becomesReady(service))
})
