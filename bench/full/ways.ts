import { lotOf, type Bed } from '../contenders.js'
import { shortRatio } from '../ratio.js'
import { tableOf } from '../report.js'
import { inTurns, medianOf, ratioOf, type Lot } from '../turns.js'
import { ROUNDS, type Chapter } from './section.js'

const CONNECTIONS = 16
const DECISIONS = 2000

/** The same decisions asked for in other ways: with a full explanation, on WebSockets, a hundred in a request. */
export async function compareWays({ contenders: { journalling }, load }: Bed): Promise<Chapter> {
  const order = { connections: CONNECTIONS, seconds: 0, requests: DECISIONS }
  const lots: readonly Lot[] = [
    lotOf('one decision a request', journalling, order),
    lotOf('with a full explanation', journalling, { ...order, explain: 'full' }),
    lotOf('on WebSockets', journalling, { ...order, over: 'stream' }),
    // A client that sends lists waits for one before it sends the next.
    lotOf('a hundred in a request', journalling, { ...order, over: 'batch', connections: 1 })
  ]
  const figures = await inTurns(load, lots, 2 * ROUNDS)
  const rows = figures.map((rounds, i) => [
    lots[i]!.label,
    lots[i]!.order.connections,
    medianOf(rounds, 'requestsPerSecond').toFixed(0),
    medianOf(rounds, 'cpuMicrosPerRequest').toFixed(1),
    shortRatio(ratioOf(rounds, figures[0]!, 'cpuMicrosPerRequest'))
  ])
  const head = [
    'offerd, journal on',
    'connections',
    'decisions/s',
    'CPU µs/decision',
    'CPU against the first'
  ]
  return { text: tableOf(head, rows) }
}
