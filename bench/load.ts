/** The load, as a process of its own: runs what its parent sends and answers with the figures. */
import autocannon from 'autocannon'
import { runAtRate } from './at-rate.js'
import { customerId, numbersFrom } from './world.js'

export interface LoadOrder {
  readonly url: string
  readonly connections: number
  readonly seconds: number
  readonly customers: number
  readonly explain: 'none' | 'full'
  /** Stops after so many requests instead of after `seconds`. */
  readonly requests?: number
  /** Requests are due at this rate; unset, each connection asks again as soon as it is answered. */
  readonly ratePerSecond?: number
}

export interface LoadResult {
  readonly requests: number
  readonly requestsPerSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly failed: number
  /** How those that failed did. */
  readonly failures: string
}

/** Distinct bodies that the connections go through, so that no cache of one customer helps. */
const BODIES = 2000

process.on('message', (order: LoadOrder) => {
  const answer = order.ratePerSecond === undefined ? saturate(order) : keepRate(order)
  void answer.then(result => process.send?.(result))
})

async function saturate(order: LoadOrder): Promise<LoadResult> {
  const result = await autocannon({
    url: order.url,
    connections: order.connections,
    // It ends at a sample only.
    sampleInt: 50,
    ...(order.requests === undefined ? { duration: order.seconds } : { amount: order.requests }),
    requests: bodiesOf(order).map(body => ({
      method: 'POST' as const,
      path: '/v1/decisions',
      headers: { 'content-type': 'application/json' },
      body
    }))
  })
  return {
    requests: result.requests.total,
    requestsPerSecond: result.requests.total / result.duration,
    p50Ms: result.latency.p50,
    p99Ms: result.latency.p99,
    failed: result.non2xx + result.errors + result.timeouts,
    failures: `4xx: ${result['4xx']}, 5xx: ${result['5xx']}, no answer: ${result.errors}, of these too late: ${result.timeouts}`
  }
}

async function keepRate(order: LoadOrder): Promise<LoadResult> {
  const { url, connections, seconds, ratePerSecond = 1 } = order
  const { latenciesMs, failed } = await runAtRate({
    ...{ url, connections, seconds, ratePerSecond },
    bodies: bodiesOf(order),
    random: numbersFrom(Math.round(ratePerSecond))
  })
  const at = (share: number): number => latenciesMs[Math.floor(latenciesMs.length * share)] ?? NaN
  return {
    requests: latenciesMs.length,
    requestsPerSecond: latenciesMs.length / seconds,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    failed,
    failures: `${failed} were refused or not answered in time`
  }
}

function bodiesOf({ connections, customers, explain }: LoadOrder): string[] {
  const random = numbersFrom(connections)
  return Array.from({ length: BODIES }, () =>
    JSON.stringify({
      customer: { id: customerId(Math.floor(random() * customers)), namespace: 'crm' },
      channel: 'web',
      placements: [{ id: 'home_hero' }],
      context: { page: '/cards', device: random() < 0.5 ? 'mobile' : 'desktop' },
      options: { explain, timeoutMs: 10_000 }
    })
  )
}
