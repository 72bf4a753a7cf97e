import { decideFor, prepare } from '../decide.js'
import { installPeers } from '../peers/install.js'
import { openOwnConditions } from '../peers/own.js'
import { PEERS, type Evaluate } from '../peers/peers.js'
import { offersThatPass, peerFactsOf, type PeerFacts } from '../peers/tests.js'
import { median, pairedRatio, shortRatio } from '../ratio.js'
import { tableOf } from '../report.js'
import { rulesText } from '../world.js'
import { ROUNDS, type Chapter } from './section.js'

const CUSTOMERS = 200
const TOGETHER = 16
const LOTS_A_ROUND = 3
/** Not counted: until code is compiled as well as it will be. */
const WARMING_LOTS = 5
const WARMING_DECISIONS = 5000

/** One row of the table: what it costs to go through some customers once. */
interface Row {
  readonly name: string
  readonly does: string
  readonly leavesOut: string
  cpuMicros(): Promise<number>
}

/** Rule engines on the conditions of 50 offers, for the same customers and with the same answers. */
export async function comparePeers(): Promise<Chapter> {
  installPeers()
  const customers = Array.from({ length: CUSTOMERS }, (_, i) => peerFactsOf(i))
  const rows = [
    await rowOf(
      'offerd, its conditions alone',
      'compiled once',
      'all the rest',
      openOwnConditions(),
      customers
    ),
    await decisionRow()
  ]
  for (const { name, way, leavesOut, open } of PEERS)
    rows.push(await rowOf(name, way, leavesOut, await open(), customers))

  const costs: number[][] = rows.map(() => [])
  for (let round = 0; round < WARMING_LOTS + ROUNDS * LOTS_A_ROUND; round++) {
    for (let turn = 0; turn < rows.length; turn++) {
      const i = (turn + round) % rows.length
      const micros = await rows[i]!.cpuMicros()
      if (round >= WARMING_LOTS) costs[i]!.push(micros)
    }
  }
  return { text: `${INTRODUCTION}\n\n${tableWith(rows, costs)}` }
}

const INTRODUCTION =
  'Rule engines on the conditions of the same 50 offers (two or three comparisons each) for the same customers, in one process; all answer the same ' +
  'offers, which is checked. None of them has a store of profiles, contact policies and limits, models, arbitration, tokens, explanations or ' +
  'records; the facts are handed to them as objects. What each leaves out besides stands in the last column.'

function tableWith(rows: readonly Row[], costs: readonly number[][]): string {
  return tableOf(
    [
      'what runs',
      'how',
      'CPU µs/customer',
      'against a whole decision of offerd',
      'leaves out besides'
    ],
    rows.map(({ name, does, leavesOut }, i) => [
      name,
      does,
      median(costs[i]!).toFixed(1),
      shortRatio(pairedRatio(costs[i]!.map((micros, round) => [micros, costs[1]![round]!]))),
      leavesOut
    ])
  )
}

async function rowOf(
  name: string,
  does: string,
  leavesOut: string,
  evaluate: Evaluate,
  customers: readonly PeerFacts[]
): Promise<Row> {
  for (const facts of customers) {
    const found = [...(await evaluate(facts))].sort((a, b) => a - b)
    if (found.join() !== offersThatPass(facts).join())
      throw new Error(`${name} answers other offers than the rest: ${found.join()}`)
  }
  const cpuMicros = async (): Promise<number> => {
    const before = process.cpuUsage()
    for (const facts of customers) await evaluate(facts)
    const { user, system } = process.cpuUsage(before)
    return (user + system) / customers.length
  }
  return { name, does, leavesOut, cpuMicros }
}

/** The whole of a decision by rules with these conditions, without wire and Redis. */
async function decisionRow(): Promise<Row> {
  const rules = rulesText().replaceAll(/( {4}eligibility: customer\.a\d+) >= 0/g, '$1 >= 30')
  const decide = await prepare(rules)
  await decideFor(decide, TOGETHER, 'none', WARMING_DECISIONS)
  return {
    name: 'offerd, the whole decision',
    does: 'in the process',
    leavesOut: 'wire and Redis',
    cpuMicros: () => decideFor(decide, TOGETHER, 'none', CUSTOMERS)
  }
}
