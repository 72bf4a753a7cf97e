import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { cpuPerRequest, withOfferd, type Ground } from './ground.js'
import { startLoad, type Server } from './processes.js'
import { pairedRatio, ratioText } from './ratio.js'
import { seedOfferd } from './seed.js'
import { rulesText, type Limits } from './world.js'

const CUSTOMERS = 10_000
const CONNECTIONS = [16, 64]
const PAIRS = Number(process.env['BENCH_PAIRS'] ?? 60)
const WARMING_PAIRS = 4
const REQUESTS = 1500

/** What limits cost: the same service without them, with contact policies, and with a strict quota on every offer, lot by lot in turns. */
export async function runLimits(): Promise<void> {
  await withOfferd(async ground => {
    await seedOfferd(ground.offerd.url, CUSTOMERS)
    const policies = await startWith(ground, 'contact policies')
    const quotas = await startWith(ground, 'strict quotas')
    const load = startLoad()
    ground.start.stops.push(load.stop)
    for (const connections of CONNECTIONS) {
      const ratios = await compareCosts(load, [ground.offerd, policies, quotas], connections)
      process.stdout.write(
        `${connections} connections: six contact policies against none, CPU ${ratios[0]!}\n` +
          `${connections} connections: a strict quota on every offer against none, CPU ${ratios[1]!}\n`
      )
    }
  })
}

async function startWith({ dir, further }: Ground, limits: Limits): Promise<Server> {
  const rules = join(dir, limits)
  await mkdir(rules)
  await writeFile(join(rules, 'strategy.yaml'), rulesText(limits))
  return await further(rules)
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
