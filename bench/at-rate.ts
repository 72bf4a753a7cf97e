import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** Requests that are due at times of their own, whatever has become of those before them. */
export interface RateOrder {
  readonly url: string
  readonly connections: number
  readonly seconds: number
  readonly ratePerSecond: number
  /** Bodies that are sent one after the other, again and again. */
  readonly bodies: readonly string[]
  /** Numbers in [0,1), from which the gaps between requests are drawn. */
  readonly random: () => number
}

export interface RateResult {
  /** Milliseconds from the time at which each request was due to the end of its answer, sorted. */
  readonly latenciesMs: Float64Array
  readonly failed: number
}

const GIVE_UP_AFTER_MS = 10_000
const LONGEST_SLEEP_MS = 1

/**
 * Sends each request when it is due, as customers who know nothing of each other do (exponential gaps). One that finds all connections busy
 * waits, and its wait counts: latency runs from the time at which it was due, so a server that stalls cannot hide it by keeping the
 * load away (coordinated omission).
 */
export async function runAtRate(order: RateOrder): Promise<RateResult> {
  const dueMs = dueTimes(order)
  const requests = order.bodies.map(body => requestOf(order.url, body))
  const latenciesMs = new Float64Array(dueMs.length)
  const idle = await Promise.all(Array.from({ length: order.connections }, () => open(order.url)))
  const all = [...idle]
  let sent = 0
  let answered = 0
  let failed = 0
  const startedAtMs = performance.now()
  const elapsedMs = (): number => performance.now() - startedAtMs
  const sendDue = (): void => {
    while (sent < dueMs.length && idle.length > 0 && dueMs[sent]! <= elapsedMs()) {
      const number = sent++
      const connection = idle.pop()!
      connection.ask(requests[number % requests.length]!, status => {
        latenciesMs[number] = elapsedMs() - dueMs[number]!
        answered++
        if (status !== 200) failed++
        idle.push(connection)
        sendDue()
      })
    }
  }
  const endMs = order.seconds * 1000 + GIVE_UP_AFTER_MS
  while (answered < dueMs.length && elapsedMs() < endMs) {
    sendDue()
    await new Promise(resolve => setTimeout(resolve, LONGEST_SLEEP_MS))
  }
  for (const { socket } of all) socket.destroy()
  // Those without an answer are as late as the patience was long.
  for (let i = 0; i < dueMs.length; i++) if (latenciesMs[i] === 0) latenciesMs[i] = GIVE_UP_AFTER_MS
  return { latenciesMs: latenciesMs.sort(), failed: failed + dueMs.length - answered }
}

function dueTimes({ seconds, ratePerSecond, random }: RateOrder): number[] {
  const times: number[] = []
  for (let atMs = 0; ; ) {
    atMs -= (Math.log(1 - random()) * 1000) / ratePerSecond
    if (atMs > seconds * 1000) return times
    times.push(atMs)
  }
}

function requestOf(url: string, body: string): Buffer {
  return Buffer.from(
    `POST /v1/decisions HTTP/1.1\r\nhost: ${new URL(url).host}\r\ncontent-type: application/json\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
  )
}

interface Connection {
  readonly socket: Socket
  /** One request at a time. */
  ask(request: Buffer, answered: (status: number) => void): void
}

const END_OF_HEAD = Buffer.from('\r\n\r\n')
const NOTHING = Buffer.alloc(0)

async function open(url: string): Promise<Connection> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  socket.setNoDelay(true)
  await once(socket, 'connect')
  let received = NOTHING
  let waiting: ((status: number) => void) | undefined
  socket.on('data', chunk => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk])
    const head = received.indexOf(END_OF_HEAD)
    if (head < 0) return
    const text = received.toString('latin1', 0, head)
    const length = /content-length: (\d+)/i.exec(text)?.[1]
    if (length === undefined) throw new Error(`an answer without a length: ${text}`)
    if (received.length < head + END_OF_HEAD.length + Number(length)) return
    received = NOTHING
    waiting?.(Number(text.slice('HTTP/1.1 '.length, 'HTTP/1.1 200'.length)))
  })
  return {
    socket,
    ask(request, answered) {
      waiting = answered
      socket.write(request)
    }
  }
}
