import { execFile } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { createJournalSegments } from '../../src/adapters/journal/segments.js'
import { openStore } from '../../src/adapters/redis/open-store.js'
import { customerKeys } from '../../src/adapters/redis/keys.js'
import { createRandom } from '../../src/learning/random.js'
import { keptLog } from '../helpers/logs.js'
import { PATIENT_MS, type Ending } from '../helpers/redis.js'
import { program } from '../helpers/program.js'
import { createClient } from './client.js'
import { FAULTS, type Fault } from './faults.js'
import { createRecorder, type History, type Recorder } from './history.js'
import { judge, type Verdict } from './judge.js'
import { startLoad } from './load.js'
import { scheduleOf, type Strike } from './schedule.js'
import { customerId, profileOf } from './world-rules.js'
import { holdingsOf, startWorld, type Server, type World } from './world.js'

export interface ChaosSettings {
  readonly seed: number
  readonly seconds: number
  readonly faults: readonly Fault[]
  readonly decisionsPerSecond: number
  readonly eventsPerSecond: number
  readonly customers: number
  readonly timeoutMs: number
  /** Where the history is written. */
  readonly historyFile: string
  /** Told what is going on. */
  readonly say: (sentence: string) => void
}

/** What a run came to. */
export interface ChaosResult {
  readonly verdict: Verdict
  readonly history: History
  readonly schedule: readonly Strike[]
  /** Faults that this machine does not let happen. */
  readonly notPossible: readonly string[]
}

const DEGRADED = /^offerd_degraded_total\{reason="([^"]+)"\} (\d+)$/gm
/** What is kept of a customer's history one by one. */
const MOST_HISTORY = 200
/** Until connections stand and code is warm; where memory is looked at, until it no longer grows by that. */
const WARM_MS = { short: 1500, long: 30_000 }
/** A shorter run says nothing of memory. */
const LEAST_FOR_MEMORY_S = 120
const REST_MS = 60_000

/**
 * Lets processes of the service serve under a load while faults strike them by the seed's schedule, and judges what was seen.
 * Same seed, same schedule. Needs what `npm run build` makes.
 */
export async function runChaos(t: Ending, settings: ChaosSettings): Promise<ChaosResult> {
  const { seed, seconds, faults, historyFile, say } = settings
  await mkdir(dirname(historyFile), { recursive: true })
  const recorder = createRecorder(historyFile)
  const world = await startWorld(t, seed)
  await importCustomers(world, settings.customers)
  const schedule = scheduleOf(seed, seconds, faults)
  const load = startLoad({
    ...settings,
    places: world.servers,
    random: createRandom(seed, 2),
    recorder
  })
  const watchesMemory = seconds >= LEAST_FOR_MEMORY_S
  await pause(watchesMemory ? WARM_MS.long : WARM_MS.short)
  if (watchesMemory) await noteMemory(world, recorder, 'before')
  const notPossible = await strikeAll(world, schedule, recorder, say)
  await load.stop()
  if (watchesMemory) {
    await pause(REST_MS)
    await noteMemory(world, recorder, 'after')
  }
  await noteFigures(world.servers, recorder)
  await noteJournal(world, recorder)
  await noteStored(world, settings.customers, recorder)
  await recorder.close()
  const { history } = recorder
  return { verdict: judge(history, FAULTS), history, schedule, notPossible }
}

/** Answers the names of the faults that could not be made. */
async function strikeAll(
  world: World,
  schedule: readonly Strike[],
  recorder: Recorder,
  say: (sentence: string) => void
): Promise<string[]> {
  const startedMs = performance.now()
  const notPossible = new Set<string>()
  for (const { fault, atMs, place } of schedule) {
    await pause(startedMs + atMs - performance.now())
    const server = world.servers[place]
    const { service, pid } = server
    say(`${(atMs / 1000).toFixed(1)} s: ${fault.what}`)
    const begunMs = Date.now()
    const heal = await fault.strike(world, server)
    if (heal === undefined) {
      notPossible.add(fault.name)
      continue
    }
    await pause(begunMs + fault.lastsMs - Date.now())
    await heal()
    const healedMs = Date.now()
    const overMs = healedMs + fault.asked.wholeAgainMs + 500
    await pause(overMs - Date.now())
    const hit = server.pid === pid ? [] : [service]
    recorder.note({ op: 'fault', fault: fault.name, begunMs, healedMs, overMs, hit })
  }
  return [...notPossible]
}

