import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type Test } from 'tap'
import { createJournalSegments } from '../../src/adapters/journal/segments.js'
import { runOfferd, type Environment } from '../helpers/offerd.js'
import { redisMissing, startRedis } from '../helpers/redis.js'
import { offerYaml, rulesWith } from '../helpers/rules.js'
import { startService, type RunningService } from '../helpers/service.js'

/** How often the service and its exporter are each killed. */
const KILLS = Number(process.env['OFFERD_JOURNAL_KILLS'] ?? 1)
const RULES = {
  'rules/all.yaml': rulesWith({
    offers: offerYaml('gold-card'),
    rest: 'journal: {keep: 7d, maxBytes: 1GB, whenFull: wait}'
  }),
  'models/none/README.md': ''
}
const ALWAYS = { fromMs: 0, toMs: Date.UTC(10_000, 0) }
const TOGETHER = 20

async function temporary(t: Test): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'offerd-journal-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  return folder
}

async function idsIn(folder: string, kind: 'decisions' | 'events'): Promise<string[]> {
  const ids: string[] = []
  for await (const { id } of createJournalSegments(join(folder, 'journal')).read(kind, ALWAYS))
    ids.push(String(id))
  return ids
}

/** Waits for something that other processes bring about. */
async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 1200; tries++) {
    if (await holds()) return
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  throw new Error(`It took more than a minute until ${what}`)
}

/** Tells events and asks for decisions until it is stopped, and keeps what was acknowledged. */
class Teller {
  readonly events = new Set<string>()
  readonly decisions = new Set<string>()
  readonly tried = new Set<string>()
  service: RunningService
  #stopped = false
  readonly #done: Promise<void>

  constructor(service: RunningService) {
    this.service = service
    this.#done = this.#run()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await this.#done
  }

  async #run(): Promise<void> {
    for (let n = 0; !this.#stopped; n++) {
      const events = Array.from({ length: TOGETHER }, (_, i) => ({
        id: `e-${n}-${i}`,
        type: 'page_view',
        customer: { id: `c-${(n * TOGETHER + i) % 97}` },
        data: { text: 'x'.repeat(500) }
      }))
      for (const { id } of events) this.tried.add(id)
      try {
        const told = await this.service.post('/v1/events', events)
        if (told.status === 202) for (const { id } of events) this.events.add(id)
        await told.arrayBuffer()
        await this.#decide(n)
      } catch {
        // Killed; the next one answers.
        await new Promise(resolve => setTimeout(resolve, 50))
      }
    }
  }

  /** The impression of a decision that is shown as it is answered is acknowledged with it. */
  async #decide(n: number): Promise<void> {
    const answer = await this.service.post('/v1/decisions', {
      customer: { id: `c-${n % 97}` },
      channel: 'call_center',
      placements: [{ id: 'agent' }],
      options: { timeoutMs: 10_000 }
    })
    const { decisionId, degraded } = (await answer.json()) as {
      decisionId: string
      degraded: string[]
    }
    if (degraded.length > 0) return
    this.decisions.add(decisionId)
    this.events.add(`${decisionId}:agent:gold-card`)
  }
}

/** The exporters that said they are at work, by process id, in their order. */
function exportersOf({ lines }: RunningService): number[] {
  return lines
    .filter(line => line.includes('this process writes the journal'))
    .map(line => (JSON.parse(line) as { pid: number }).pid)
}

