import { once } from 'node:events'
import { Agent, request, type IncomingMessage } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { test } from 'tap'
import { REQUEST, serve, type Served } from './stand-ins.js'

const MEBIBYTE = 2 ** 20

async function portOf({ app }: Served): Promise<number> {
  await app.listen({ port: 0, host: '127.0.0.1' })
  return (app.server.address() as AddressInfo).port
}

interface Answer {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: string
  /** The client's port: the same port is the same connection. */
  readonly from: number | undefined
}

/** Posts pieces of a body, chunked unless a length is given. */
async function post(
  port: number,
  agent: Agent,
  pieces: readonly string[],
  length?: number
): Promise<Answer> {
  const headers = {
    'content-type': 'application/json',
    ...(length === undefined ? {} : { 'content-length': length })
  }
  const asked = request({ port, agent, method: 'POST', path: '/v1/decisions', headers })
  asked.on('error', () => undefined) // Writing on after the answer may fail; the answer counts.
  const answered = once(asked, 'response') as Promise<[IncomingMessage]>
  for (const piece of pieces) asked.write(piece)
  asked.end()
  const [response] = await answered
  const from = response.socket.localPort
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    body: await text(response),
    from
  }
}

test('a body of 1 MiB and more is read to its end before it is refused, and the connection lives on', async t => {
  const served = serve(t)
  const port = await portOf(served)
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  t.after(() => agent.destroy())
  const piece = 'x'.repeat(MEBIBYTE)
  const known = await post(port, agent, [piece, piece, piece], 3 * MEBIBYTE)
  const chunked = await post(port, agent, [piece, piece, piece])
  const next = await post(port, agent, [JSON.stringify(REQUEST)])
  t.same([known.status, chunked.status, next.status], [413, 413, 200])
  t.match(JSON.parse(known.body), { code: 'OFFERD_TOO_LARGE' })
  t.match(JSON.parse(chunked.body), { code: 'OFFERD_TOO_LARGE' })
  t.equal(next.from, known.from)
})

test('a body beyond 8 MiB is refused without waiting for its end, and the connection is closed', async t => {
  const served = serve(t)
  const port = await portOf(served)
  const agent = new Agent({ keepAlive: true })
  t.after(() => agent.destroy())
  const known = await post(port, agent, [], 9 * MEBIBYTE)
  const chunked = await post(
    port,
    agent,
    Array.from({ length: 9 }, () => 'x'.repeat(MEBIBYTE))
  )
  t.same([known.status, chunked.status], [413, 413])
  t.equal(known.headers.connection, 'close')
})

test('a body that cannot be read does not cost the connection', async t => {
  const served = serve(t)
  const port = await portOf(served)
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  t.after(() => agent.destroy())
  const answers: Answer[] = []
  for (const body of ['{', '\u0000', '{}', JSON.stringify(REQUEST)])
    answers.push(await post(port, agent, [body]))
  t.same(
    answers.map(each => each.status),
    [400, 400, 400, 200]
  )
  t.equal(new Set(answers.map(each => each.from)).size, 1)
})

/** Sends raw bytes and answers all that comes back until the server closes. */
async function raw(port: number, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.write(bytes)
  return text(socket)
}

test('what is no HTTP, and headers beyond 8 kB, are answered with a problem and closed', async t => {
  const port = await portOf(serve(t))
  const garbage = await raw(port, 'hello\r\n\r\n')
  t.match(garbage, /^HTTP\/1\.1 400 Bad Request\r\n/)
  t.match(garbage, '"code":"OFFERD_MALFORMED"')
  t.match(garbage, /x-content-type-options: nosniff/)
  const fat = await raw(
    port,
    `GET /livez HTTP/1.1\r\nhost: localhost\r\nx: ${'y'.repeat(9000)}\r\n\r\n`
  )
  t.match(fat, /^HTTP\/1\.1 431 /)
  t.match(fat, '"code":"OFFERD_HEADERS_TOO_LARGE"')
  t.match(await raw(port, 'GET /livez HTTP/1.0\r\n\r\n'), /^HTTP\/1\.1 200 /)
})

test('an upload that breaks off is no fault of the service', async t => {
  let failed = (_error: unknown): void => undefined
  const failure = new Promise<unknown>(resolve => (failed = resolve))
  let began = (): void => undefined
  const begun = new Promise<void>(resolve => (began = resolve))
  const served = serve(t, {
    async importCustomers(pieces) {
      try {
        for await (const _ of pieces) began()
      } catch (error) {
        failed(error)
        throw error
      }
      return { imported: 0, failed: 0, errors: [] }
    }
  })
  const socket = connect(await portOf(served), '127.0.0.1')
  const head = 'POST /v1/customers/import HTTP/1.1\r\nhost: localhost\r\ncontent-length: 99\r\n'
  socket.write(`${head}content-type: application/x-ndjson\r\n\r\n{}\n`)
  await begun
  socket.destroy()
  t.match(await failure, { name: 'Refusal', code: 'malformed' })
  await served.app.close()
  t.equal(served.calls.log.filter(line => Number(line['level']) >= 50).length, 0)
})

test('while closing, what is in flight finishes and what comes after it on the connection is refused', async t => {
  let finish = (): void => undefined
  const finished = new Promise<void>(resolve => (finish = resolve))
  let began = (): void => undefined
  const begun = new Promise<void>(resolve => (began = resolve))
  const served = serve(t, {
    async decide() {
      began()
      await finished
      const timings = { profile: 0, policy: 0, model: 0, arbitrate: 0, total: 0 }
      return { timings, body: '{"decisionId":"0199"}' }
    }
  })
  const socket = connect(await portOf(served), '127.0.0.1')
  const body = JSON.stringify(REQUEST)
  const head =
    'POST /v1/decisions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n'
  socket.write(`${head}content-length: ${body.length}\r\n\r\n${body}`)
  await begun
  const closed = served.app.close()
  while (served.app.server.listening) await new Promise(setImmediate)
  const refused = once(served.app.server, 'request')
  socket.write('GET /v1/decisions/0199 HTTP/1.1\r\nhost: localhost\r\n\r\n')
  await refused
  finish()
  const answers = await text(socket)
  t.match(answers, /^HTTP\/1\.1 200 [^]*\{"decisionId":"0199"\}HTTP\/1\.1 503 /)
  t.match(answers, /connection: close[^]*"code":"OFFERD_UNAVAILABLE"/i)
  await closed
})
