/**
 * `npm run bench -- exploration`: what it costs a decision that a part of it is left to chance, lot by lot in turns, and what is worked
 * out afterwards for its record.
 */
import type { FreshRecord } from '../src/decisioning/ports.js'
import { decideFor, prepare } from './decide.js'
import { pairedRatio, ratioText } from './ratio.js'
import { rulesText } from './world.js'

const PAIRS = Number(process.env['BENCH_PAIRS'] ?? 60)
const WARMING_PAIRS = 4
const DECISIONS = 1000
const TOGETHER = 16
const METHODS = ['none', 'epsilon, share: 0.05', 'thompson']
const RECORDS = 300

export async function runExploration(): Promise<void> {
  const deciders = await Promise.all(METHODS.map(method => prepare(exploring(method))))
  const rounds: number[][] = []
  for (let round = 0; round < PAIRS + WARMING_PAIRS; round++) {
    const costs = METHODS.map(() => 0)
    // Which goes first changes, so that what one leaves behind meets all.
    const turns = METHODS.map((_, i) => (i + round) % METHODS.length)
    for (const turn of turns)
      costs[turn] = await decideFor(deciders[turn]!, TOGETHER, 'none', DECISIONS)
    if (round >= WARMING_PAIRS) rounds.push(costs)
  }
  METHODS.forEach((method, i) => {
    const micros = rounds.reduce((sum, costs) => sum + costs[i]!, 0) / rounds.length
    const ratio = ratioText(pairedRatio(rounds.map(costs => [costs[i]!, costs[0]!])))
    process.stdout.write(
      `${method}: ${micros.toFixed(1)} µs CPU a decision, against none ${ratio}\n`
    )
  })
  for (const method of METHODS) {
    const micros = await recordCost(method)
    process.stdout.write(`${method}: ${micros.toFixed(1)} µs CPU a record, beside the requests\n`)
  }
}

/** CPU microseconds that completing and packing a record takes. */
async function recordCost(method: string): Promise<number> {
  const records: FreshRecord[] = []
  const decide = await prepare(exploring(method), record => records.push(record))
  await decideFor(decide, TOGETHER, 'none', 2 * RECORDS)
  const costs = [records.slice(0, RECORDS), records.slice(RECORDS)].map(lot => {
    const before = process.cpuUsage()
    for (const record of lot) {
      record.packAnswer()
      record.packTrace()
    }
    const { user, system } = process.cpuUsage(before)
    return (user + system) / lot.length
  })
  // The first lot warms.
  return costs.at(-1)!
}

function exploring(method: string): string {
  return `${rulesText()}\narbitration: {exploration: {method: ${method}}}\n`
}
