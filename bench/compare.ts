/**
 * `npm run bench`: what a decision costs, beside (a) Fastify answering a constant of the same size and
 * (b) hand-written glue doing the core of the same work. All in one run, in turns, on this machine.
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { cpuPerRequest, withOfferd, type Ground } from './ground.js'
import type { LoadOrder, LoadResult } from './load.js'
import { pairedRatio, ratioText } from './ratio.js'
import { startLoad, type Server } from './processes.js'
import { seedGlue, seedOfferd } from './seed.js'
import { customerId } from './world.js'

const CUSTOMERS = 10_000
const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 5)
const SECONDS = Number(process.env['BENCH_SECONDS'] ?? 3)
const CONNECTIONS = [16, 64]

interface Contender {
  readonly label: string
  readonly server: Server
  readonly explain: 'none' | 'full'
}

interface Figures extends LoadResult {
  readonly cpuMicrosPerRequest: number
}

/** Runs the comparison and writes its tables to bench/results. */
export async function runComparison(): Promise<void> {
  await withOfferd(compare)
}

/** What a full explanation costs: many short lots with and without it, compared neighbour by neighbour. */
export async function runExplanations(): Promise<void> {
  await withOfferd(async ({ offerd, start }) => {
    await seedOfferd(offerd.url, CUSTOMERS)
    const load = startLoad()
    start.stops.push(load.stop)
    for (const connections of CONNECTIONS) {
      const order = {
        url: offerd.url,
        connections,
        seconds: 0,
        requests: EXPLANATION_REQUESTS,
        customers: CUSTOMERS
      }
      const pairs: Array<[full: number, none: number]> = []
      for (let round = 0; round < EXPLANATION_PAIRS + WARMING_PAIRS; round++) {
        // Which goes first changes, so that what one leaves behind meets both.
        const turns = round % 2 === 0 ? (['none', 'full'] as const) : (['full', 'none'] as const)
        const costs = { none: 0, full: 0 }
        for (const explain of turns)
          costs[explain] = await cpuPerRequest(offerd, load, { ...order, explain })
        if (round >= WARMING_PAIRS) pairs.push([costs.full, costs.none])
      }
      say(
        `${connections} connections: explanation full against none, CPU ${ratioText(pairedRatio(pairs))}`
      )
    }
  })
}

const EXPLANATION_PAIRS = Number(process.env['BENCH_PAIRS'] ?? 100)
const WARMING_PAIRS = 4
const EXPLANATION_REQUESTS = 1500

async function compare({ dir, redisSocket, model, offerd, start }: Ground): Promise<void> {
  say(
    `offerd is ready ${Math.round(offerd.readyMs)} ms after its start; putting ${CUSTOMERS} customers in`
  )
  await seedOfferd(offerd.url, CUSTOMERS)
  await seedGlue(redisSocket, CUSTOMERS)

  const answer = join(dir, 'answer.json')
  await writeFile(answer, await sampleAnswer(offerd.url))
  const env = { BENCH_ANSWER: answer, BENCH_REDIS: redisSocket, BENCH_MODEL: model }
  const constant = await start('constant', ['bench/servers/constant.ts'], env)
  const glue = await start('glue', ['bench/servers/glue.ts'], env)

  const contenders: Contender[] = [
    { label: '(a) constant', server: constant, explain: 'none' },
    { label: '(b) glue', server: glue, explain: 'none' },
    { label: '(c) offerd', server: offerd, explain: 'none' },
    { label: '(c) + explain full', server: offerd, explain: 'full' }
  ]
  const load = startLoad()
  start.stops.push(load.stop)
  const tables: string[] = []
  for (const connections of CONNECTIONS)
    tables.push(table(connections, contenders, await measure(load, contenders, connections)))
  const { rssBytes } = await offerd.usage()
  const report = [
    `${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}, Node ${process.version}; ${ROUNDS} rounds of ${SECONDS} s each, in turns; medians.`,
    '',
    ...tables,
    `Resident memory of offerd afterwards, ${CUSTOMERS} customers stored: ${Math.round(rssBytes / 1e6)} MB. Ready after ${Math.round(offerd.readyMs)} ms.`
  ].join('\n')
  say(`\n${report}`)
  await mkdir('bench/results', { recursive: true })
  await writeFile('bench/results/short.md', `${report}\n`)
}

async function sampleAnswer(url: string): Promise<string> {
  const response = await fetch(`${url}/v1/decisions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      customer: { id: customerId(0) },
      channel: 'web',
      placements: [{ id: 'home_hero' }],
      options: { timeoutMs: 10_000 }
    })
  })
  const text = await response.text()
  const { degraded, placements } = JSON.parse(text) as {
    degraded?: string[]
    placements?: Array<{ fallback: boolean }>
  }
  if (response.status !== 200 || degraded?.length !== 0 || placements?.[0]?.fallback !== false) {
    throw new Error(`the service does not decide as the bench needs: ${response.status} ${text}`)
  }
  return text
}

async function measure(
  load: { run(order: LoadOrder): Promise<LoadResult> },
  contenders: readonly Contender[],
  connections: number
): Promise<Figures[][]> {
  const figures: Figures[][] = contenders.map(() => [])
  // The first round warms the code up and is not counted.
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [i, { label, server, explain }] of contenders.entries()) {
      const before = await server.usage()
      const result = await load.run({
        url: server.url,
        connections,
        seconds: SECONDS,
        customers: CUSTOMERS,
        explain
      })
      const after = await server.usage()
      if (result.failed > 0) throw new Error(`${result.failed} requests to ${label} failed`)
      if (round > 0)
        figures[i]!.push({
          ...result,
          cpuMicrosPerRequest: (after.cpuMicros - before.cpuMicros) / result.requests
        })
    }
  }
  return figures
}

function table(
  connections: number,
  contenders: readonly Contender[],
  figures: readonly Figures[][]
): string {
  const medians = figures.map(rounds => ({
    requestsPerSecond: median(rounds.map(figure => figure.requestsPerSecond)),
    p50Ms: median(rounds.map(figure => figure.p50Ms)),
    p99Ms: median(rounds.map(figure => figure.p99Ms)),
    cpu: median(rounds.map(figure => figure.cpuMicrosPerRequest))
  }))
  const glue = medians[1]!
  const rows = medians.map((row, i) => {
    const ratios = `${(row.requestsPerSecond / glue.requestsPerSecond).toFixed(2)} | ${(row.cpu / glue.cpu).toFixed(2)}`
    return `| ${contenders[i]!.label} | ${Math.round(row.requestsPerSecond)} | ${row.p50Ms} | ${row.p99Ms} | ${row.cpu.toFixed(1)} | ${ratios} |`
  })
  // Neighbours in time are compared, so that a slow minute of the machine meets both.
  const ratios = figures[3]!.map(
    (full, round) => full.cpuMicrosPerRequest / figures[2]![round]!.cpuMicrosPerRequest
  )
  const explained = `Explanation full against none, round by round: CPU × ${median(ratios).toFixed(2)} (${ratios.map(ratio => ratio.toFixed(2)).join(', ')}).`
  return [
    `${connections} connections:`,
    '',
    '| what runs | requests/s | p50 ms | p99 ms | CPU µs/request | requests/s against glue | CPU against glue |',
    '|---|---|---|---|---|---|---|',
    ...rows,
    '',
    explained,
    ''
  ].join('\n')
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? NaN
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}
