import { join } from 'node:path'
import { withOfferd } from './ground.js'
import type { LoadOrder } from './load.js'
import { startLoad, type Server, type Usage } from './processes.js'
import { inPairs, pairedRatio, ratioText } from './ratio.js'
import { seedOfferd } from './seed.js'

const CUSTOMERS = 10_000
const CONNECTIONS = 64
const REQUESTS = 3000
/** Until the compiler of every process has seen enough; a worker of two sees half of what comes. */
const WARMING_REQUESTS = 20_000

/**
 * What a second worker costs a decision: decisions per CPU second of two workers, with the process that starts them, against one. Both ways
 * of sharing connections: handed out in turns, as the service does, and taken by whoever comes first.
 */
export async function runWorkers(): Promise<void> {
  await withOfferd(async ({ dir, offerd, further, start }) => {
    await seedOfferd(offerd.url, CUSTOMERS)
    const load = startLoad()
    start.stops.push(load.stop)
    const order = {
      connections: CONNECTIONS,
      seconds: 0,
      requests: REQUESTS,
      customers: CUSTOMERS,
      explain: 'none'
    } as const
    const warm = (server: Server, requests: number): Promise<number> =>
      cpuOf(server, load, { ...order, requests })
    await warm(offerd, WARMING_REQUESTS)
    for (const [way, policy] of [
      ['in turns', 'rr'],
      ['whoever comes first', 'none']
    ] as const) {
      const two = await further(`two workers, ${way}`, join(dir, 'rules'), undefined, {
        OFFERD_WORKERS: '2',
        NODE_CLUSTER_SCHED_POLICY: policy
      })
      await warm(two, 2 * WARMING_REQUESTS)
      const spread = new Spread(two)
      const pairs = await inPairs(
        () => cpuOf(offerd, load, order),
        () => spread.over(() => cpuOf(two, load, order))
      )
      process.stdout.write(
        `${CONNECTIONS} connections, ${two.name}: decisions per CPU second against one ${ratioText(pairedRatio(pairs))}; ${spread.text()}\n`
      )
      await two.stop()
    }
  })
}

/** Microseconds that a server and its workers take for an order of requests. Throws when one fails. */
async function cpuOf(
  server: Server,
  load: ReturnType<typeof startLoad>,
  order: Omit<LoadOrder, 'url'>
): Promise<number> {
  const before = await server.usage()
  const { failed, failures } = await load.run({ url: server.url, ...order })
  if (failed > 0) throw new Error(`${failed} requests to ${server.name} failed (${failures})`)
  return totalOf(await server.usage()) - totalOf(before)
}

function totalOf({ cpuMicros, childrenMicros }: Usage): number {
  return cpuMicros + childrenMicros
}

/** How much of the work of a service its busiest worker does, and how much the process that starts them. */
class Spread {
  readonly #server: Server
  #total = 0
  #busiest = 0
  #starter = 0

  constructor(server: Server) {
    this.#server = server
  }

  async over(work: () => Promise<number>): Promise<number> {
    const before = await this.#server.usage()
    const cost = await work()
    const after = await this.#server.usage()
    const workers = after.eachChildMicros.map((micros, i) => micros - before.eachChildMicros[i]!)
    this.#total += cost
    this.#busiest += Math.max(...workers)
    this.#starter += after.cpuMicros - before.cpuMicros
    return cost
  }

  text(): string {
    const share = (part: number): string => `${((100 * part) / this.#total).toFixed(1)} %`
    return `the busier worker did ${share(this.#busiest)}, the process that starts them ${share(this.#starter)}`
  }
}
