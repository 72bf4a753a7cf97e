import { createServer } from 'node:net'
import { once } from 'node:events'
import { Redis } from 'ioredis'
import { test } from 'tap'
import { redisMissing, startRedis } from '../helpers/redis.js'
import { offerYaml, rulesWith } from '../helpers/rules.js'
import { startRedisCluster, type ClusterNode } from '../helpers/redis-cluster.js'
import { startService, type RunningService } from '../helpers/service.js'

const RULES = rulesWith({
  offers: [
    offerYaml('limited', {
      value: 10,
      quotas: [{ limit: 1000, window: 'total', strict: true }]
    }),
    offerYaml('plain', { value: 1 })
  ].join('\n')
})

interface Answered {
  readonly offer: string | undefined
  readonly fallback: boolean
  readonly degraded: readonly string[]
}

async function ask(service: RunningService, customer = 'c-1'): Promise<Answered> {
  const response = await service.post('/v1/decisions', {
    customer: { id: customer },
    channel: 'web',
    placements: [{ id: 'home_hero' }],
    options: { timeoutMs: 2000 }
  })
  const { placements, degraded } = (await response.json()) as {
    placements: Array<{ fallback: boolean; offers: Array<{ offerId: string }> }>
    degraded: string[]
  }
  const { fallback, offers } = placements[0]!
  return { offer: offers[0]?.offerId, fallback, degraded }
}

async function askUntil(
  service: RunningService,
  offer: string,
  customer?: string
): Promise<Answered> {
  const untilMs = performance.now() + 15_000
  for (;;) {
    const answered = await ask(service, customer)
    if (answered.offer === offer || performance.now() > untilMs) return answered
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}

/** A port at which nobody listens. */
async function deadPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port was given')
  return address.port
}

test('while Redis reads and does not write, offers with strict limits are withheld and all others decided', {
  skip: redisMissing
}, async t => {
  const redis = await startRedis(t)
  const client = new Redis({ path: redis.socketPath })
  t.teardown(() => {
    client.disconnect()
  })
  const service = await startService(t, {
    redisUrl: redis.url,
    files: { 'rules/strategy.yaml': RULES },
    env: { OFFERD_LOG_LEVEL: 'silent' }
  })
  t.strictSame(await askUntil(service, 'limited'), {
    offer: 'limited',
    fallback: false,
    degraded: []
  })

  await client.replicaof('127.0.0.1', await deadPort())
  for (let i = 0; i < 5; i++)
    t.strictSame(await ask(service), { offer: 'plain', fallback: false, degraded: ['limits'] })
  t.equal((await service.get('/readyz')).status, 503)

  await client.replicaof('NO', 'ONE')
  t.strictSame(await askUntil(service, 'limited'), {
    offer: 'limited',
    fallback: false,
    degraded: []
  })
  t.equal((await service.get('/readyz')).status, 200)
})

test('while the master that holds a quota is dead, its offer is withheld from the customers of the others, who are decided', {
  skip: redisMissing
}, async t => {
  const { url, masters } = await startRedisCluster(t)
  const service = await startService(t, {
    redisUrl: url,
    files: { 'rules/strategy.yaml': RULES },
    env: { OFFERD_LOG_LEVEL: 'silent' }
  })
  const quota = await masterOf(masters, 'offer/limited/impression/pieces/total')
  const customers = Array.from({ length: 20 }, (_, i) => `c-${i}`)
  const homes = await Promise.all(customers.map(id => masterOf(masters, `crm:${id}`)))
  const customer = customers.find((_, i) => homes[i] !== quota)!
  const whole = { offer: 'limited', fallback: false, degraded: [] }
  t.strictSame(await askUntil(service, 'limited', customer), whole)

  await quota.kill()
  const without = { offer: 'plain', fallback: false, degraded: ['limits'] }
  t.strictSame(await askUntil(service, 'plain', customer), without)
  t.strictSame(await ask(service, customer), without)

  await quota.restart()
  t.strictSame(await askUntil(service, 'limited', customer), whole)
})

/** The master that serves keys with a hash tag; they divide the slots evenly, in order. */
async function masterOf(masters: readonly ClusterNode[], tag: string): Promise<ClusterNode> {
  const slot = Number(await masters[0]!.client.call('CLUSTER', 'KEYSLOT', tag))
  return masters[Math.floor((masters.length * slot) / 16_384)]!
}
