import { once } from 'node:events'
import { WebSocket } from 'ws'

/** Decisions asked for on WebSockets, one after the other on each. */
export interface StreamOrder {
  readonly url: string
  readonly connections: number
  readonly requests: number
  /** Decision requests that are sent one after the other, again and again. */
  readonly bodies: readonly string[]
}

/** Answers milliseconds from question to answer, sorted, and how many answers were no decisions. */
export async function runOverStream({
  url,
  connections,
  requests,
  bodies
}: StreamOrder): Promise<{ readonly latenciesMs: Float64Array; readonly failed: number }> {
  const messages = bodies.map(body => `{"type":"decide",${body.slice(1)}`)
  const latenciesMs = new Float64Array(requests)
  let sent = 0
  let answered = 0
  let failed = 0
  const streams = Array.from({ length: connections }, () => {
    return new WebSocket(`${url.replace('http', 'ws')}/v1/stream`)
  })
  await Promise.all(streams.map(stream => once(stream, 'open')))
  await new Promise<void>((resolve, reject) => {
    for (const stream of streams) {
      let askedAtMs = 0
      const ask = (): void => {
        if (sent === requests) return
        askedAtMs = performance.now()
        stream.send(messages[sent++ % messages.length]!)
      }
      stream.on('message', (data: Buffer) => {
        latenciesMs[answered++] = performance.now() - askedAtMs
        if (!data.toString('utf8', 0, 40).includes('"type":"decision"')) failed++
        if (answered === requests) resolve()
        else ask()
      })
      stream.on('close', () => reject(new Error('a stream was closed under load')))
      ask()
    }
  }).finally(() => streams.forEach(stream => stream.removeAllListeners('close')))
  for (const stream of streams) stream.terminate()
  return { latenciesMs: latenciesMs.sort(), failed }
}
