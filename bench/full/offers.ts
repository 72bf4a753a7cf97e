import { COSTLY_MODEL, measureOffers, measureScoring } from '../offers.js'
import { plot } from '../plot.js'
import { shortRatio } from '../ratio.js'
import { tableOf } from '../report.js'
import type { Chapter } from './section.js'

/** From ten offers to 10,000, and a costly model over 200, in this process. */
export async function compareOffers(): Promise<Chapter> {
  const costs = await measureOffers()
  const scoring = await measureScoring()
  const rowsOf = (some: typeof costs): string[][] =>
    some.map(({ offers, world, cpuMicros, ratio }) => [
      offers.toLocaleString('en'),
      world,
      cpuMicros.toFixed(1),
      shortRatio(ratio)
    ])
  const sameWorld = costs[0]!.world
  return {
    text: [
      'Nearly all offers pass, one logistic model of 32 columns:',
      tableOf(['offers', 'values', 'CPU µs/decision', 'against 50 offers'], rowsOf(costs)),
      `${COSTLY_MODEL}, those scored that may win against all scored:`,
      tableOf(['offers', 'values', 'CPU µs/decision', 'against all scored'], rowsOf(scoring))
    ].join('\n\n'),
    plots: [
      {
        name: 'offers.svg',
        alt: 'CPU per decision by number of offers',
        svg: plot({
          title: 'CPU per decision in the process',
          x: { label: 'offers', log: true },
          y: { label: 'µs', log: true },
          lines: [
            {
              name: 'offerd',
              points: costs
                .filter(({ world }) => world === sameWorld)
                .map(({ offers, cpuMicros }) => [offers, cpuMicros])
            }
          ]
        })
      }
    ]
  }
}
