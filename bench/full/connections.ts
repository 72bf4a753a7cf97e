import { lotOf, type Bed } from '../contenders.js'
import { plot } from '../plot.js'
import { shortRatio } from '../ratio.js'
import { tableOf } from '../report.js'
import { inTurns, medianOf, ratioOf, type Figures } from '../turns.js'
import { ROUNDS, SECONDS, type Chapter } from './section.js'

const CONNECTIONS = [1, 4, 16, 64, 256]
const NAMES = ['glue', 'floor', 'journalling'] as const
const LABELS = { glue: 'glue', floor: 'tuned floor', journalling: 'offerd, journal on' } as const

/** From one caller to 256 that ask again as soon as they are answered. */
export async function compareConnections({ contenders, load }: Bed): Promise<Chapter> {
  const figures: Figures[][][] = []
  for (const connections of CONNECTIONS) {
    const lots = NAMES.map(name =>
      lotOf(LABELS[name], contenders[name], { connections, seconds: SECONDS })
    )
    figures.push(await inTurns(load, lots, ROUNDS))
  }
  const rows = figures.map(([glue, floor, offerd], i) => [
    CONNECTIONS[i]!,
    ...[glue!, floor!, offerd!].map(rounds =>
      [
        medianOf(rounds, 'requestsPerSecond').toFixed(0),
        medianOf(rounds, 'cpuMicrosPerRequest').toFixed(0),
        medianOf(rounds, 'p99Ms')
      ].join(' / ')
    ),
    shortRatio(ratioOf(offerd!, glue!, 'requestsPerSecond')),
    shortRatio(ratioOf(offerd!, floor!, 'cpuMicrosPerRequest'))
  ])
  const columns = NAMES.map(name => `${LABELS[name]}: requests/s / CPU µs / p99 ms`)
  const head = ['connections', ...columns, 'requests/s against glue', 'CPU against the floor']
  return {
    text: tableOf(head, rows),
    plots: [
      {
        name: 'connections-rate.svg',
        alt: 'Requests per second by connections, for glue, the tuned floor and offerd',
        svg: plotOf('Requests per second, saturated', 'requests/s', figures, 'requestsPerSecond')
      },
      {
        name: 'connections-cpu.svg',
        alt: 'CPU per decision by connections, for glue, the tuned floor and offerd',
        svg: plotOf('CPU per decision of the server', 'µs', figures, 'cpuMicrosPerRequest')
      }
    ]
  }
}

function plotOf(
  title: string,
  unit: string,
  figures: readonly Figures[][][],
  figure: 'requestsPerSecond' | 'cpuMicrosPerRequest'
): string {
  return plot({
    title,
    x: { label: 'connections', log: true },
    y: { label: unit },
    lines: NAMES.map((name, line) => ({
      name: LABELS[name],
      points: CONNECTIONS.map((x, i) => [x, medianOf(figures[i]![line]!, figure)] as const)
    }))
  })
}
