import { ask, type Answer, type Fallback } from './ask.js'
import type {
  Customer,
  CustomerBody,
  CustomerHistory,
  CustomerPatch,
  DecisionRequest,
  EventsReceipt,
  Problem,
  ToldEvent
} from './wire.js'

export type { Answer, Fallback }
export type * from './wire.js'

const DEFAULT_TIMEOUT_MS = 500
/** For what must arrive: facts wait longer than decisions. */
const FACT_TIMEOUT_MS = 5000
const MOST_TRIES = 3
const FIRST_WAIT_MS = 200

export interface ServerOptions {
  /** Where the service is: http://localhost:8484. */
  readonly url: string
  /** A key of a server; it must not get into a page. */
  readonly key?: string | undefined
  /** How long a decision may take, in milliseconds; default 500. */
  readonly timeoutMs?: number
}

export interface DecideOptions {
  readonly timeoutMs?: number
  /** What to show where no decision comes: contents by placement. */
  readonly fallback?: Fallback
  /** With the same key and request, ten minutes long, the answer is the first one and nothing is reserved again. */
  readonly idempotencyKey?: string
}

/** A client for servers: Node.js 20, or whatever else has fetch. */
export interface OfferdServer {
  /** What to show. Never rejects: without a decision the answer holds the fallback, and says why in `trouble`. */
  decide(request: DecisionRequest, options?: DecideOptions): Promise<Answer>
  /** Tells facts, 1,000 at most. Tries again while the service is away, which counts nothing twice; rejects with ServiceProblem. */
  tell(events: ToldEvent | readonly ToldEvent[]): Promise<EventsReceipt>
  /** What is known about a customer. All reject with ServiceProblem. */
  customer(namespace: string, id: string): OneCustomer
}

export interface OneCustomer {
  read(): Promise<Customer>
  /** Replaces all that is known. */
  put(body: CustomerBody): Promise<Customer>
  patch(body: CustomerPatch): Promise<Customer>
  /** Interactions and behaviour, the newest first; `limit` is 1 to 200, 50 where absent. */
  history(limit?: number): Promise<CustomerHistory>
  /** Forgets everything about the customer. */
  erase(): Promise<void>
}

/** The service does not do what was asked, or cannot be reached (`status` 0). */
export class ServiceProblem extends Error {
  override readonly name = 'ServiceProblem'
  readonly status: number
  /** Stable: OFFERD_INVALID and the like; empty where it cannot be reached. */
  readonly code: string
  readonly errors: NonNullable<Problem['errors']>

  constructor({ detail, status, code, errors = [] }: Omit<Problem, 'title'>, cause?: unknown) {
    super(detail, { cause })
    this.status = status
    this.code = code
    this.errors = errors
  }
}

/** Makes a client. It holds no connection of its own, so there is nothing to close. */
export function createServerClient({
  url,
  key,
  timeoutMs = DEFAULT_TIMEOUT_MS
}: ServerOptions): OfferdServer {
  const base = url.replace(/\/$/, '')
  const own: Record<string, string> = key === undefined ? {} : { authorization: `Bearer ${key}` }

  async function call<Found>(method: string, path: string, body?: unknown): Promise<Found> {
    let response: Response
    try {
      response = await fetch(base + path, {
        method,
        headers: body === undefined ? own : { ...own, 'content-type': 'application/json' },
        signal: AbortSignal.timeout(FACT_TIMEOUT_MS),
        ...(body === undefined ? {} : { body: JSON.stringify(body) })
      })
    } catch (error) {
      const detail = `The service at ${base} cannot be reached: ${String(error)}`
      throw new ServiceProblem({ detail, status: 0, code: '' }, error)
    }
    if (response.status === 204) return undefined as Found
    const answer = (await response.json()) as Found & Problem
    if (!response.ok) throw new ServiceProblem(answer)
    return answer
  }

  return {
    decide(request, { timeoutMs: longestMs = timeoutMs, fallback = {}, idempotencyKey } = {}) {
      const headers = {
        ...own,
        'content-type': 'application/json',
        ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey })
      }
      return ask({
        request,
        timeoutMs: longestMs,
        fallback,
        post: (body, signal) =>
          fetch(`${base}/v1/decisions`, { method: 'POST', headers, body, signal })
      })
    },

    async tell(events) {
      // An id of its own makes a fact that is told again the same fact; what has a token is one anyway.
      const named = [events]
        .flat()
        .map((event: ToldEvent) =>
          event.id === undefined && event.token === undefined
            ? { ...event, id: crypto.randomUUID() }
            : event
        )
      return retried(() => call<EventsReceipt>('POST', '/v1/events', named))
    },

    customer(namespace, id) {
      const path = `/v1/customers/${encodeURIComponent(namespace)}/${encodeURIComponent(id)}`
      return {
        read: () => call('GET', path),
        put: body => call('PUT', path, body),
        patch: body => call('PATCH', path, body),
        history: (limit = 50) => call('GET', `${path}/history?limit=${limit}`),
        erase: () => call('DELETE', path)
      }
    }
  }
}

/** Waits twice as long after each failure that may pass. */
async function retried<Found>(work: () => Promise<Found>): Promise<Found> {
  for (let tries = 1; ; tries++) {
    try {
      return await work()
    } catch (error) {
      const { status } = error as ServiceProblem
      const mayPass = status === 0 || status === 429 || status >= 500
      if (!mayPass || tries === MOST_TRIES) throw error
      await new Promise(done => setTimeout(done, FIRST_WAIT_MS * 2 ** (tries - 1)))
    }
  }
}
