/**
 * `npm run bench -- reload`: decisions under load while the strategy changes every second.
 * No request may fail, and every answer must come from one strategy whole: its hash, version, offer and content belong together.
 */
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import autocannon from 'autocannon'
import { benchModel } from './model.js'
import { startRedis, startServer, type Server } from './processes.js'
import { seedOfferd } from './seed.js'
import { customerId, modelText, rulesText } from './world.js'

const DECISIONS = Number(process.env['BENCH_DECISIONS'] ?? 200_000)
const CUSTOMERS = 1000
const CONNECTIONS = 32

export async function runReloads(): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'offerd-reload-'))
  const redis = await startRedis(dir)
  try {
    const server = await startOn(dir, redis.socket)
    try {
      await seedOfferd(server.url, CUSTOMERS)
      await decideWhileReloading(dir, server)
    } finally {
      await server.stop()
    }
  } finally {
    await redis.stop()
    await rm(dir, { recursive: true, force: true })
  }
}

async function startOn(dir: string, socket: string): Promise<Server> {
  await mkdir(join(dir, 'rules'))
  await mkdir(join(dir, 'models', 'bench'), { recursive: true })
  await writeRules(dir, 0)
  await writeFile(join(dir, 'models', 'bench', 'model.yaml'), modelText())
  await writeFile(join(dir, 'models', 'bench', 'model.onnx'), benchModel())
  return startServer('offerd', ['dist/main.js', 'serve'], {
    OFFERD_PORT: '0',
    OFFERD_REDIS_URL: socket,
    OFFERD_RULES: join(dir, 'rules'),
    OFFERD_MODELS: join(dir, 'models'),
    OFFERD_LOG_LEVEL: 'warn'
  })
}

/** Every edition names itself in all of its contents. */
async function writeRules(dir: string, edition: number): Promise<void> {
  const text = rulesText().replaceAll('headline: ', `headline: edition ${edition} `)
  await writeFile(join(dir, 'next.yaml'), text)
  await rename(join(dir, 'next.yaml'), join(dir, 'rules', 'strategy.yaml'))
}

interface Seen {
  readonly hash: string
  readonly version: number
  readonly edition: string
}

async function decideWhileReloading(dir: string, server: Server): Promise<void> {
  const before = await server.usage()
  const byHash = new Map<string, Seen>()
  let answers = 0
  let mixed = 0
  let degraded = 0
  let edition = 0
  let reloading: Promise<void> = Promise.resolve()
  const timer = setInterval(() => {
    edition++
    reloading = reloading.then(() => reload(dir, server.url, edition))
  }, 1000)
  const result = await autocannon({
    url: server.url,
    connections: CONNECTIONS,
    amount: DECISIONS,
    requests: Array.from({ length: CUSTOMERS }, (_, i) => ({
      method: 'POST' as const,
      path: '/v1/decisions',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        customer: { id: customerId(i) },
        channel: 'web',
        placements: [{ id: 'home_hero' }],
        options: { timeoutMs: 10_000 }
      }),
      onResponse(_status: number, body: string) {
        answers++
        const seen = seenIn(body)
        const known = byHash.get(seen.hash) ?? seen
        byHash.set(seen.hash, known)
        if (known.version !== seen.version || known.edition !== seen.edition || seen.version === 0)
          mixed++
        if (!body.includes('"degraded":[]')) degraded++
      }
    }))
  })
  clearInterval(timer)
  await reloading
  const after = await server.usage()
  const failed = result.non2xx + result.errors + result.timeouts
  process.stdout.write(
    `${answers} answers in ${result.duration} s over ${CONNECTIONS} connections while ${edition} editions were loaded, ${byHash.size} of them seen.\n` +
      `Failed requests: ${failed}. Answers mixed from two strategies: ${mixed}. Degraded answers: ${degraded}.\n` +
      `p50 ${result.latency.p50} ms, p99 ${result.latency.p99} ms; resident memory ${mega(before.rssBytes)} → ${mega(after.rssBytes)} MB.\n`
  )
  if (failed + mixed + degraded > 0 || answers < DECISIONS)
    throw new Error('the reloads did not go unnoticed')
}

async function reload(dir: string, url: string, edition: number): Promise<void> {
  await writeRules(dir, edition)
  const response = await fetch(`${url}/v1/strategy/reload`, { method: 'POST' })
  const { outcome } = (await response.json()) as { outcome: string }
  if (outcome !== 'swapped') throw new Error(`edition ${edition} was ${outcome}`)
}

function seenIn(body: string): Seen {
  const { strategy, placements } = JSON.parse(body) as {
    strategy: { version: number; hash: string }
    placements: Array<{ offers: Array<{ content: { headline: string } }> }>
  }
  const headline = placements[0]?.offers[0]?.content.headline ?? ''
  return { ...strategy, edition: /edition (\d+)/.exec(headline)?.[1] ?? 'none' }
}

function mega(bytes: number): number {
  return Math.round(bytes / 1e6)
}
