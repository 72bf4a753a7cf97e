import { LRUCache } from 'lru-cache'
import type { CustomerKey } from '../../domain/customer.js'
import { sameParty } from '../../domain/identity.js'
import type { Log } from '../../decisioning/ports.js'
import type { Connection } from './connection.js'
import { customerKeys, customerStem } from './keys.js'
import { TOUCH } from './scripts.js'
import type { Words } from './words.js'

const TOUCH_EVERY_MS = 86_400_000
const TOUCHES_REMEMBERED = 100_000

/** Gives customers of namespaces with a retention a new lifetime where they are used, at most once a day. */
export class Renewals {
  readonly #connection: Connection
  readonly #words: Words
  readonly #log: Log
  /** Customers whose keys were given a new lifetime by a load of this process within the day. */
  readonly #touched = new LRUCache<string, true>({ max: TOUCHES_REMEMBERED, ttl: TOUCH_EVERY_MS })

  constructor(connection: Connection, words: Words, log: Log) {
    this.#connection = connection
    this.#words = words
    this.#log = log
  }

  /** Lets a customer of a namespace with a retention live on, and the alias of the key that was asked for with it. */
  renew(canonical: CustomerKey, asked: CustomerKey): void {
    const ttlMs = this.#words.retentionMs[canonical.namespace]
    if (ttlMs === undefined) return
    const stem = customerStem(asked)
    if (this.#touched.has(stem)) return
    this.#touched.set(stem, true)
    const { profile, history, details, alias } = customerKeys(canonical)
    const calls = [{ script: TOUCH, keys: [alias, profile, history, details], args: [ttlMs] }]
    if (!sameParty(canonical, asked))
      calls.push({ script: TOUCH, keys: [customerKeys(asked).alias], args: [ttlMs] })
    void this.#connection.runAll(calls).then(answers => {
      const failed = answers.find(answer => answer instanceof Error)
      if (failed === undefined) return
      this.#touched.delete(stem)
      this.#log.debug(
        { error: String(failed) },
        'the lifetime of a customer was not renewed; the next decision tries again'
      )
    })
  }
}
