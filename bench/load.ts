/** The load, as a process of its own: runs what its parent sends and answers with the figures. */
import autocannon from 'autocannon'
import { runAtRate } from './at-rate.js'
import { runOverStream } from './over-stream.js'
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
  /** 'stream': on WebSockets; 'batch': a hundred decisions a request; unset: one decision a request. */
  readonly over?: 'stream' | 'batch'
  /** Which customers are asked for; the number of connections when absent. */
  readonly seed?: number
}

export interface LoadResult {
  /** Decisions, where a request asks for many. */
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

/** Decisions in one request of a batch. */
const BATCH = 100

process.on('message', (order: LoadOrder) => {
  void run(order).then(result => process.send?.(result))
})

function run(order: LoadOrder): Promise<LoadResult> {
  if (order.ratePerSecond !== undefined) return keepRate(order)
  if (order.over === 'stream') return askOverStream(order)
  if (order.over === 'batch') return saturate(order, '/v1/decisions/batch', BATCH)
  return saturate(order, '/v1/decisions', 1)
}

async function saturate(order: LoadOrder, path: string, each: number): Promise<LoadResult> {
  const result = await autocannon({
    url: order.url,
    connections: order.connections,
    // It ends at a sample only.
    sampleInt: 50,
    ...(order.requests === undefined
      ? { duration: order.seconds }
      : { amount: order.requests / each }),
    requests: inLots(bodiesOf(order), each).map(body => ({
      method: 'POST' as const,
      path,
      headers: { 'content-type': 'application/json' },
      body
    }))
  })
  return {
    requests: result.requests.total * each,
    requestsPerSecond: (result.requests.total * each) / result.duration,
    p50Ms: result.latency.p50,
    p99Ms: result.latency.p99,
    failed: result.non2xx + result.errors + result.timeouts,
    failures: `4xx: ${result['4xx']}, 5xx: ${result['5xx']}, no answer: ${result.errors}, of these too late: ${result.timeouts}`
  }
}

/** Bodies of batches where a request asks for more than one decision. */
function inLots(bodies: readonly string[], each: number): readonly string[] {
  if (each === 1) return bodies
  return Array.from({ length: bodies.length / each }, (_, i) => {
    return `{"requests":[${bodies.slice(i * each, (i + 1) * each).join(',')}]}`
  })
}

async function keepRate(order: LoadOrder): Promise<LoadResult> {
  const { url, connections, seconds, ratePerSecond = 1 } = order
  const result = await runAtRate({
    ...{ url, connections, seconds, ratePerSecond },
    bodies: bodiesOf(order),
    random: numbersFrom(Math.round(ratePerSecond))
  })
  return figuresOf(result, seconds)
}

async function askOverStream(order: LoadOrder): Promise<LoadResult> {
  const { url, connections, requests = BODIES } = order
  const startedAtMs = performance.now()
  const result = await runOverStream({ url, connections, requests, bodies: bodiesOf(order) })
  return figuresOf(result, (performance.now() - startedAtMs) / 1000)
}

function figuresOf(
  { latenciesMs, failed }: { readonly latenciesMs: Float64Array; readonly failed: number },
  seconds: number
): LoadResult {
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

function bodiesOf({ connections, customers, explain, seed = connections }: LoadOrder): string[] {
  const random = numbersFrom(seed)
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