test('nothing acknowledged is missing from the journal, and nothing is read twice, when the service and its exporter are killed in turn', {
  skip: redisMissing
}, async t => {
  const redis = await startRedis(t)
  const folder = await temporary(t)
  const env = { OFFERD_DATA: folder, OFFERD_JOURNAL_BYTES: '4MiB' }
  const start = () => startService(t, { files: RULES, redisUrl: redis.url, env })
  const teller = new Teller(await start())
  for (let kill = 0; kill < KILLS; kill++) {
    await until('an exporter works', () => exportersOf(teller.service).length > 0)
    await until('segments are written', async () => (await segmentsIn(folder)) > 2 * kill)
    const exporters = exportersOf(teller.service)
    process.kill(exporters.at(-1)!, 'SIGKILL')
    await until(
      'another exporter works',
      () => exportersOf(teller.service).length > exporters.length
    )
    const before = teller.events.size
    await until('more is acknowledged', () => teller.events.size > before + 10 * TOGETHER)
    await teller.service.stop('SIGKILL')
    teller.service = await start()
    await until('more is acknowledged', () => teller.events.size > before + 20 * TOGETHER)
  }
  await teller.stop()
  t.equal(await teller.service.stop(), 0)

  const outcome = await runOfferd(t, ['journal', 'export', '--once'], {
    ...env,
    OFFERD_REDIS_URL: redis.url
  })
  t.equal(outcome.code, 0, outcome.stderr)
  const events = await idsIn(folder, 'events')
  const found = new Set(events)
  t.equal(found.size, events.length, 'no event is read twice')
  t.same(
    [...teller.events].filter(id => !found.has(id)),
    [],
    `all of ${teller.events.size} acknowledged events are there`
  )
  t.same(
    events.filter(id => !teller.tried.has(id) && !id.endsWith(':agent:gold-card')),
    [],
    'no event is there that nobody told'
  )
  const decisions = await idsIn(folder, 'decisions')
  t.equal(new Set(decisions).size, decisions.length, 'no decision is read twice')
  t.comment(`${decisions.length} of ${teller.decisions.size} answered decisions are there`)
})

async function segmentsIn(folder: string): Promise<number> {
  return (await createJournalSegments(join(folder, 'journal')).holdings()).segments
}

/** Whether a small file system of its own can be had here. */
function mountsSmallDisk(folder: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

async function tell(service: RunningService, from: number, count: number): Promise<void> {
  for (let i = from; i < from + count; i++) {
    const told = await service.post('/v1/events', {
      id: `e-${i}`,
      type: 'page_view',
      customer: { id: `c-${i}` },
      data: { text: randomBytes(1000).toString('hex') }
    })
    if (told.status !== 202) throw new Error(`event ${i} was answered ${told.status}`)
    await told.arrayBuffer()
  }
}

test('while the disk is full everything waits in the store and says so, and goes to disk when there is room', {
  skip: redisMissing
}, async t => {
  const redis = await startRedis(t)
  const folder = await temporary(t)
  const disk = join(folder, 'journal')
  await mkdir(disk)
  if (!mountsSmallDisk(disk)) {
    t.pass('NOT RUN: mounting a small file system is not allowed here')
    return
  }
  t.teardown(() => execFileSync('umount', ['--lazy', disk]))
  const filler = join(disk, 'filler')
  await writeFile(filler, Buffer.alloc(1_040_000))
  const env: Environment = { OFFERD_DATA: folder, OFFERD_JOURNAL_BYTES: '1MiB' }
  const service = await startService(t, { files: RULES, redisUrl: redis.url, env })
  await tell(service, 0, 300)
  await until('the service says what it waits for', () =>
    service.lines.some(line => /the journal: the disk is full.* wait in the store/.test(line))
  )
  const environment = { ...env, OFFERD_REDIS_URL: redis.url }
  const { stdout } = await runOfferd(t, ['journal'], environment)
  t.match(stdout, /Waiting: \d+ decisions and events/)
  t.match(stdout, /Trouble: the disk is full/)
  await tell(service, 300, 20)
  t.same(
    (await readdir(disk, { recursive: true })).filter(name => name.includes('unfinished')),
    [],
    'no attempt leaves anything behind'
  )
  await rm(filler)
  await until('the segments are written', async () => (await segmentsIn(folder)) > 0)
  await service.stop()
  t.equal((await runOfferd(t, ['journal', 'export', '--once'], environment)).code, 0)
  const ids = await idsIn(folder, 'events')
  t.equal(new Set(ids).size, 320)
  t.equal(ids.length, 320)
  t.notMatch((await runOfferd(t, ['journal'], environment)).stdout, /Trouble/)
})
