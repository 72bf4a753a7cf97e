import { Redis } from 'ioredis'
import tap, { test, type Test } from 'tap'
import { openStore } from '../../src/adapters/redis/open-store.js'
import { experienceName } from '../../src/domain/learning.js'
import { keptLog } from '../helpers/logs.js'
import { PATIENT_MS, redisMissing, startRedis } from '../helpers/redis.js'
import { offerYaml, rulesWith } from '../helpers/rules.js'
import { startService, type RunningService } from '../helpers/service.js'

/** How often the process that learns is killed. */
const KILLS = Number(process.env['OFFERD_LEARNER_KILLS'] ?? 3)
const OFFERS = ['gold-card', 'travel-card', 'loan']
const RULES = {
  'rules/all.yaml': rulesWith({
    offers: OFFERS.map(id =>
      offerYaml(id, { propensity: { prior: 0.2, evidence: 10, adapt: true } })
    ).join('\n'),
    rest: 'arbitration: {exploration: {method: epsilon, share: 1}}'
  }),
  'models/none/README.md': ''
}

tap.setTimeout(120_000 + KILLS * 30_000)

interface Placed {
  readonly offerId: string
  readonly token: string
  readonly propensity: {
    readonly value: number
    readonly source: string
    readonly evidence: number
  }
}

async function decide(service: RunningService, id: string, options = {}): Promise<Placed> {
  const answer = await service.post('/v1/decisions', {
    customer: { id },
    channel: 'web',
    placements: [{ id: 'home_hero' }],
    options: { timeoutMs: 10_000, ...options }
  })
  const { placements } = (await answer.json()) as { placements: Array<{ offers: Placed[] }> }
  return placements[0]!.offers[0]!
}

/** Waits for something that other processes bring about; answers after how many ms it was so. */
async function until(what: string, holds: () => Promise<boolean>): Promise<number> {
  const startedMs = performance.now()
  while (performance.now() - startedMs < 60_000) {
    if (await holds()) return performance.now() - startedMs
    await new Promise(resolve => setTimeout(resolve, 20))
  }
  throw new Error(`It took more than a minute until ${what}`)
}

/** Which of the services has the lease of the learner; -1 where none has. */
async function learnerOf(redis: Redis, services: readonly RunningService[]): Promise<number> {
  const holder = await redis.get('offerd:{learning}:learner')
  return services.findIndex(({ pid }) => holder?.includes(`:${pid}:`))
}

/** Shows offers and answers for some of them, each event until it is acknowledged, and keeps count. */
class Teller {
  readonly counts = new Map(OFFERS.map(id => [id, { impressions: 0, positives: 0 }]))
  services: RunningService[]
  #stopped = false
  readonly #done: Promise<void>
  readonly #name: string

  constructor(name: string, services: RunningService[]) {
    this.#name = name
    this.services = services
    this.#done = this.#run()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await this.#done
  }

  async #run(): Promise<void> {
    for (let n = 0; !this.#stopped; n++) {
      const placed = await this.#patiently(service => decide(service, `${this.#name}-${n}`))
      const count = this.counts.get(placed.offerId)
      // A process that is busy shows the fallback.
      if (count === undefined) continue
      await this.#tell('impression', placed.token)
      count.impressions++
      if (n % 3 !== 0) continue
      await this.#tell('accept', placed.token)
      count.positives++
      // As networks do: told once more, to another process.
      if (n % 2 === 0) await this.#tell('accept', placed.token)
    }
  }

  #tell(type: string, token: string): Promise<void> {
    return this.#patiently(async service => {
      const answer = await service.post('/v1/events', { type, token })
      await answer.arrayBuffer()
      if (answer.status !== 202) throw new Error(`not acknowledged: ${answer.status}`)
    })
  }

  /** Does something on one process after the other until one has done it. */
  async #patiently<T>(work: (service: RunningService) => Promise<T>): Promise<T> {
    for (let tries = 0; tries < 1000; tries++) {
      const service = this.services[Math.floor(Math.random() * this.services.length)]!
      try {
        return await work(service)
      } catch {
        // Killed, or not told; another answers.
        await new Promise(resolve => setTimeout(resolve, 20))
      }
    }
    throw new Error('no process answers')
  }
}

test('what is learnt is what was acknowledged, however often the learner is killed', {
  skip: redisMissing
}, async t => {
  const redis = await startRedis(t)
  const start = () => startService(t, { files: RULES, redisUrl: redis.url })
  const services = [await start(), await start()]
  const client = new Redis({ path: redis.socketPath })
  t.teardown(() => client.disconnect())
  const tellers = ['a', 'b', 'c'].map(name => new Teller(name, services))
  for (let kill = 0; kill < KILLS; kill++) {
    let learner = -1
    await until('a process learns', async () => {
      learner = await learnerOf(client, services)
      return learner >= 0
    })
    await services[learner]!.stop('SIGKILL')
    services[learner] = await start()
  }
  await until('another process learns', async () => (await learnerOf(client, services)) >= 0)
  await Promise.all(tellers.map(teller => teller.stop()))

  const store = await openStore({
    url: redis.url,
    log: keptLog(),
    commandTimeoutMs: PATIENT_MS
  })
  t.teardown(() => store.close())
  await until('everything is learnt', async () => {
    return (await store.learning.waiting(1)).lessons.length === 0
  })
  const { experience } = await store.learning.experienceSince(0)
  for (const offerId of OFFERS) {
    const { impressions = 0, positives = 0 } = experience.get(experienceName(offerId, 'web')) ?? {}
    const told = { impressions: 0, positives: 0 }
    for (const { counts } of tellers) {
      told.impressions += counts.get(offerId)!.impressions
      told.positives += counts.get(offerId)!.positives
    }
    t.same({ impressions, positives }, told, offerId)
    t.ok(impressions > 0 && positives > 0)
  }
})

test('a response told to one process is in the decisions of another within two seconds', {
  skip: redisMissing
}, async t => {
  const redis = await startRedis(t)
  const start = () => startService(t, { files: RULES, redisUrl: redis.url })
  const [one, other] = [await start(), await start()]
  const before = await decide(other, 'c-1', { mode: 'test', seed: 's' })
  t.match(before.propensity, { value: 0.2, source: 'blend', evidence: 0 })
  const tookMs: number[] = []
  for (let n = 0; n < 5; n++) tookMs.push(await learntElsewhere(t, one, other, n))
  tookMs.sort((a, b) => a - b)
  t.comment(`learnt elsewhere after ${tookMs.map(ms => Math.round(ms)).join(', ')} ms`)
  t.ok(tookMs[2]! < 2000, `half of them within ${tookMs[2]} ms`)
})

/** Shows an offer through one process and answers after how many ms the other knows. */
async function learntElsewhere(
  t: Test,
  one: RunningService,
  other: RunningService,
  n: number
): Promise<number> {
  const { offerId, token } = await decide(one, `shown-${n}`)
  const evidence = async () => {
    for (let seed = 0; seed < 200; seed++) {
      const placed = await decide(other, 'onlooker', { mode: 'test', seed: String(seed) })
      if (placed.offerId === offerId) return placed.propensity.evidence
    }
    t.fail('epsilon shows every offer sooner or later')
    return 0
  }
  const before = await evidence()
  const told = await one.post('/v1/events', { type: 'impression', token })
  t.equal(told.status, 202)
  return await until('the other process knows', async () => (await evidence()) > before)
}
