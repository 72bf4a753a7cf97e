/** The load, as a process of its own: runs what its parent sends and answers with the figures. */
import autocannon from 'autocannon'
import { customerId, numbersFrom } from './world.js'

export interface LoadOrder {
  readonly url: string
  readonly connections: number
  readonly seconds: number
  readonly customers: number
  readonly explain: 'none' | 'full'
  /** Stops after so many requests instead of after `seconds`. */
  readonly requests?: number
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
  void run(order).then(result => process.send?.(result))
})

async function run(order: LoadOrder): Promise<LoadResult> {
  const random = numbersFrom(order.connections)
  const requests = Array.from({ length: BODIES }, () => ({
    method: 'POST' as const,
    path: '/v1/decisions',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      customer: { id: customerId(Math.floor(random() * order.customers)), namespace: 'crm' },
      channel: 'web',
      placements: [{ id: 'home_hero' }],
      context: { page: '/cards', device: random() < 0.5 ? 'mobile' : 'desktop' },
      options: { explain: order.explain, timeoutMs: 10_000 }
    })
  }))
  const result = await autocannon({
    url: order.url,
    connections: order.connections,
    // It ends at a sample only.
    sampleInt: 50,
    ...(order.requests === undefined ? { duration: order.seconds } : { amount: order.requests }),
    requests
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
