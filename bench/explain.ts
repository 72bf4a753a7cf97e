import { CUSTOMERS } from './contenders.js'
import { cpuPerRequest, withOfferd } from './ground.js'
import { startLoad } from './processes.js'
import { pairedRatio, ratioText } from './ratio.js'
import { say } from './report.js'
import { seedOfferd } from './seed.js'

const CONNECTIONS = [16, 64]
const PAIRS = Number(process.env['BENCH_PAIRS'] ?? 100)
const WARMING_PAIRS = 4
const REQUESTS = 1500

/** What a full explanation costs: many short lots with and without it, compared neighbour by neighbour. */
export async function runExplanations(): Promise<void> {
  await withOfferd(async ({ offerd, start }) => {
    await seedOfferd(offerd.url, CUSTOMERS)
    const load = startLoad()
    start.stops.push(load.stop)
    for (const connections of CONNECTIONS) {
      const lot = { url: offerd.url, connections, seconds: 0, requests: REQUESTS }
      const pairs: Array<[full: number, none: number]> = []
      for (let round = 0; round < PAIRS + WARMING_PAIRS; round++) {
        // Which goes first changes, so that what one leaves behind meets both.
        const turns = round % 2 === 0 ? (['none', 'full'] as const) : (['full', 'none'] as const)
        const costs = { none: 0, full: 0 }
        for (const explain of turns)
          costs[explain] = await cpuPerRequest(offerd, load, {
            ...lot,
            customers: CUSTOMERS,
            explain
          })
        if (round >= WARMING_PAIRS) pairs.push([costs.full, costs.none])
      }
      say(
        `${connections} connections: explanation full against none, CPU ${ratioText(pairedRatio(pairs))}`
      )
    }
  })
}
