/** `npm run bench -- soak`: resident memory under load that does not end, after a minute and at the end. */
import { startJournalling, CUSTOMERS } from './contenders.js'
import { withOfferd } from './ground.js'
import type { LoadOrder } from './load.js'
import { plot } from './plot.js'
import { startLoad, type Server } from './processes.js'
import { median } from './ratio.js'
import { say, writeResult } from './report.js'
import { seedOfferd } from './seed.js'
import { customerId, OFFERS } from './world.js'

const SECONDS = Number(process.env['BENCH_SECONDS'] ?? 600)
/** What both figures are medians of: a look now and then catches the collector before or after its work. */
const LOOKS = 10
const FIRST_AT_SECONDS = 60
const LOT_SECONDS = 2
const BATCHED = 4000

/** How far a run has come. */
interface Look {
  readonly seconds: number
  readonly rssBytes: number
}

/** Decisions one by one and in batches, and interactions, all of them journalled. */
export async function runSoak(): Promise<void> {
  await withOfferd(async ground => {
    await seedOfferd(ground.offerd.url, CUSTOMERS)
    const server = await startJournalling(ground)
    const load = startLoad()
    ground.start.stops.push(load.stop)
    const looks: Look[] = []
    let decisions = 0
    let failed = 0
    const startedAtMs = performance.now()
    const elapsedSeconds = (): number => (performance.now() - startedAtMs) / 1000
    for (let lot = 0; elapsedSeconds() < SECONDS; lot++) {
      for (const order of ordersOf(server, lot)) {
        const result = await load.run(order)
        decisions += result.requests
        failed += result.failed
      }
      await tellInteractions(server.url, lot)
      looks.push({ seconds: elapsedSeconds(), rssBytes: (await server.usage()).rssBytes })
    }
    const { first, last, most } = summaryOf(looks)
    say(
      `${decisions.toLocaleString('en')} decisions in ${elapsedSeconds().toFixed(0)} s, all in the journal, ${failed} requests not answered: resident memory ${mb(first)} MB after a minute, ` +
        `${mb(last)} at the end, at most ${mb(most)}: × ${(last / first).toFixed(3)}`
    )
    say(`A plot is in ${await writeResult('soak.svg', plotOf(looks))}`)
  })
}

/** Other customers in every lot. */
function ordersOf({ url }: Server, lot: number): LoadOrder[] {
  const usual = { url, customers: CUSTOMERS, explain: 'none', seed: lot } as const
  return [
    { ...usual, connections: 64, seconds: LOT_SECONDS },
    { ...usual, connections: 1, seconds: 0, requests: BATCHED, over: 'batch' }
  ]
}

async function tellInteractions(url: string, lot: number): Promise<void> {
  const events = Array.from({ length: 1000 }, (_, i) => ({
    id: `soak-${lot}-${i}`,
    type: 'impression',
    customer: { id: customerId((lot * 1000 + i) % CUSTOMERS) },
    offerId: `offer-${i % OFFERS}`,
    channel: 'web'
  }))
  const response = await fetch(`${url}/v1/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(events)
  })
  if (response.status !== 202)
    throw new Error(`events were answered with ${response.status}: ${await response.text()}`)
}

function summaryOf(looks: readonly Look[]) {
  const from = looks.findIndex(({ seconds }) => seconds >= FIRST_AT_SECONDS)
  if (from < 0) throw new Error(`the run must be longer than ${FIRST_AT_SECONDS} s`)
  const bytesOf = (some: readonly Look[]): number => median(some.map(({ rssBytes }) => rssBytes))
  return {
    first: bytesOf(looks.slice(from, from + LOOKS)),
    last: bytesOf(looks.slice(-LOOKS)),
    most: Math.max(...looks.map(({ rssBytes }) => rssBytes))
  }
}

function plotOf(looks: readonly Look[]): string {
  return plot({
    title: 'Resident memory under load',
    x: { label: 's' },
    y: { label: 'MB' },
    lines: [
      { name: 'offerd', points: looks.map(({ seconds, rssBytes }) => [seconds, rssBytes / 1e6]) }
    ]
  })
}

function mb(bytes: number): string {
  return (bytes / 1e6).toFixed(0)
}
