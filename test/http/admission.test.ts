import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { connect, type AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { fastify, type FastifyInstance } from 'fastify'
import { test } from 'tap'
import { admit, type Admission } from '../../src/http/admission.js'
import { authenticate } from '../../src/http/auth.js'
import { InFlightCap } from '../../src/http/in-flight.js'
import { createKeyRing } from '../../src/http/keys.js'
import { createPasses } from '../../src/http/passes.js'
import { networkOf } from '../../src/http/connections.js'
import { REQUEST, serve, type Ending } from './stand-ins.js'

const CLASSES = ['agent', 'web', 'batch', 'simulation'] as const

/** A key of each class, whose text is its class. */
const KEYS = createKeyRing(
  {
    keys: CLASSES.map(name => ({
      id: name,
      sha256: createHash('sha256').update(name).digest('hex'),
      scopes: ['decide', 'admin'],
      class: name
    }))
  },
  () => 0
)

interface Guarded {
  readonly app: FastifyInstance
  readonly cap: InFlightCap
  readonly admission: Admission
  readonly shed: string[]
  /** Answers all that waits. */
  finish(): void
}

/** Routes whose answers wait, in a process that has no time left. */
function guarded(t: Ending): Guarded {
  const shed: string[] = []
  const waiting: Array<() => void> = []
  const app = fastify()
  const cap = new InFlightCap({ clock: () => performance.now(), utilization: () => 1 })
  authenticate(app, { keys: KEYS, passes: createPasses(KEYS, () => []), nowMs: Date.now })
  const metrics = { shed: (of: string) => void shed.push(of), watchLoad: () => undefined }
  const admission = admit(app, metrics, cap)
  const wait = async () => new Promise<string>(resolve => waiting.push(() => resolve('done')))
  app.post('/urgent', { config: { right: 'decide' } }, wait)
  app.post('/many', { config: { right: 'decide_many' } }, wait)
  app.post('/long', { config: { right: 'decide', isLong: true } }, wait)
  app.post('/fails', { config: { right: 'decide' } }, async () => {
    throw new Error('no')
  })
  app.get('/looks', { config: { right: 'read_strategy' } }, wait)
  app.get('/health', { config: { right: 'open' } }, async () => 'well')
  t.after(async () => {
    await app.close()
  })
  return { app, cap, admission, shed, finish: () => waiting.splice(0).forEach(done => done()) }
}

const as = (key: string) => ({ authorization: `Bearer ${key}` })

test('what is beyond the cap is turned away as its class is, and told when to come again', async t => {
  const { app, cap, shed, finish } = guarded(t)
  for (let i = 0; i < 256; i++) cap.enter('web')
  const ask = async (url: string, key: string) =>
    app.inject({ method: url === '/looks' ? 'GET' : 'POST', url, headers: as(key) })
  const agent = ask('/urgent', 'agent')
  while (cap.inFlight < 257) await new Promise(setImmediate)
  const refused = await ask('/urgent', 'web')
  t.equal(refused.statusCode, 503)
  t.match(refused.headers['retry-after'], /^[1-3]$/)
  t.equal(refused.headers['content-type'], 'application/problem+json; charset=utf-8')
  t.match(refused.json(), { code: 'OFFERD_OVERLOADED', status: 503 })
  for (const [url, key] of [
    ['/urgent', 'batch'],
    ['/many', 'agent'],
    ['/looks', 'agent'],
    ['/many', 'simulation']
  ] as const)
    t.equal((await ask(url, key)).statusCode, 503, `${key} at ${url}`)
  t.same(shed, ['web', 'batch', 'batch', 'simulation', 'simulation'])
  t.equal((await app.inject('/health')).body, 'well')
  finish()
  t.equal((await agent).statusCode, 200)
  t.equal(cap.inFlight, 256)
})

test('what is answered, fails or takes long leaves nothing behind in flight', async t => {
  const { app, cap, finish } = guarded(t)
  const headers = as('web')
  t.equal((await app.inject({ method: 'POST', url: '/fails', headers })).statusCode, 500)
  t.equal(cap.inFlight, 0)
  const ask = async (url: string) => app.inject({ method: 'POST', url, headers })
  const long = ask('/long')
  const answered = ask('/urgent')
  while (cap.inFlight === 0) await new Promise(setImmediate)
  t.equal(cap.inFlight, 1)
  finish()
  t.same([(await long).statusCode, (await answered).statusCode], [200, 200])
  t.equal(cap.inFlight, 0)
})

test('a client that goes before its answer leaves nothing behind in flight', async t => {
  const { app, cap, finish } = guarded(t)
  await app.listen({ port: 0, host: '127.0.0.1' })
  const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1')
  socket.write('POST /urgent HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer web\r\n\r\n')
  while (cap.inFlight === 0) await new Promise(setImmediate)
  socket.destroy()
  await once(socket, 'close')
  await new Promise(setImmediate)
  finish()
  while (cap.inFlight > 0) await new Promise(setImmediate)
  t.equal(cap.inFlight, 0)
})

test('a connection on which requests are turned away lives on', async t => {
  const { app, cap, finish } = guarded(t)
  await app.listen({ port: 0, host: '127.0.0.1' })
  for (let i = 0; i < 256; i++) cap.enter('web')
  const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1')
  t.teardown(() => socket.destroy())
  const ask = 'POST /urgent HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer web\r\n'
  for (let i = 0; i < 50; i++) {
    socket.write(`${ask}content-type: application/json\r\ncontent-length: 2\r\n\r\n{}`)
    const [answer] = (await once(socket, 'data')) as [Buffer]
    t.match(answer.toString(), /^HTTP\/1\.1 503 (?![^]*connection: close)/i)
  }
  for (let i = 0; i < 256; i++) cap.leave('web', undefined)
  socket.write(`${ask}content-length: 0\r\n\r\n`)
  while (cap.inFlight === 0) await new Promise(setImmediate)
  finish()
  const [answer] = (await once(socket, 'data')) as [Buffer]
  t.match(answer.toString(), /^HTTP\/1\.1 200 /)
})

test('what is said on streams is let in as requests are', async t => {
  const { cap, admission, shed } = guarded(t)
  const { caller } = KEYS.find('web')!
  t.equal(await admission.through(caller, async () => cap.inFlight), 1)
  t.equal(cap.inFlight, 0)
  for (let i = 0; i < 256; i++) cap.enter('web')
  await t.rejects(
    admission.through(caller, async () => 1),
    { name: 'Refusal', code: 'overloaded' }
  )
  t.same(shed, ['web'])
})

test('a connection may have 33 requests waiting, and not more', async t => {
  const finishes: Array<() => void> = []
  const { app } = serve(t, {
    async decide() {
      await new Promise<void>(resolve => finishes.push(resolve))
      const timings = { profile: 0, policy: 0, model: 0, arbitrate: 0, total: 0 }
      return { timings, body: '{}' }
    }
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1')
  const body = JSON.stringify(REQUEST)
  const ask = `POST /v1/decisions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`
  socket.write(ask.repeat(39) + ask.replace('host:', 'connection: close\r\nhost:'))
  const answers = text(socket)
  while (finishes.length < 33) await new Promise(setImmediate)
  finishes.forEach(finish => finish())
  const statuses = (await answers).match(/HTTP\/1\.1 \d+/g)
  t.same(statuses, [
    ...Array<string>(33).fill('HTTP/1.1 200'),
    ...Array<string>(7).fill('HTTP/1.1 429')
  ])
})

test('an address takes half of the connections, and all together no more than there are', async t => {
  const { app, calls } = serve(t, { mostConnections: 4 })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  const open = async (localAddress: string) => {
    const socket = connect({ port, host: '127.0.0.1', localAddress })
    t.teardown(() => socket.destroy())
    await once(socket, 'connect')
    return socket
  }
  const first = await open('127.0.0.1')
  await open('127.0.0.1')
  const third = await text(await open('127.0.0.1'))
  t.match(third, /^HTTP\/1\.1 429 [^]*retry-after: 1\r\n[^]*"code":"OFFERD_TOO_MANY"/)
  await open('127.0.0.2')
  await open('127.0.0.2')
  t.equal(await text(await open('127.0.0.3')), '')
  t.same(calls.refusedConnections, ['address', 'process'])
  first.destroy()
  while ((await connections(app)) === 4) await new Promise(setImmediate)
  const again = await open('127.0.0.1')
  again.write('GET /livez HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n')
  t.match(await text(again), /^HTTP\/1\.1 200 /)
})

function connections(app: FastifyInstance): Promise<number> {
  return new Promise((resolve, reject) =>
    app.server.getConnections((error, count) => (error === null ? resolve(count) : reject(error)))
  )
}

test('an address of IPv6 stands for its 64 bits, one of IPv4 for itself', async t => {
  t.equal(networkOf('192.0.2.7'), '192.0.2.7')
  t.equal(networkOf('::ffff:192.0.2.7'), '::ffff:192.0.2.7')
  t.equal(networkOf('2001:db8:1:2:3:4:5:6'), '2001:db8:1:2')
  t.equal(networkOf('2001:db8::6'), '2001:db8:0:0')
  t.equal(networkOf('2001:db8:1:2::'), '2001:db8:1:2')
  t.equal(networkOf('::1'), '0:0:0:0')
})
