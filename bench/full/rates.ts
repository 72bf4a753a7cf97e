import { lotOf, type Bed } from '../contenders.js'
import { plot } from '../plot.js'
import { tableOf } from '../report.js'
import { inTurns, medianOf, type Figures } from '../turns.js'
import { ROUNDS, SECONDS, type Chapter } from './section.js'

const SHARES = [0.1, 0.25, 0.5, 0.75, 0.9]
const NAMES = ['floor', 'journalling'] as const
const LABELS = { floor: 'tuned floor', journalling: 'offerd, journal on' } as const

/** How long one waits while requests come at shares of the rate that each contender can bear. */
export async function compareRates({ contenders, load }: Bed): Promise<Chapter> {
  const saturated = await inTurns(
    load,
    NAMES.map(name => lotOf(LABELS[name], contenders[name], { seconds: SECONDS })),
    ROUNDS
  )
  const most = saturated.map(rounds => medianOf(rounds, 'requestsPerSecond'))
  const figures: Figures[][][] = []
  for (const share of SHARES) {
    const lots = NAMES.map((name, i) =>
      lotOf(LABELS[name], contenders[name], {
        seconds: 1.5 * SECONDS,
        ratePerSecond: share * most[i]!
      })
    )
    figures.push(await inTurns(load, lots, ROUNDS))
  }
  const rows = figures.map((lots, i) => {
    const [floor, offerd] = lots.map(rounds => medianOf(rounds, 'p99Ms'))
    return [
      `${SHARES[i]! * 100} %`,
      ...lots.map(rounds =>
        [
          medianOf(rounds, 'requestsPerSecond').toFixed(0),
          medianOf(rounds, 'p50Ms').toFixed(2),
          medianOf(rounds, 'p99Ms').toFixed(2)
        ].join(' / ')
      ),
      (offerd! / floor!).toFixed(2)
    ]
  })
  const columns = NAMES.map(name => `${LABELS[name]}: requests/s / p50 ms / p99 ms`)
  return {
    text:
      `Saturated at 64 connections: ${NAMES.map((name, i) => `${LABELS[name]} ${most[i]!.toFixed(0)} requests/s`).join(', ')}. ` +
      `Each gets shares of its own rate; a latency runs from when its request was due.\n\n` +
      tableOf(['share of its rate', ...columns, 'p99 against the floor'], rows),
    plots: [
      {
        name: 'rates.svg',
        alt: '99th percentile of latency by share of the saturated rate, for the tuned floor and offerd',
        svg: plot({
          title: '99th percentile, from when a request was due',
          x: { label: 'share of the saturated rate, %' },
          y: { label: 'ms', log: true },
          lines: NAMES.map((name, line) => ({
            name: LABELS[name],
            points: SHARES.map(
              (share, i) => [share * 100, medianOf(figures[i]![line]!, 'p99Ms')] as const
            )
          }))
        })
      }
    ]
  }
}
