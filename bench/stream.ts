/**
 * `npm run bench -- stream`: subscriptions on one process while events come to another: how long until a changed answer is there,
 * whether any is lost or stays out of date, and what a subscription takes in memory.
 */
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { WebSocket } from 'ws'
import { withOfferd, type Ground } from './ground.js'
import type { Server } from './processes.js'

const SUBSCRIPTIONS = Number(process.env['BENCH_SUBSCRIPTIONS'] ?? 2000)
const EVENTS_PER_SECOND = Number(process.env['BENCH_EVENTS'] ?? 500)
const SECONDS = Number(process.env['BENCH_SECONDS'] ?? 60)
const ON_ONE_STREAM = 50
const TICK_MS = 20
/** More than any customer clicks in a run. */
const OFFERS = Math.ceil((SECONDS * EVENTS_PER_SECOND) / SUBSCRIPTIONS) + 20
/** How often the memory is looked at while events come. */
const LOOKS = 10
/** What has not come by then is lost. */
const LOST_AFTER_MS = 5000

/** Who clicks an offer sees the next one. */
function rules(): string {
  const offers = Array.from(
    { length: OFFERS },
    (_, i) =>
      `  offer-${i}: {group: all, value: ${OFFERS - i}, suitability: 'seen("click", "same", "24h") == 0', treatments: {any: {placements: [hero], content: {headline: Number ${i}}}}}`
  )
  return `strategy: clicks
currency: EUR
namespaces: [crm]
channels: {web: {direction: inbound}}
placements: {hero: {channel: web, count: 1, fallback: welcome}}
issues: {grow: {lever: 0}}
groups: {all: {issue: grow}}
offers:
  welcome: {group: all, fallbackOnly: true, treatments: {any: {placements: [hero], content: {}}}}
${offers.join('\n')}
`
}

interface Watched {
  /** Number of the offer that is shown. */
  shown: number
  /** The one that the last event leads to, and when that was sent. */
  expected: number
  sentAtMs: number
}

export async function runStream(): Promise<void> {
  await withOfferd(async ground => {
    const [watching, told] = await serveClicks(ground)
    await warmUp(watching.url)
    const customers = newCustomers()
    const latencies: number[] = []
    const before = await watching.usage()
    const streams = await openStreams(watching.url, customers, latencies)
    await until(() => customers.every(({ shown }) => shown === 0), 60_000)
    const opened = await watching.usage()
    latencies.length = 0

    const looks: number[] = []
    const looking = setInterval(
      () => void watching.usage().then(({ rssBytes }) => looks.push(rssBytes)),
      (SECONDS * 1000) / LOOKS
    )
    const failed = await tellClicks(told.url, customers)
    clearInterval(looking)
    await until(() => customers.every(({ shown, expected }) => shown === expected), LOST_AFTER_MS)
    const after = await watching.usage()
    const stale = customers.filter(({ shown, expected }) => shown !== expected).length
    const sorted = latencies.sort((a, b) => a - b)
    const at = (share: number) => (sorted[Math.floor(sorted.length * share)] ?? NaN).toFixed(1)
    say(
      `${SUBSCRIPTIONS} subscriptions on ${streams.length} streams, ${EVENTS_PER_SECOND} events/s at another process for ${SECONDS} s: ` +
        `${sorted.length} answers renewed, ${failed} events failed, ${stale} answers lost or out of date at the end.\n` +
        `From event to answer: p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, p99 ${at(0.99)} ms.\n` +
        `A subscription takes ${((opened.rssBytes - before.rssBytes) / SUBSCRIPTIONS / 1000).toFixed(1)} kB; resident memory ` +
        `${mb(before.rssBytes)} → ${mb(opened.rssBytes)} → ${mb(after.rssBytes)} MB, while events came ${looks.map(mb).join(', ')}. ` +
        `CPU ${((after.cpuMicros - opened.cpuMicros) / sorted.length).toFixed(0)} µs a renewed answer.`
    )
    for (const stream of streams) stream.terminate()
  })
}

