import { History } from '../../domain/history.js'
import type { Identity, Lexicon } from '../../domain/customer.js'
import type { CustomerState } from '../../decisioning/ports.js'
import type { Connection } from './connection.js'
import { decodeHistory } from './history-codec.js'
import type { CustomerKeys } from './keys.js'
import type { Names } from './names.js'
import { readingsOf } from './quota-readings.js'
import type { PresentPeriods } from './quota-readings.js'
import { LoadedVersion, loadKeys, replyOf } from './reply.js'
import type { Reply } from './reply.js'
import { decodeReservations } from './reservation-codec.js'
import { decodeForDecision } from './profile-codec.js'
import type { WordTables } from './words.js'

/** Customers in one MGET; more of one turn go into further ones. */
const MOST_TOGETHER = 250

interface Waiting {
  readonly keys: CustomerKeys
  readonly reply: PromiseWithResolver<Reply>
}

interface PromiseWithResolver<T> {
  readonly promise: Promise<T>
  readonly resolve: (value: T) => void
  readonly reject: (error: unknown) => void
}

/**
 * Joins the loads of one event-loop turn into one MGET, in a cluster into one pipeline a server; a customer asked for twice is read
 * once, and quotas once for all customers.
 * A key of another type, which nothing here writes, reads as absent: without a profile nothing is consented to.
 */
export class Loader {
  readonly #connection: Connection
  readonly #periods: PresentPeriods
  /** By lexicon: two of them meet only while a strategy is replaced. */
  #waiting = new Map<Lexicon, Map<string, Waiting>>()

  constructor(connection: Connection, periods: PresentPeriods) {
    this.#connection = connection
    this.#periods = periods
  }

  load(keys: CustomerKeys, lexicon: Lexicon): Promise<Reply> {
    if (this.#waiting.size === 0) setImmediate(() => this.#flush())
    const customers = this.#waiting.get(lexicon) ?? new Map<string, Waiting>()
    this.#waiting.set(lexicon, customers)
    const found = customers.get(keys.profile)
    if (found !== undefined) return found.reply.promise
    const waiting = { keys, reply: promiseWithResolver<Reply>() }
    customers.set(keys.profile, waiting)
    return waiting.reply.promise
  }

  #flush(): void {
    const all = this.#waiting
    this.#waiting = new Map()
    for (const [lexicon, customers] of all) {
      const waiting = [...customers.values()]
      for (let start = 0; start < waiting.length; start += MOST_TOGETHER)
        void this.#read(lexicon, waiting.slice(start, start + MOST_TOGETHER))
    }
  }

  async #read(lexicon: Lexicon, waiting: readonly Waiting[]): Promise<void> {
    try {
      const groups = waiting.map(({ keys }) => loadKeys(keys, lexicon))
      const values = await this.#connection.valuesOrErrors([
        ...groups,
        ...this.#periods.groups(lexicon)
      ])
      const quotas = readingsOf(values.slice(waiting.length))
      waiting.forEach(({ reply }, i) => {
        const own = values[i]!
        if (own instanceof Error) reply.reject(own)
        else reply.resolve(replyOf(own, quotas))
      })
    } catch (error) {
      for (const { reply } of waiting) reply.reject(error)
    }
  }
}

/** What a decision needs, from the bytes. Throws UnreadableRecord, or UnknownNumber where the registry must be refreshed. */
export function stateOf(
  { canonical, members }: Identity,
  reply: Omit<Reply, 'alias'>,
  names: Names,
  words: WordTables,
  nowMs: number
): CustomerState {
  const profile =
    reply.profile === null
      ? nothingKnown(words.lexicon)
      : decodeForDecision(reply.profile, names, words)
  return {
    key: canonical,
    known: reply.profile !== null,
    attributes: profile.attributes,
    tags: profile.tags,
    granted: profile.granted,
    history: reply.history === null ? History.EMPTY : decodeHistory(reply.history, words),
    members,
    reserved:
      reply.reservations === null ? [] : decodeReservations(reply.reservations, words, nowMs),
    quotas: reply.quotas,
    version: new LoadedVersion(reply, words.lexicon, nowMs)
  }
}

function nothingKnown(lexicon: Lexicon) {
  return {
    attributes: new Array<undefined>(lexicon.attributes.length).fill(undefined),
    tags: [],
    granted: new Uint8Array(lexicon.purposes.length)
  }
}

function promiseWithResolver<T>(): PromiseWithResolver<T> {
  let resolve!: (value: T) => void
  let reject!: (error: unknown) => void
  const promise = new Promise<T>((fulfil, refuse) => {
    resolve = fulfil
    reject = refuse
  })
  return { promise, resolve, reject }
}
