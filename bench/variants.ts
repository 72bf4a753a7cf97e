import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { cpuPerRequest, withOfferd } from './ground.js'
import { startLoad, type Server } from './processes.js'
import { pairedRatio, ratioText } from './ratio.js'
import { seedOfferd } from './seed.js'

const CUSTOMERS = 10_000
const CONNECTIONS = [16, 64]
const PAIRS = Number(process.env['BENCH_PAIRS'] ?? 60)
const WARMING_PAIRS = 4
const REQUESTS = 1500

/** Rules of the bench with something more in them. */
export interface Variant {
  /** What it has more; also the name of its folder. */
  readonly name: string
  readonly rules: string
}

/** What each variant's decisions cost against those of the plain rules: the same service on the same store, lot by lot in turns. */
export async function compareVariants(variants: readonly Variant[]): Promise<void> {
  await withOfferd(async ({ dir, offerd, further, start }) => {
    await seedOfferd(offerd.url, CUSTOMERS)
    const servers = [offerd]
    for (const { name, rules } of variants) {
      const folder = join(dir, name)
      await mkdir(folder)
      await writeFile(join(folder, 'strategy.yaml'), rules)
      servers.push(await further(name, folder))
    }
    const load = startLoad()
    start.stops.push(load.stop)
    for (const connections of CONNECTIONS) {
      const ratios = await compareCosts(load, servers, connections)
      for (const [i, { name }] of variants.entries())
        process.stdout.write(
          `${connections} connections: ${name} against none, CPU ${ratios[i]!}\n`
        )
    }
    for (const { name, usage } of servers) {
      const { cpuMicros, childrenMicros } = await usage()
      if (childrenMicros > 0)
        process.stdout.write(
          `${name}: its other processes took ${(childrenMicros / cpuMicros).toFixed(2)} of the CPU time that it took itself\n`
        )
    }
  })
}

/** Each of the later servers against the first. */
async function compareCosts(
  load: ReturnType<typeof startLoad>,
  servers: readonly Server[],
  connections: number
): Promise<string[]> {
  const rounds: number[][] = []
  for (let round = 0; round < PAIRS + WARMING_PAIRS; round++) {
    const costs = servers.map(() => 0)
    // Which goes first changes, so that what one leaves behind meets all.
    const turns = servers.map((_, i) => (i + round) % servers.length)
    for (const turn of turns) {
      const { url } = servers[turn]!
      const lot = { url, connections, seconds: 0, requests: REQUESTS, customers: CUSTOMERS }
      costs[turn] = await cpuPerRequest(servers[turn]!, load, { ...lot, explain: 'none' })
    }
    if (round >= WARMING_PAIRS) rounds.push(costs)
  }
  return servers
    .slice(1)
    .map((_, i) => ratioText(pairedRatio(rounds.map(costs => [costs[i + 1]!, costs[0]!]))))
}
