import { once } from 'node:events'
import { request, type IncomingMessage } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { test } from 'tap'
import { runAtRate } from '../../bench/at-rate.js'
import { redisMissing, startRedis } from '../helpers/redis.js'
import { startService } from '../helpers/service.js'
import { serve } from './stand-ins.js'

const HEAD = 'HTTP/1.1\r\nhost: localhost\r\n'
/** What slow clients send at once; a byte follows every half second, except from those who never say anything. */
const KINDS = {
  headers: `POST /v1/decisions ${HEAD}`,
  body: `POST /v1/decisions ${HEAD}content-type: application/json\r\ncontent-length: 1000\r\n\r\n{`,
  silent: ''
} as const
const DRIP_MS = 500
/** Of each kind in the default run; OFFERD_SLOW_CLIENTS clients in all attack a service under load. */
const FEW = 10
const MANY = Number(process.env['OFFERD_SLOW_CLIENTS'] ?? 0)

interface SlowClient {
  readonly kind: keyof typeof KINDS
  /** Since it connected, when the service had closed; and what it had answered. */
  readonly closed: Promise<{ readonly afterMs: number; readonly answer: string }>
}

/** Connects a client that sends as slowly as it can, from an address of its own. */
function openSlow(port: number, kind: keyof typeof KINDS): SlowClient {
  const socket = connect({ port, host: '127.0.0.1', localAddress: '127.0.0.2' })
  let answer = ''
  let sinceMs = performance.now()
  socket.on('data', chunk => (answer += chunk.toString('latin1')))
  socket.on('error', () => undefined) // A reset is an end as well.
  socket.once('connect', () => {
    sinceMs = performance.now()
    socket.write(KINDS[kind])
  })
  const dripping = setInterval(() => drip(socket, kind), DRIP_MS)
  const closed = once(socket, 'close').then(() => {
    clearInterval(dripping)
    return { afterMs: performance.now() - sinceMs, answer }
  })
  return { kind, closed }
}

function drip(socket: Socket, kind: keyof typeof KINDS): void {
  if (kind !== 'silent' && socket.writable) socket.write(kind === 'headers' ? 'x' : ' ')
}

function openAll(port: number, ofEach: number): SlowClient[] {
  return (['headers', 'body', 'silent'] as const).flatMap(kind =>
    Array.from({ length: ofEach }, () => openSlow(port, kind))
  )
}

test('clients that send headers or bodies slowly, or nothing, are cut off with a 408; a slow import is not', async t => {
  const served = serve(t)
  await served.app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = served.app.server.address() as AddressInfo
  const clients = openAll(port, FEW)
  const [imported, ...ends] = await Promise.all([
    trickle(port, 7000),
    ...clients.map(client => client.closed)
  ])
  for (const [i, { afterMs, answer }] of ends.entries()) {
    const { kind } = clients[i]!
    t.match(answer, /^HTTP\/1\.1 408 [^]*"code":"OFFERD_REQUEST_TIMEOUT"/, kind)
    t.ok(afterMs > 3900 && afterMs < 8000, `${kind}: after ${Math.round(afterMs)} ms`)
  }
  t.equal(imported.statusCode, 200)
  t.equal(served.calls.imported.join(''), '{}\n{}\n')
})

/** An import whose second line comes late. */
async function trickle(port: number, pauseMs: number): Promise<IncomingMessage> {
  const asked = request({
    port,
    method: 'POST',
    path: '/v1/customers/import',
    headers: { 'content-type': 'application/x-ndjson' }
  })
  asked.write('{}\n')
  setTimeout(() => asked.end('{}\n'), pauseMs)
  const [response] = (await once(asked, 'response')) as [IncomingMessage]
  response.resume()
  return response
}

test('many slow clients are gone within six seconds, and others hardly notice them', {
  skip: redisMissing || (MANY === 0 && 'NOT RUN: set OFFERD_SLOW_CLIENTS to a number of clients'),
  timeout: 120_000
}, async t => {
  const redis = await startRedis(t)
  const { url } = await startService(t, { redisUrl: redis.url })
  const load = (seconds: number) => runAtRate({ ...LOAD, url, seconds, random: Math.random })
  await load(10)
  const alone = await load(8)
  const beside = load(8)
  const clients = openAll(Number(new URL(url).port), Math.ceil(MANY / 3))
  const ends = await Promise.all(clients.map(({ closed }) => closed))
  const { latenciesMs, failed } = await beside
  const p99 = (sorted: Float64Array) => sorted[Math.floor(sorted.length * 0.99)]!
  const slowestMs = Math.max(...ends.map(({ afterMs }) => afterMs))
  const [before, during] = [p99(alone.latenciesMs), p99(latenciesMs)]
  t.comment(
    `${ends.length} slow clients, the last gone after ${slowestMs.toFixed(0)} ms; 300 decisions/s: p99 ${before.toFixed(1)} ms alone, ${during.toFixed(1)} ms beside them`
  )
  t.equal(ends.filter(({ answer }) => answer.startsWith('HTTP/1.1 408')).length, ends.length)
  t.ok(slowestMs <= 6000, `the last was gone after ${slowestMs.toFixed(0)} ms`)
  t.equal(failed + alone.failed, 0)
  t.ok(during <= before * 1.2, `p99 ${before.toFixed(1)} → ${during.toFixed(1)} ms`)
})

const LOAD = {
  connections: 16,
  ratePerSecond: 300,
  bodies: Array.from({ length: 500 }, (_, i) =>
    JSON.stringify({
      customer: { id: `c-${1000 + i}` },
      channel: 'web',
      placements: [{ id: 'home_hero' }]
    })
  )
}