async function importCustomers({ servers }: World, customers: number): Promise<void> {
  const lines = Array.from({ length: customers }, (_, i) =>
    JSON.stringify({ namespace: 'crm', id: customerId(i), ...profileOf(i) })
  )
  const response = await fetch(`${servers[0].url}/v1/customers/import`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body: lines.join('\n')
  })
  const text = await response.text()
  if (!response.ok || (JSON.parse(text) as { imported: number }).imported !== customers)
    throw new Error(`the customers could not be imported: ${text}`)
}

async function noteMemory(
  { servers }: World,
  { note }: Recorder,
  when: 'before' | 'after'
): Promise<void> {
  for (const { service, pid } of servers)
    note({ op: 'memory', service, when, ...(await holdingsOf(pid)) })
}

async function noteFigures(servers: readonly Server[], { note }: Recorder): Promise<void> {
  const client = createClient()
  for (const { service, url } of servers) {
    const answer = await client.ask({ method: 'GET', url: `${url}/metrics` })
    if (answer.kind !== 'answered') throw new Error(`${service} does not show its metrics`)
    const degraded: Record<string, number> = {}
    for (const [, reason = '', n] of answer.text.matchAll(DEGRADED)) degraded[reason] = Number(n)
    note({ op: 'figures', service, degraded })
  }
  client.close()
}

/** Ends the processes, lets everything that waits be written, and notes what the journal's files hold then. */
async function noteJournal(
  { redis, servers, dataFolder }: World,
  { note }: Recorder
): Promise<void> {
  await Promise.all(servers.map(server => server.stop('SIGTERM')))
  await promisify(execFile)(process.execPath, [program(), 'journal', 'export', '--once'], {
    env: { ...process.env, OFFERD_DATA: dataFolder, OFFERD_REDIS_URL: redis.url }
  })
  const ids: string[] = []
  const segments = createJournalSegments(join(dataFolder, 'journal'))
  for await (const { id } of segments.read('events', { fromMs: 0, toMs: Date.UTC(10_000, 0) }))
    ids.push(String(id))
  note({ op: 'journal', ids })
}

/** Reads every customer's events, and from Redis itself when it took them. */
async function noteStored(
  { redis, admin }: World,
  customers: number,
  { note }: Recorder
): Promise<void> {
  const store = await openStore({ url: redis.url, log: keptLog(), commandTimeoutMs: PATIENT_MS })
  for (let customer = 0; customer < customers; customer++) {
    const key = { namespace: 'crm', id: customerId(customer) }
    const [history, receipts] = await Promise.all([
      store.customers.history(key, MOST_HISTORY),
      admin.zrange(customerKeys(key).eventIds, '0', '-1', 'WITHSCORES')
    ])
    if (history.length >= MOST_HISTORY)
      throw new Error(`${key.id} has more events than are kept one by one: take more --customers`)
    const copies = new Map<string, number>()
    for (const { id } of history) copies.set(id, (copies.get(id) ?? 0) + 1)
    for (let i = 0; i < receipts.length; i += 2) {
      const id = receipts[i]!.slice(receipts[i]!.indexOf('\0') + 1)
      const storedMs = Number(receipts[i + 1])
      note({ op: 'stored', customer, id, storedMs, copies: copies.get(id) ?? 0 })
      copies.delete(id)
    }
    for (const [id, count] of copies)
      note({ op: 'stored', customer, id, storedMs: 0, copies: count })
  }
  await store.close()
}

function pause(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, Math.max(0, ms)))
}
