import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type Test } from 'tap'
import { createRandom } from '../../src/learning/random.js'
import { eventually } from '../contracts/store-contract.js'
import { openLink, type Link } from './proxy.js'

interface Caller {
  readonly socket: Socket
  readonly heard: Buffer[]
  text(): string
}

/** A server that says everything back, and a link to it. */
async function echoing(t: Test): Promise<{ link: Link; call: () => Promise<Caller> }> {
  const folder = await mkdtemp(join(tmpdir(), 'offerd-link-'))
  const path = join(folder, 'echo.sock')
  const server = createServer(socket => socket.on('error', () => undefined).pipe(socket))
  server.listen(path)
  await once(server, 'listening')
  t.teardown(async () => {
    server.close()
    await rm(folder, { recursive: true })
  })
  const link = await openLink(t, path, createRandom(1))
  return {
    link,
    async call() {
      const socket = connect({ port: link.port, host: '127.0.0.1', noDelay: true })
      t.teardown(() => socket.destroy())
      socket.on('error', () => undefined)
      const heard: Buffer[] = []
      socket.on('data', (chunk: Buffer) => heard.push(chunk))
      await once(socket, 'connect')
      return { socket, heard, text: () => Buffer.concat(heard).toString() }
    }
  }
}

const says = (caller: Caller, text: string) =>
  eventually(
    async () => caller.text(),
    heard => heard === text
  )

test('a link carries all bytes in their order, whatever pieces they come in', async t => {
  const { link, call } = await echoing(t)
  const caller = await call()
  caller.socket.write('one ')
  t.equal(await says(caller, 'one '), 'one ')
  link.set({ kind: 'slices', share: 1 })
  const many = 'two '.repeat(100)
  caller.socket.write(many)
  t.equal(await says(caller, `one ${many}`), `one ${many}`)
  t.ok(caller.heard.length > 10, 'in many pieces')
  link.set({ kind: 'latency', meanMs: 30, jitterMs: 10 })
  const sentMs = performance.now()
  caller.socket.write('three')
  t.equal(await says(caller, `one ${many}three`), `one ${many}three`)
  t.ok(performance.now() - sentMs >= 40, 'later, by both directions')
})

test('a black hole keeps what is sent, also by who has gone meanwhile, until the link is whole', async t => {
  const { link, call } = await echoing(t)
  const [caller, gone] = [await call(), await call()]
  link.set({ kind: 'black hole' })
  caller.socket.write('kept')
  gone.socket.end('kept too')
  await new Promise(resolve => setTimeout(resolve, 50))
  t.equal(caller.text(), '')
  link.set({ kind: 'none' })
  t.equal(await says(caller, 'kept'), 'kept')
  t.equal(await says(gone, 'kept too'), 'kept too')
})

test('a reset breaks a reply off half way, and the connection with it', async t => {
  const { link, call } = await echoing(t)
  const caller = await call()
  link.set({ kind: 'reset', share: 1 })
  const closed = once(caller.socket, 'close')
  caller.socket.write('12345678')
  await closed
  t.ok('1234'.startsWith(caller.text()))
})
