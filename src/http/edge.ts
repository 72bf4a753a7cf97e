import { randomBytes } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { LiveFigures } from '../decisioning/ports.js'
import type { LoadClass } from '../domain/caller.js'
import { Refusal } from '../domain/refusal.js'

declare module 'fastify' {
  interface FastifyRequest {
    /** performance.now() when the headers had arrived, in milliseconds. */
    receivedAtMs: number
  }
}

/** What the edge counts, and the page that Prometheus reads. */
export interface Metrics {
  readonly contentType: string
  text(): Promise<string>
  live(): Promise<LiveFigures>
  /** Counts the answers of one route by its pattern, never the URL; asked for once a route. */
  route(route: string, method: string): (status: number, seconds: number) => void
  /** Work that was turned away because the process had enough. */
  shed(of: LoadClass): void
  /** A connection that was closed because there were too many, of all or of its address. */
  refusedConnection(because: 'process' | 'address'): void
  /** From now on this is what is in flight, and how much may be. */
  watchLoad(read: () => { readonly inFlight: number; readonly cap: number }): void
}

/** What every answer carries; pages replace the policy by their own. */
export const COMMON_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff'
}

export interface EdgeNeeds {
  readonly metrics: Metrics
  /** True from the moment in which the process was told to stop. */
  readonly isDraining: () => boolean
}

/** What happens to every request, whatever its route: its time of receipt, its ids, its headers and its place in the metrics. */
export function prepareEdge(app: FastifyInstance, { metrics, isDraining }: EdgeNeeds): void {
  let closing = false
  app.addHook('preClose', done => {
    closing = true
    done()
  })
  app.decorateRequest('receivedAtMs', 0)
  app.addHook('onRequest', (request, reply, done) => {
    request.receivedAtMs = performance.now()
    reply.headers(COMMON_HEADERS)
    // Answers to other methods are never kept unless they say so.
    if (request.method === 'GET') reply.header('cache-control', 'no-store')
    reply.header('x-request-id', request.id)
    passTraceOn(request, reply)
    // The client asks its next on a new connection, which another process takes.
    if (isDraining()) reply.header('connection', 'close')
    done(
      closing
        ? new Refusal('unavailable', 'This process is stopping; send the request to another.')
        : undefined
    )
  })
  countAnswers(app, metrics)
}

/** A hook that knows its route costs a fraction of one that has to find it out for every answer. */
function countAnswers(app: FastifyInstance, metrics: Metrics): void {
  app.addHook('onRoute', route => {
    const counted = metrics.route(route.url, String(route.method))
    route.onSend = (request, reply, payload, done) => {
      counted(reply.statusCode, (performance.now() - request.receivedAtMs) / 1000)
      done(null, payload)
    }
  })
}

/** Continues the caller's trace (W3C Trace Context) with a span of our own; an unreadable one is left alone. */
function passTraceOn(request: FastifyRequest, reply: FastifyReply): void {
  const given = request.headers['traceparent']
  if (typeof given !== 'string') return
  const [, trace, flags] =
    /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})$/.exec(given) ?? []
  if (trace === undefined) return
  reply.header('traceparent', `00-${trace}-${randomBytes(8).toString('hex')}-${flags ?? '00'}`)
}
