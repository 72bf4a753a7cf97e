import { once } from 'node:events'
import { connect, type AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { test } from 'tap'
import { openStream } from '../helpers/stream.js'
import { REQUEST, serve, type Served } from './stand-ins.js'

const MEBIBYTE = 2 ** 20
const NO_TIME = { profile: 0, policy: 0, model: 0, arbitrate: 0, total: 0 }

async function urlOf({ app }: Served): Promise<string> {
  await app.listen({ port: 0, host: '127.0.0.1' })
  return `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`
}

test('a client that does not read what it is sent is given up with code 1013', async t => {
  const finishes: Array<() => void> = []
  const served = serve(t, {
    async decide() {
      await new Promise<void>(resolve => finishes.push(resolve))
      return { timings: NO_TIME, body: `{"long":"${'x'.repeat(MEBIBYTE)}"}` }
    }
  })
  const stream = await openStream(t, await urlOf(served))
  stream.socket.pause()
  for (let i = 0; i < 32; i++) stream.say({ type: 'decide', ref: String(i), ...REQUEST })
  while (finishes.length < 32) await new Promise(setImmediate)
  finishes.forEach(finish => finish())
  stream.socket.resume()
  const [code] = (await once(stream.socket, 'close')) as [number]
  t.equal(code, 1013)
  t.ok(stream.waiting() < 32, `${stream.waiting()} answers were on their way`)
})

test('half of the connections may be streams', async t => {
  const url = await urlOf(serve(t, { mostConnections: 6 }))
  for (let i = 0; i < 3; i++) await openStream(t, url)
  await t.rejects(openStream(t, url, { localAddress: '127.0.0.2' }), {
    message: 'Unexpected server response: 503'
  })
})

test('an upgrade that is sent slowly is cut off like any request', async t => {
  const url = new URL(await urlOf(serve(t)))
  const socket = connect(Number(url.port), url.hostname)
  const sinceMs = performance.now()
  socket.write('GET /v1/stream HTTP/1.1\r\nhost: localhost\r\nupgrade: websocket\r\n')
  t.match(await text(socket), /^HTTP\/1\.1 408 /)
  t.ok(performance.now() - sinceMs < 8000)
})
