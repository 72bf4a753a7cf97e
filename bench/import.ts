/**
 * `npm run bench -- import`: importing NDJSON against what Redis itself takes, a bare pipelined SET of the same bytes; then one long import in
 * a single request, with the memory that the service takes meanwhile.
 */
import { request } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Redis } from 'ioredis'
import { withOfferd } from './ground.js'
import type { Server } from './processes.js'
import { inPairs, pairedRatio, ratioText } from './ratio.js'
import { say } from './report.js'
import { attributesOf, customerId } from './world.js'

/** Profiles of the long import. */
const PROFILES = Number(process.env['BENCH_PROFILES'] ?? 200_000)
/** Profiles of a lot that is compared. */
const LOT = 10_000
const TOGETHER = 500
/** As the service does. */
const MOST_UNDER_WAY = 4
/** Lines of about 1.3 kB in one piece of the upload. */
const LINES_A_PIECE = 50
const LOOK_MS = 200

export async function runImports(): Promise<void> {
  await withOfferd(async ({ offerd, redisSocket }) => {
    const redis = new Redis({ path: redisSocket, db: 1 })
    try {
      const bodies = Array.from({ length: LOT }, (_, i) => JSON.stringify(attributesOf(i)))
      const lineOf = (customer: number): string =>
        `{"namespace":"crm","id":"${customerId(customer)}","attributes":${bodies[customer % LOT]!}}\n`
      const pairs = await inPairs(
        () => setAll(redis, lineOf, LOT),
        () => importAll(offerd, lineOf, LOT)
      )
      say(
        `${LOT} profiles of 60 attributes, import against a bare pipelined SET of the same lines, lines a second ${ratioText(pairedRatio(pairs))}`
      )
      await importLong(offerd, lineOf)
    } finally {
      redis.disconnect()
    }
  })
}

/** Seconds that Redis and a client take for the lines as they are, in pipelines a few of which are under way at once. */
async function setAll(
  redis: Redis,
  lineOf: (customer: number) => string,
  count: number
): Promise<number> {
  const lines = Array.from({ length: count }, (_, i) => lineOf(i))
  const startedAtMs = performance.now()
  const underWay = new Set<Promise<unknown>>()
  for (let start = 0; start < count; start += TOGETHER) {
    const sets = redis.pipeline()
    for (let i = start; i < Math.min(start + TOGETHER, count); i++) sets.set(`line:${i}`, lines[i]!)
    const done: Promise<unknown> = sets.exec().then(() => underWay.delete(done))
    underWay.add(done)
    if (underWay.size >= MOST_UNDER_WAY) await Promise.race(underWay)
  }
  await Promise.all(underWay)
  const seconds = (performance.now() - startedAtMs) / 1000
  await redis.flushdb()
  return seconds
}

/** Seconds that the service takes for a body of lines, the upload included. Throws unless all are in. */
async function importAll(
  { url }: Server,
  lineOf: (customer: number) => string,
  count: number
): Promise<number> {
  const startedAtMs = performance.now()
  const { imported } = await upload(url, piecesOf(lineOf, count))
  if (imported !== count) throw new Error(`only ${imported} of ${count} customers were imported`)
  return (performance.now() - startedAtMs) / 1000
}

function* piecesOf(lineOf: (customer: number) => string, count: number): Generator<Buffer> {
  for (let start = 0; start < count; start += LINES_A_PIECE) {
    const lines = Array.from({ length: Math.min(LINES_A_PIECE, count - start) }, (_, i) =>
      lineOf(start + i)
    )
    yield Buffer.from(lines.join(''))
  }
}

async function upload(url: string, pieces: Iterable<Buffer>): Promise<{ imported: number }> {
  const asked = request(`${url}/v1/customers/import`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' }
  })
  const answered = new Promise<string>((resolve, reject) => {
    asked.on('error', reject)
    asked.on('response', response => {
      response.setEncoding('utf8')
      let text = ''
      response.on('data', (some: string) => void (text += some))
      response.on('end', () => resolve(text))
      response.on('error', reject)
    })
  })
  await pipeline(Readable.from(pieces), asked)
  return JSON.parse(await answered) as { imported: number }
}

/** As many customers as were asked for in one request, none of them there before. */
async function importLong(offerd: Server, lineOf: (customer: number) => string): Promise<void> {
  const before = await offerd.usage()
  let mostBytes = before.rssBytes
  const looking = setInterval(
    () =>
      void offerd.usage().then(({ rssBytes }) => {
        mostBytes = Math.max(mostBytes, rssBytes)
      }),
    LOOK_MS
  )
  const seconds = await importAll(offerd, customer => lineOf(LOT + customer), PROFILES).finally(
    () => clearInterval(looking)
  )
  const after = await offerd.usage()
  const mb = (bytes: number): string => (bytes / 1e6).toFixed(0)
  say(
    `${PROFILES.toLocaleString('en')} profiles in one request: ${seconds.toFixed(1)} s, ${(PROFILES / seconds).toFixed(0)} a second, ` +
      `CPU ${((after.cpuMicros - before.cpuMicros) / PROFILES).toFixed(1)} µs each; ` +
      `resident memory ${mb(before.rssBytes)} MB before, at most ${mb(mostBytes)}, ${mb(after.rssBytes)} after`
  )
}
