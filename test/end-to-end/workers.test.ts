import { once } from 'node:events'
import { test } from 'tap'
import { openLanes, type Lanes } from '../helpers/lanes.js'
import { runOfferd, smallStrategy } from '../helpers/offerd.js'
import { redisMissing, startRedis } from '../helpers/redis.js'
import { offerYaml, rulesWith } from '../helpers/rules.js'
import { startService, type RunningService } from '../helpers/service.js'
import { openStream } from '../helpers/stream.js'

const FILES = {
  'rules/all.yaml': rulesWith({ offers: offerYaml('gold-card') }),
  'models/.keep': ''
}
const ASK = {
  customer: { id: 'c-1' },
  channel: 'web',
  placements: [{ id: 'home_hero' }],
  options: { timeoutMs: 10_000 }
}

interface Live {
  readonly process: string
  readonly decisions: { readonly byChannel: { readonly web: number } }
}

interface Served {
  readonly worker: number
  readonly workerPid: number
}

/** Every worker that served so far, oldest first. */
function served(service: RunningService): Served[] {
  return service.lines
    .map(line => JSON.parse(line) as Served & { readonly msg: string })
    .filter(({ msg }) => msg === 'a worker serves')
}

/** How many workers ended as they were told. */
function stopped(service: RunningService): number {
  return service.lines.filter(line => line.includes('"msg":"stopped"')).length
}

/** Looks again until it is true; the test's own time limit ends a wait that is in vain. */
async function until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isTrue())) await new Promise(resolve => setTimeout(resolve, 20))
}

async function counted(service: RunningService): Promise<number> {
  const text = await (await service.get('/metrics')).text()
  return Number(/^offerd_decisions_total\{channel="web"\} (\d+)/m.exec(text)?.[1])
}

function answersOf({ all }: Lanes): number {
  return all.reduce((sum, { answered }) => sum + answered, 0)
}

test('two workers serve on one port, are replaced when they die, and restarted without a failed request', {
  skip: redisMissing
}, async t => {
  const redis = await startRedis(t)
  const service = await startService(t, {
    files: FILES,
    redisUrl: redis.url,
    env: { OFFERD_WORKERS: '2' }
  })
  t.strictSame(
    served(service).map(({ worker }) => worker),
    [1, 2],
    'all serve when the service says that it listens'
  )
  const first = openLanes(t, service.url, 8, ASK)
  await first.answered(5)
  t.equal(new Set(first.all.map(lane => lane.process)).size, 2, 'both are asked')
  await first.stop()
  t.strictSame(first.failures(), [])
  t.equal(await counted(service), answersOf(first), 'figures are those of both')
  const live = (await (await service.get('/v1/live')).json()) as Live
  t.equal(live.decisions.byChannel.web, answersOf(first))
  t.match(live.process, `:${service.pid}:`, 'named by the process that started the workers')

  const second = openLanes(t, service.url, 8, ASK)
  await second.answered(5)
  process.kill(served(service)[0]!.workerPid, 'SIGKILL')
  await until(() => served(service).length === 3)
  await second.answered(5)
  await second.stop()
  t.equal(served(service)[2]!.worker, 1, 'another takes the place of the one that died')
  t.ok(
    second.all.every(({ failures }) => failures.length <= 1) &&
      new Set(second.failures().map(failure => failure.process)).size <= 1,
    'no request failed but those in flight on its connections'
  )
  const before = await counted(service)
  t.ok(before >= answersOf(first), 'what it had told still counts')

  const stream = await openStream(t, service.url)
  const closed = once(stream.socket, 'close') as Promise<[number]>
  const third = openLanes(t, service.url, 8, ASK)
  process.kill(service.pid, 'SIGHUP')
  await until(() => stopped(service) === 2)
  t.equal((await closed)[0], 1001, 'streams are told that their process goes')
  await third.answered(5)
  await third.stop()
  t.strictSame(third.failures(), [], 'a restart fails no request')
  t.equal(new Set(served(service).map(({ workerPid }) => workerPid)).size, 5)
  t.equal(await counted(service), before + answersOf(third), 'and no count is lost')
  t.equal(await service.stop('SIGINT'), 0)
})

test('a strategy that is refused ends all, and is told once', async t => {
  const { env } = await smallStrategy(t, 'strategy: 1\n')
  const alone = await runOfferd(t, ['serve'], env)
  const { code, stderr } = await runOfferd(t, ['serve'], { ...env, OFFERD_WORKERS: '3' })
  t.equal(code, 1)
  t.equal(stderr, alone.stderr)
})

test('several workers are refused without a Redis, since each would have a memory of its own', async t => {
  const { env } = await smallStrategy(t)
  const { code, stderr } = await runOfferd(t, ['serve'], { ...env, OFFERD_WORKERS: '2' })
  t.equal(code, 1)
  t.match(
    stderr,
    /there is no Redis: install redis-server, set OFFERD_REDIS_URL, or set OFFERD_WORKERS to 1/
  )
})
