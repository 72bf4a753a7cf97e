import type { Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import { LOAD_CLASSES, type Caller, type LoadClass, type Right } from '../domain/caller.js'
import { Refusal } from '../domain/refusal.js'
import type { Metrics } from './edge.js'
import { problem } from './errors.js'
import { InFlightCap } from './in-flight.js'
import { sendProblem } from './refuse.js'

declare module 'fastify' {
  interface FastifyRequest {
    /** performance.now() when it was let in, in milliseconds; 0 while it is not counted as in flight. */
    letInAtMs: number
  }
  interface FastifyContextConfig {
    /** How urgent the route is where it is not what its right says; no key makes it more urgent. */
    load?: Load
    /** It takes its time without working much: it is let in like others, but not counted. */
    isLong?: boolean
    /** All its requests take about the same work, so that how long they take tells how the process does. */
    isMeasured?: boolean
  }
}

/** Lets work in as far as the process can do it. */
export interface Admission {
  /** Throws a Refusal where nothing more of this caller's is let in. */
  check(caller: Caller): void
  /** Does the work of a caller, or throws a Refusal. */
  through<T>(caller: Caller, work: () => Promise<T>): Promise<T>
}

/** `always`: it is answered whatever is going on. */
type Load = LoadClass | 'always'

/** How urgent routes are by what they ask for; what could be an agent's is as urgent as its caller's key. */
const LOADS: Readonly<Record<Right | 'any' | 'open', Load>> = {
  any: 'agent',
  open: 'always',
  measure: 'always',
  load_strategy: 'always',
  decide: 'agent',
  tell: 'agent',
  read_words: 'agent',
  read_decisions: 'agent',
  read_customers: 'agent',
  see_personal: 'agent',
  change_customers: 'agent',
  erase_customers: 'agent',
  decide_many: 'batch',
  export_customers: 'batch',
  replay: 'simulation',
  read_strategy: 'simulation',
  suppose: 'simulation',
  check_strategy: 'simulation'
}

const TURNED_AWAY =
  'This process has all the work that it can do, and what is more urgent goes first. Nothing was done; try again in a second or two.'
/** Requests that a client has sent on one connection before their predecessors were answered. */
const MOST_PIPELINED = 32

/** Bounds what is in flight on every route that is registered from here on; after authenticate, which tells whose request it is. */
export function admit(
  app: FastifyInstance,
  metrics: Pick<Metrics, 'shed' | 'watchLoad'>,
  cap = capOfProcess()
): Admission {
  metrics.watchLoad(() => ({ inFlight: cap.inFlight, cap: cap.cap }))
  app.decorateRequest('letInAtMs', 0)
  boundPipelining(app)
  app.addHook('onRoute', route => {
    const { load = LOADS[route.config?.right ?? 'open'] } = route.config ?? {}
    if (load !== 'always') new Gate(cap, metrics, load).guard(route)
  })
  const check = (caller: Caller): void => {
    if (cap.hasRoom(caller.loadClass, caller.id)) return
    metrics.shed(caller.loadClass)
    throw new Refusal('overloaded', TURNED_AWAY)
  }
  return {
    check,
    async through(caller, work) {
      check(caller)
      cap.enter(caller.id)
      try {
        return await work()
      } finally {
        cap.leave(caller.id, undefined)
      }
    }
  }
}

/** How busy the process is, its own thread tells. */
function capOfProcess(): InFlightCap {
  let since = performance.eventLoopUtilization()
  return new InFlightCap({
    clock: () => performance.now(),
    utilization(startAnew) {
      const now = performance.eventLoopUtilization()
      const { utilization } = performance.eventLoopUtilization(now, since)
      if (startAnew) since = now
      return utilization
    }
  })
}

type Done = (error?: Error) => void

/** Stands before the routes of one class. */
class Gate {
  readonly #cap: InFlightCap
  readonly #metrics: Pick<Metrics, 'shed'>
  /** By the class of the key: the less urgent of both. */
  readonly #classes: Readonly<Record<LoadClass, LoadClass>>

  constructor(cap: InFlightCap, metrics: Pick<Metrics, 'shed'>, load: LoadClass) {
    this.#cap = cap
    this.#metrics = metrics
    const lower = (other: LoadClass): LoadClass =>
      LOAD_CLASSES[Math.max(LOAD_CLASSES.indexOf(load), LOAD_CLASSES.indexOf(other))]!
    this.#classes = {
      agent: lower('agent'),
      web: lower('web'),
      batch: lower('batch'),
      simulation: lower('simulation')
    }
  }

  /**
   * Turns requests away as soon as their headers are there, which is cheapest, and counts those that stay when their bodies are: clients
   * that send slowly hold nobody's place.
   */
  guard(route: RouteOptions): void {
    const { isLong = false, isMeasured = false } = route.config ?? {}
    const before = [route.onRequest ?? []].flat()
    const look = (request: FastifyRequest, reply: FastifyReply, done: Done): void => {
      if (this.#letsIn(request, reply)) done()
    }
    route.onRequest = [...before, look]
    if (isLong) return
    const enter = (request: FastifyRequest, reply: FastifyReply, done: Done): void => {
      // A route for HEAD may have inherited this from its GET.
      if (request.letInAtMs === 0) {
        if (!this.#letsIn(request, reply)) return
        this.#cap.enter(request.caller.id)
        request.letInAtMs = performance.now()
      }
      done()
    }
    route.preHandler = [enter, ...[route.preHandler ?? []].flat()]
    const after = [route.onSend ?? []].flat()
    const leave = (request: FastifyRequest, _reply: FastifyReply, payload: unknown, done: Sent) => {
      if (request.letInAtMs > 0) {
        const tookMs = isMeasured ? performance.now() - request.letInAtMs : undefined
        this.#cap.leave(request.caller.id, tookMs)
        request.letInAtMs = 0
      }
      done(null, payload)
    }
    route.onSend = [...after, leave]
  }

  /** Else the request is answered. */
  #letsIn(request: FastifyRequest, reply: FastifyReply): boolean {
    const { caller } = request
    const of = this.#classes[caller.loadClass]
    if (this.#cap.hasRoom(of, caller.id)) return true
    this.#metrics.shed(of)
    sendProblem(reply, problem('overloaded', TURNED_AWAY, request.id), retryAfter())
    return false
  }
}

type Sent = (error: Error | null, payload: unknown) => void

/** One to three seconds, so that those who were turned away together do not come back together. */
function retryAfter(): Readonly<Record<string, string>> {
  return { 'retry-after': String(1 + Math.floor(Math.random() * 3)) }
}

/** A client gets no more than its share by sending on one connection what others send on many. */
function boundPipelining(app: FastifyInstance): void {
  const waiting = new WeakMap<Socket, number>()
  app.addHook('onRequest', (request, reply, done) => {
    // Only an answer that others on its connection go before has no connection yet.
    if (reply.raw.socket !== null) {
      done()
      return
    }
    const { socket } = request.raw
    const before = waiting.get(socket) ?? 0
    waiting.set(socket, before + 1)
    reply.raw.once('close', () => waiting.set(socket, (waiting.get(socket) ?? 1) - 1))
    done(before < MOST_PIPELINED ? undefined : new Refusal('too_many', TOO_MANY_PIPELINED))
  })
}

const TOO_MANY_PIPELINED = `More than ${MOST_PIPELINED} requests wait on this connection; read the answers before you ask again.`
