/**
 * `npm run bench`: what a decision costs, beside (a) Fastify answering a constant of the same size, (b) hand-written glue doing the core
 * of the same work and (c) the parts alone, tuned as far as they go. All in one run, in turns, on this machine; then how long a decision
 * takes when requests come at half of the rate that saturates.
 */
import { CUSTOMERS, lotOf, withContenders, type Bed, type Contenders } from './contenders.js'
import { shortRatio } from './ratio.js'
import { machine, say, tableOf, writeResult } from './report.js'
import { inTurns, medianOf, ratioOf, type Figures, type Lot } from './turns.js'

const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 6)
const SECONDS = Number(process.env['BENCH_SECONDS'] ?? 1)
const CONNECTIONS = [16, 64]
const HALF = 0.5
const LABELS: Readonly<Record<keyof Contenders, string>> = {
  constant: '(a) constant',
  glue: '(b) glue',
  floor: '(c) tuned floor',
  offerd: '(d) offerd',
  journalling: '(e) offerd, journal on'
}
const NAMES = Object.keys(LABELS) as Array<keyof Contenders>

/** Runs the comparison and writes its tables to bench/results. */
export async function runComparison(): Promise<void> {
  await withContenders(async bed => {
    const text = `${machine()}\n\n${await compare(bed)}\n`
    say(`\n${text}`)
    say(`Also in ${await writeResult('short.md', text)}`)
  })
}

/** The comparison's tables as Markdown. */
export async function compare({ ground, contenders, load }: Bed): Promise<string> {
  const { offerd } = ground
  const tables: string[] = []
  let rates: number[] = []
  for (const connections of CONNECTIONS) {
    const lots = NAMES.map(name =>
      lotOf(LABELS[name], contenders[name], { connections, seconds: SECONDS })
    )
    const figures = await inTurns(load, lots, ROUNDS)
    rates = figures.map(rounds => medianOf(rounds, 'requestsPerSecond'))
    tables.push(`${connections} connections, saturated:`, '', saturatedTable(figures), '')
  }
  const { rssBytes } = await offerd.usage()
  return [
    `${ROUNDS} rounds of ${SECONDS} s each, in turns; medians; ratios with their 95 % intervals.`,
    '',
    ...tables,
    'Requests that come at a fixed rate; time runs from when each was due, whatever has become of those before it:',
    '',
    await atHalfRate(load, contenders, rates),
    '',
    `Resident memory of offerd afterwards, ${CUSTOMERS} customers stored: ${Math.round(rssBytes / 1e6)} MB. Ready after ${Math.round(offerd.readyMs)} ms.`
  ].join('\n')
}

function saturatedTable(figures: readonly Figures[][]): string {
  const glue = figures[NAMES.indexOf('glue')]!
  const floor = figures[NAMES.indexOf('floor')]!
  const rows = figures.map((rounds, i) => [
    LABELS[NAMES[i]!],
    medianOf(rounds, 'requestsPerSecond').toFixed(0),
    medianOf(rounds, 'p50Ms'),
    medianOf(rounds, 'p99Ms'),
    medianOf(rounds, 'cpuMicrosPerRequest').toFixed(1),
    shortRatio(ratioOf(rounds, glue, 'requestsPerSecond')),
    shortRatio(ratioOf(rounds, floor, 'cpuMicrosPerRequest'))
  ])
  return tableOf(
    [
      'what runs',
      'requests/s',
      'p50 ms',
      'p99 ms',
      'CPU µs/request',
      'requests/s against glue',
      'CPU against the floor'
    ],
    rows
  )
}

/** Each at half of its own rate, and the floor also at that of offerd with its journal. */
async function atHalfRate(
  load: Bed['load'],
  contenders: Contenders,
  rates: readonly number[]
): Promise<string> {
  const halfOf = (name: keyof Contenders): number => HALF * rates[NAMES.indexOf(name)]!
  const lot = (name: keyof Contenders, label: string, ratePerSecond: number): Lot =>
    lotOf(label, contenders[name], { ratePerSecond, seconds: 1.5 * SECONDS })
  const lots = [
    lot('floor', `${LABELS.floor}, half of its own rate`, halfOf('floor')),
    lot('floor', `${LABELS.floor}, at the rate of (e)`, halfOf('journalling')),
    lot('offerd', `${LABELS.offerd}, half of its own rate`, halfOf('offerd')),
    lot('journalling', `${LABELS.journalling}, half of its own rate`, halfOf('journalling'))
  ]
  const figures = await inTurns(load, lots, ROUNDS)
  const rows = figures.map((rounds, i) => [
    lots[i]!.label,
    medianOf(rounds, 'requestsPerSecond').toFixed(0),
    medianOf(rounds, 'p50Ms').toFixed(2),
    medianOf(rounds, 'p99Ms').toFixed(2),
    (medianOf(rounds, 'p99Ms') / medianOf(figures[0]!, 'p99Ms')).toFixed(2),
    (medianOf(rounds, 'p99Ms') / medianOf(figures[1]!, 'p99Ms')).toFixed(2)
  ])
  return tableOf(
    [
      'what runs',
      'requests/s',
      'p50 ms',
      'p99 ms',
      'p99 against the floor at half of its rate',
      'p99 against the floor at the same rate as (e)'
    ],
    rows
  )
}
