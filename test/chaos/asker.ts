import type { Random } from '../../src/learning/random.js'
import { createClient, type Answer, type Asking } from './client.js'
import type { DecideCall, Outcome } from './history.js'
import { customerId } from './world-rules.js'

/** A place where a process serves; another one takes it when the first ends. */
export interface Place {
  /** Of the process that serves there now, such as `b.2`. */
  readonly service: string
  readonly url: string
}

/** What a process that is gone was asked, is asked of another; as a proxy before them does. */
const MOST_ATTEMPTS = 3
const NO_ANSWER = { offers: [], fallback: false, degraded: [], decisionId: '', mixedUp: false }

/** One question to one process, and what came of it. */
interface Attempt {
  readonly service: string
  readonly sentMs: number
  readonly endedMs: number
  readonly tookMs: number
  readonly answer: Answer
  readonly outcome: Outcome
  readonly status: number
  readonly last: boolean
}

/** Asks the processes. */
export interface Asker {
  one(place: Place, path: string, asking: Omit<Asking, 'url'>): Promise<Attempt>
  /** Asks one of the processes, and another where the first is gone; every attempt is a call of its own, told as it ends. */
  any(path: string, asking: Omit<Asking, 'url'>, heard: (attempt: Attempt) => void): Promise<void>
  close(): void
}

export function createAsker(places: readonly Place[], random: Random): Asker {
  const client = createClient()
  const one: Asker['one'] = async (place, path, asking) => {
    const { service, url } = place
    const sentMs = Date.now()
    const beganMs = performance.now()
    const answer = await client.ask({ ...asking, url: url + path })
    const tookMs = performance.now() - beganMs
    const status = answer.kind === 'answered' ? answer.status : 0
    const done = status >= 200 && status < 300
    const outcome = answer.kind === 'lost' ? 'unknown' : done ? 'ok' : 'fail'
    return { service, sentMs, endedMs: Date.now(), tookMs, answer, outcome, status, last: true }
  }
  return {
    one,
    async any(path, asking, heard) {
      const first = random.integer(places.length)
      for (let i = 0; i < MOST_ATTEMPTS; i++) {
        const attempt = await one(places[(first + i) % places.length]!, path, asking)
        const { answer } = attempt
        const gone = answer.kind !== 'answered' || /This process is stopping/.test(answer.text)
        const last = !gone || i === MOST_ATTEMPTS - 1
        heard({ ...attempt, last })
        if (last) return
      }
    },
    close: () => {
      client.close()
    }
  }
}

type Decided = Pick<DecideCall, 'offers' | 'fallback' | 'degraded' | 'decisionId' | 'mixedUp'> & {
  readonly tokens: readonly string[]
}

/** What an answer to a decision says; nothing where there is none. */
export function readDecision(answer: Answer, customer: number): Decided {
  if (answer.kind !== 'answered' || answer.status !== 200) return { ...NO_ANSWER, tokens: [] }
  const said = JSON.parse(answer.text) as {
    readonly decisionId: string
    readonly customer: { readonly id: string }
    readonly degraded: string[]
    readonly placements: ReadonlyArray<{
      readonly fallback: boolean
      readonly offers: ReadonlyArray<{ readonly offerId: string; readonly token: string }>
    }>
  }
  const offers = said.placements.flatMap(placement => placement.offers)
  return {
    decisionId: said.decisionId,
    offers: offers.map(({ offerId }) => offerId),
    tokens: offers.map(({ token }) => token),
    fallback: said.placements.some(({ fallback }) => fallback),
    degraded: said.degraded,
    mixedUp: said.customer.id !== customerId(customer)
  }
}