/** The same subscriptions once, so that what the process itself grows by is not taken for theirs. */
async function warmUp(url: string): Promise<void> {
  const customers = newCustomers()
  const streams = await openStreams(url, customers, [])
  await until(() => customers.every(({ shown }) => shown === 0), 60_000)
  await Promise.all(
    streams.map(async stream => {
      stream.close()
      await once(stream, 'close')
    })
  )
}

function newCustomers(): Watched[] {
  return Array.from({ length: SUBSCRIPTIONS }, () => ({
    shown: -1,
    expected: 0,
    sentAtMs: performance.now()
  }))
}

async function serveClicks({ dir, further }: Ground): Promise<[Server, Server]> {
  const folder = join(dir, 'clicks')
  await mkdir(folder)
  await writeFile(join(folder, 'rules.yaml'), rules())
  const models = join(dir, 'none')
  await mkdir(models)
  return [await further('one', folder, models), await further('other', folder, models)]
}

async function openStreams(
  url: string,
  customers: readonly Watched[],
  latencies: number[]
): Promise<WebSocket[]> {
  const streams: WebSocket[] = []
  for (let start = 0; start < customers.length; start += ON_ONE_STREAM) {
    const stream = new WebSocket(`${url.replace('http', 'ws')}/v1/stream`)
    stream.on('message', (data: Buffer) => hear(data, customers, latencies))
    await once(stream, 'open')
    for (let i = start; i < Math.min(start + ON_ONE_STREAM, customers.length); i++) {
      stream.send(
        JSON.stringify({
          type: 'subscribe',
          ref: String(i),
          customer: { id: `c-${i}` },
          channel: 'web',
          placements: [{ id: 'hero' }],
          options: { timeoutMs: 5000 }
        })
      )
    }
    streams.push(stream)
  }
  return streams
}

function hear(data: Buffer, customers: readonly Watched[], latencies: number[]): void {
  const said = JSON.parse(data.toString()) as {
    type: string
    ref: string
    placements: ReadonlyArray<{ offers: ReadonlyArray<{ offerId: string }> }>
  }
  if (said.type !== 'decision') throw new Error(data.toString())
  const customer = customers[Number(said.ref)]!
  customer.shown = Number(said.placements[0]!.offers[0]!.offerId.slice('offer-'.length))
  if (customer.shown === customer.expected) latencies.push(performance.now() - customer.sentAtMs)
}

/** Each tick some customers click what they see; who still waits for an answer is passed over. Answers how many events failed. */
async function tellClicks(url: string, customers: readonly Watched[]): Promise<number> {
  let failed = 0
  let next = 0
  let sent = 0
  const startedAtMs = performance.now()
  const posts: Array<Promise<void>> = []
  while (performance.now() - startedAtMs < SECONDS * 1000) {
    const due = Math.floor(((performance.now() - startedAtMs) / 1000) * EVENTS_PER_SECOND) - sent
    const events: object[] = []
    for (let tried = 0; events.length < due && tried < customers.length; tried++) {
      const i = next++ % customers.length
      const customer = customers[i]!
      if (customer.shown !== customer.expected || customer.shown >= OFFERS - 2) continue
      events.push({
        id: `c-${i}-${customer.shown}`,
        type: 'click',
        customer: { id: `c-${i}` },
        offerId: `offer-${customer.shown}`,
        channel: 'web'
      })
      customer.expected = customer.shown + 1
      customer.sentAtMs = performance.now()
    }
    sent += events.length
    for (const event of events) posts.push(post(url, event).then(ok => void (failed += ok ? 0 : 1)))
    await new Promise(resolve => setTimeout(resolve, TICK_MS))
  }
  await Promise.all(posts)
  return failed
}

async function post(url: string, event: object): Promise<boolean> {
  const response = await fetch(`${url}/v1/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(event)
  })
  await response.arrayBuffer()
  return response.status === 202
}

async function until(isTrue: () => boolean, patienceMs: number): Promise<void> {
  const giveUpAtMs = performance.now() + patienceMs
  while (!isTrue() && performance.now() < giveUpAtMs)
    await new Promise(resolve => setTimeout(resolve, TICK_MS))
}

function mb(bytes: number): string {
  return (bytes / 1e6).toFixed(0)
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}
