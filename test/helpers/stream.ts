import { once } from 'node:events'
import { WebSocket, type ClientOptions } from 'ws'
import type { Ending } from './redis.js'

/** What the service says on a stream. */
export interface Said {
  readonly type: 'decision' | 'ack' | 'error'
  readonly ref?: string
  readonly [member: string]: unknown
}

/** A client of the stream that keeps what it heard until it is asked for. */
export interface Stream {
  readonly socket: WebSocket
  say(message: object | string): void
  /** The next that was said and not asked for yet; fails after ten seconds of silence. */
  next(): Promise<Said>
  /** How much was said and not asked for yet. */
  waiting(): number
  close(): Promise<void>
}

const PATIENCE_MS = 10_000

/** Opens a stream of the service at a url, closed when the test ends. Rejects with what the service answered instead. */
export async function openStream(
  t: Ending,
  url: string,
  { protocols = [], ...options }: ClientOptions & { readonly protocols?: readonly string[] } = {}
): Promise<Stream> {
  const address = `${url.replace(/^http/, 'ws')}/v1/stream`
  const socket = new WebSocket(address, [...protocols], options)
  const heard: Said[] = []
  const listeners: Array<() => void> = []
  socket.on('message', (data: Buffer) => {
    heard.push(JSON.parse(data.toString()) as Said)
    listeners.shift()?.()
  })
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve)
    socket.once('error', reject)
  })
  t.teardown(() => socket.terminate())
  return {
    socket,
    say: message => socket.send(typeof message === 'string' ? message : JSON.stringify(message)),
    async next() {
      if (heard.length === 0) await within(new Promise<void>(done => listeners.push(done)))
      return heard.shift()!
    },
    waiting: () => heard.length,
    async close() {
      socket.close()
      await once(socket, 'close')
    }
  }
}

async function within(heard: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('nothing was said for ten seconds')), PATIENCE_MS)
  })
  await Promise.race([heard, late]).finally(() => clearTimeout(timer))
}
