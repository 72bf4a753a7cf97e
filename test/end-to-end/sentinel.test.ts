import { test } from 'tap'
import { eventually } from '../contracts/store-contract.js'
import { notAll } from '../helpers/redis.js'
import { startWatchedRedis } from '../helpers/redis-sentinel.js'
import { startService } from '../helpers/service.js'

const EVERY_MS = 10
const TIMEOUT_MS = 100

test('a service behind sentinels answers every decision while its master dies and is replaced', {
  skip: notAll
}, async t => {
  const redis = await startWatchedRedis(t, { replicas: 2 })
  const { url, post, get } = await startService(t, {
    redisUrl: redis.url,
    env: { OFFERD_REDIS_TIMEOUT_MS: String(TIMEOUT_MS) }
  })
  const decisions: Array<Promise<{ status: number; isDegraded: boolean }>> = []
  const events = new Map<string, Promise<number>>()
  const tell = (i: number) => {
    const customer = { id: `c-${i}` }
    const placements = [{ id: 'home_hero' }]
    const body = { customer, channel: 'web', placements, options: { timeoutMs: TIMEOUT_MS } }
    const decided = post('/v1/decisions', body).then(async response => {
      const { degraded } = (await response.json()) as { degraded: string[] }
      return { status: response.status, isDegraded: degraded.length > 0 }
    })
    decisions.push(decided)
    const event = { id: `e-${i}`, type: 'page_view', customer }
    const told = post('/v1/events', event).then(async response => {
      await response.arrayBuffer()
      return response.status
    })
    events.set(customer.id, told)
  }
  const running = setInterval(() => tell(decisions.length), EVERY_MS)
  t.teardown(() => clearInterval(running))
  await eventually(
    async () => decisions.length,
    count => count > 100
  )
  const [master] = redis.servers
  await master.kill()
  const diedMs = performance.now()
  await redis.masterAfter(master)
  await eventually(
    () => get('/readyz'),
    ({ status }) => status === 200
  )
  const awayMs = Math.round(performance.now() - diedMs)
  // On a busy machine some are late without a fault, too.
  await eventually(
    async () => {
      tell(decisions.length)
      return await decisions.at(-1)
    },
    last => last?.isDegraded === false
  )
  clearInterval(running)
  const answered = await Promise.all(decisions)
  t.equal(answered.filter(({ status }) => status !== 200).length, 0, 'every decision is answered')
  const statuses = await Promise.all(events.values())
  let lost = 0
  for (const [i, id] of [...events.keys()].entries()) {
    if (statuses[i] !== 202) continue
    const response = await get(`/v1/customers/crm/${id}/history`)
    if (!(await response.text()).includes('page_view')) lost++
  }
  const degraded = answered.filter(({ isDegraded }) => isDegraded).length
  const refused = statuses.filter(status => status === 503).length
  t.comment(
    `${answered.length} decisions at ${url}, ${degraded} degraded; ${refused} events refused, ${lost} acknowledged and not replicated in time; ready ${awayMs} ms after the death`
  )
  t.equal(
    statuses.every(status => status === 202 || status === 503),
    true
  )
  t.ok(refused > 0)
})
