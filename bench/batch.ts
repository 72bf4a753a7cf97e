/** `npm run bench -- batch`: what a decision costs when a hundred are asked for in one request, against a hundred requests. */
import { CUSTOMERS, startJournalling } from './contenders.js'
import { cpuPerRequest, withOfferd } from './ground.js'
import { startLoad } from './processes.js'
import { inPairs, pairedRatio, ratioText } from './ratio.js'
import { say } from './report.js'
import { seedOfferd } from './seed.js'

const CONNECTIONS = [16, 64]
const DECISIONS = 2000
/** Until the compiler has seen enough of both ways. */
const WARMING_DECISIONS = 20_000

/** A client that sends lists waits for one before it sends the next; single requests come over 16 connections, and over 64. */
export async function runBatches(): Promise<void> {
  await withOfferd(async ground => {
    await seedOfferd(ground.offerd.url, CUSTOMERS)
    const load = startLoad()
    ground.start.stops.push(load.stop)
    const journalling = await startJournalling(ground)
    for (const server of [ground.offerd, journalling]) {
      const usual = { url: server.url, seconds: 0, customers: CUSTOMERS, explain: 'none' } as const
      const batches = (requests: number): Promise<number> =>
        cpuPerRequest(server, load, { ...usual, requests, connections: 1, over: 'batch' })
      const singles = (requests: number, connections: number): Promise<number> =>
        cpuPerRequest(server, load, { ...usual, requests, connections })
      await batches(WARMING_DECISIONS)
      for (const connections of CONNECTIONS) {
        await singles(WARMING_DECISIONS, connections)
        const pairs = await inPairs(
          () => batches(DECISIONS),
          () => singles(DECISIONS, connections)
        )
        say(
          `${server.name}: a hundred decisions in a request against a hundred requests over ${connections} connections, CPU ${ratioText(pairedRatio(pairs))}; ` +
            `${meanOf(pairs.map(([batch]) => batch))} against ${meanOf(pairs.map(([, single]) => single))} µs a decision`
        )
      }
    }
  })
}

function meanOf(values: readonly number[]): string {
  return (values.reduce((sum, value) => sum + value, 0) / values.length).toFixed(1)
}
