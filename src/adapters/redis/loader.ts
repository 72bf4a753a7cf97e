import { History } from '../../domain/history.js'
import { openQuotas } from '../../domain/limits.js'
import type { CustomerKey, Lexicon } from '../../domain/customer.js'
import type { CustomerState } from '../../decisioning/ports.js'
import type { Connection } from './connection.js'
import { decodeHistory } from './history-codec.js'
import type { CustomerKeys } from './keys.js'
import type { Names } from './names.js'
import { decodeForDecision } from './profile-codec.js'
import type { WordTables } from './words.js'

/** What is stored of a customer; null where nothing is. */
export interface Reply {
  readonly profile: Buffer | null
  readonly history: Buffer | null
}

/** The keys that one customer adds to an MGET, in this order. The alias is read already so that merging costs no command later. */
export function loadKeys(keys: CustomerKeys): string[] {
  return [keys.profile, keys.history, keys.alias]
}
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
 * Joins the loads of one event-loop turn into one MGET, in a cluster into one pipeline a server; a customer asked for twice is read once.
 * A key of another type, which nothing here writes, reads as absent: without a profile nothing is consented to.
 */
export class Loader {
  readonly #connection: Connection
  #waiting = new Map<string, Waiting>()

  constructor(connection: Connection) {
    this.#connection = connection
  }

  load(keys: CustomerKeys): Promise<Reply> {
    const found = this.#waiting.get(keys.profile)
    if (found !== undefined) return found.reply.promise
    if (this.#waiting.size === 0) setImmediate(() => this.#flush())
    const waiting = { keys, reply: promiseWithResolver<Reply>() }
    this.#waiting.set(keys.profile, waiting)
    return waiting.reply.promise
  }

  #flush(): void {
    const waiting = [...this.#waiting.values()]
    this.#waiting = new Map()
    for (let start = 0; start < waiting.length; start += MOST_TOGETHER)
      void this.#read(waiting.slice(start, start + MOST_TOGETHER))
  }

  async #read(waiting: readonly Waiting[]): Promise<void> {
    try {
      const values = await this.#connection.values(waiting.map(({ keys }) => loadKeys(keys)))
      waiting.forEach(({ reply }, i) => {
        reply.resolve(replyOf(values[i]!))
      })
    } catch (error) {
      for (const { reply } of waiting) reply.reject(error)
    }
  }
}

/** @param values of loadKeys */
export function replyOf([profile = null, history = null]: ReadonlyArray<Buffer | null>): Reply {
  return { profile, history }
}

/** What a decision needs, from the bytes. Throws UnreadableRecord, or UnknownNumber where the registry must be refreshed. */
export function stateOf(
  key: CustomerKey,
  reply: Reply,
  names: Names,
  words: WordTables
): CustomerState {
  const profile =
    reply.profile === null
      ? nothingKnown(words.lexicon)
      : decodeForDecision(reply.profile, names, words)
  return {
    key,
    known: reply.profile !== null,
    attributes: profile.attributes,
    tags: profile.tags,
    granted: profile.granted,
    history: reply.history === null ? History.EMPTY : decodeHistory(reply.history, words),
    members: [key],
    reserved: [],
    quotas: openQuotas(words.lexicon.quotas.length),
    version: undefined
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
