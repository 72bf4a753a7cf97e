import { SLOTS, slotOf } from '../../src/adapters/redis/slots.js'
import { createLedger, PLENTY, runClient, SCARCE, type Random } from './race-clients.js'
import { startWatcher } from './race-watch.js'
import { startRedis, type Ending } from './redis.js'
import { startRedisCluster } from './redis-cluster.js'
import { offerYaml, rulesWith } from './rules.js'
import { startService, type RunningService } from './service.js'

/** What happens in the middle of a race. */
export type Fault = 'nothing' | 'a process is killed' | 'Redis is killed' | 'Redis is stopped'

export interface RaceSettings {
  readonly redis: 'one server' | 'cluster'
  readonly fault: Fault
  readonly random: Random
  /** Pieces of the scarce offer; default 1,000. */
  readonly quota?: number
  readonly customers?: number
  /** When a race that does not come to its end is over, and says what it saw; default 150 s. */
  readonly longestMs?: number
}

/** What came of a race. */
export interface RaceResult {
  readonly decisions: number
  /** Decisions that held the scarce offer. */
  readonly held: number
  /** What the quota says in the end. */
  readonly counted: number
  /** Impressions of the scarce offer in the histories. */
  readonly shown: number
  readonly late: number
  readonly looks: number
  readonly seconds: number
  readonly violations: readonly string[]
}

const PROCESSES = 4
const CLIENTS = 64
const DAILY = 5
const RESERVE_MS = 6000
const AWAY_MS = 500
const LONGEST_MS = 150_000
/** An agent's decision is its own impression: shown there, the plentiful offer would use up the customers' days before the scarce one is gone. */
const WEB_ONLY = { any: { placements: ['home_hero'], content: { headline: PLENTY } } }
const LOOK_EVERY_MS = 20

/**
 * Sends clients after a scarce offer through several processes on one Redis until it is used up, while a watcher looks at every limit.
 * Needs what `npm run build` makes.
 */
export async function runRace(t: Ending, settings: RaceSettings): Promise<RaceResult> {
  const { quota = 1000, customers = 500, random, longestMs = LONGEST_MS } = settings
  const rules = rulesOf(quota)
  const redis = await startStore(t, settings.redis)
  const start = () =>
    startService(t, {
      redisUrl: redis.url,
      files: { 'rules/strategy.yaml': rules },
      env: { OFFERD_LOG_LEVEL: 'silent' }
    })
  const services = await Promise.all(Array.from({ length: PROCESSES }, start))
  const ledger = createLedger()
  const { violations } = ledger
  const watcher = await startWatcher(redis.url, {
    rules,
    customers,
    quota,
    daily: DAILY,
    random,
    violations
  })
  const begunMs = performance.now()
  const isOver = () => watcher.isUsedUp() || performance.now() - begunMs > longestMs
  const course = { services: () => services, customers, reserveMs: RESERVE_MS, random, isOver }
  const clients = Array.from({ length: CLIENTS }, () => runClient(course, ledger))
  await until(() => ledger.shown > quota / 3 || isOver())
  await strike(settings.fault, services, start, redis)
  await Promise.all(clients)

  const counted = await watcher.taken()
  const shown = await watcher.countShown()
  await watcher.close()
  if (counted !== quota) violations.push(`${counted} counted of ${quota}`)
  if (shown > counted) violations.push(`${shown} impressions are stored, ${counted} were counted`)
  // What a killed process had counted and could not say any more stays counted.
  if (settings.fault === 'nothing' && shown !== counted)
    violations.push(`${shown} impressions are stored, ${counted} were counted`)
  if (shown < ledger.shown || shown > ledger.shown + ledger.unknown)
    violations.push(`${shown} impressions are stored, ${ledger.shown} were acknowledged`)
  const seconds = (performance.now() - begunMs) / 1000
  const { decisions, held, late } = ledger
  return { decisions, held, counted, shown, late, looks: watcher.looks, seconds, violations }
}

function rulesOf(quota: number): string {
  const quotas = [{ limit: quota, window: 'total', strict: true }]
  return rulesWith({
    offers: [
      offerYaml(SCARCE, { value: 100, quotas }),
      offerYaml(PLENTY, { value: 1, group: 'loans', treatments: WEB_ONLY })
    ].join('\n'),
    rest: `reserve: ${RESERVE_MS / 1000}s
contactPolicies:
  - {id: daily, counts: [impression], scope: all, limit: ${DAILY}, window: day, strict: true}`
  })
}

/** A Redis that can be taken away and given back. */
interface RaceStore {
  readonly url: string
  kill(signal: NodeJS.Signals): Promise<void>
  restart(): Promise<void>
}

/** In a cluster, the master that holds the quotas is the one that goes. */
async function startStore(t: Ending, kind: RaceSettings['redis']): Promise<RaceStore> {
  if (kind === 'one server') return await startRedis(t)
  const { url, masters } = await startRedisCluster(t)
  const slot = slotOf(`{offer/${SCARCE}/impression/pieces/total}`)
  const master = masters[Math.floor((masters.length * slot) / SLOTS)]!
  return { url, kill: signal => master.kill(signal), restart: () => master.restart() }
}

async function strike(
  fault: Fault,
  services: RunningService[],
  start: () => Promise<RunningService>,
  redis: RaceStore
): Promise<void> {
  if (fault === 'nothing') return
  if (fault === 'a process is killed') {
    await services[0]!.stop('SIGKILL')
    services[0] = await start()
    return
  }
  await redis.kill(fault === 'Redis is killed' ? 'SIGKILL' : 'SIGTERM')
  await new Promise(resolve => setTimeout(resolve, AWAY_MS))
  await redis.restart()
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise(resolve => setTimeout(resolve, LOOK_EVERY_MS))
}
