import { LRUCache } from 'lru-cache'
import { customerText } from '../../domain/customer.js'
import type { CustomerKey, Lexicon } from '../../domain/customer.js'
import type { Exposure, Exposures, Log } from '../../decisioning/ports.js'
import type { Connection } from './connection.js'
import { customerKeys, exposedKey } from './keys.js'
import { COUNT_EXPOSED, MARK_EXPOSED } from './scripts.js'
import type { Call } from './wire.js'

const COLLECT_MS = 25
const MOST_TOGETHER = 256
/** Beyond this, while Redis is slow, exposures are given up; their customers are noted again with their next decision. */
const MOST_WAITING = 10_000
const SEEN_REMEMBERED = 100_000
/** Noted again after a day, which renews the lifetime of a marker as a decision renews that of a profile. */
const SEEN_MS = 86_400_000

interface Noted {
  readonly customer: CustomerKey
  readonly exposures: readonly Exposure[]
  readonly ttlMs: number
}

/**
 * Exposures in Redis: a marker beside the customer's other keys says which experiments have reached it; only who sets one
 * counts. Marker and number are of different slots, so they are two steps: a crash between them loses what it interrupts.
 */
export class RedisExposures implements Exposures {
  readonly #connection: Connection
  readonly #log: Log
  /** What this process noted within the day. */
  readonly #seen = new LRUCache<string, true>({ max: SEEN_REMEMBERED, ttl: SEEN_MS })
  #waiting: Noted[] = []
  #timer: NodeJS.Timeout | undefined
  /** The last write; each waits for the one before. */
  #written: Promise<void> = Promise.resolve()

  constructor(connection: Connection, log: Log) {
    this.#connection = connection
    this.#log = log
  }

  note(customer: CustomerKey, exposures: readonly Exposure[], lexicon: Lexicon): void {
    if (this.#waiting.length >= MOST_WAITING) return
    const fresh = exposures.filter(exposure => {
      const name = seenName(customer, exposure)
      if (this.#seen.has(name)) return false
      this.#seen.set(name, true)
      return true
    })
    if (fresh.length === 0) return
    const ttlMs = lexicon.retentionMs[customer.namespace] ?? 0
    this.#waiting.push({ customer, exposures: fresh, ttlMs })
    this.#timer ??= setTimeout(() => void this.flush(), COLLECT_MS).unref()
  }

  async count(experiments: readonly string[]): Promise<Array<ReadonlyMap<string, number>>> {
    return Promise.all(
      experiments.map(async experiment => {
        const pairs = (await this.#connection.command(
          'HGETALL',
          exposedKey(experiment)
        )) as Buffer[]
        const counts = new Map<string, number>()
        for (let i = 0; i < pairs.length; i += 2) counts.set(String(pairs[i]), Number(pairs[i + 1]))
        return counts
      })
    )
  }

  async flush(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#written = this.#written.then(async () => {
      while (this.#waiting.length > 0) await this.#write(this.#waiting.splice(0, MOST_TOGETHER))
    })
    await this.#written
  }

  async #write(noted: readonly Noted[]): Promise<void> {
    const answers = await this.#connection.runAll(noted.map(markCall))
    const failure = answers.find(answer => answer instanceof Error)
    const counts = new Map<string, Map<string, number>>()
    noted.forEach(({ customer, exposures }, i) => {
      const firsts = answers[i]
      exposures.forEach((exposure, at) => {
        if (!Array.isArray(firsts)) this.#seen.delete(seenName(customer, exposure))
        else if (firsts[at] === 1) add(counts, exposure)
      })
    })
    const counted = await this.#connection.runAll([...counts].map(countCall))
    const lost = failure ?? counted.find(answer => answer instanceof Error)
    if (lost !== undefined)
      this.#log.warn(
        { error: String(lost) },
        'some exposures to experiments were not counted, in all arms alike'
      )
  }
}

function markCall({ customer, exposures, ttlMs }: Noted): Call {
  const keys = customerKeys(customer)
  return {
    script: MARK_EXPOSED,
    keys: [keys.exposures, keys.tombstone],
    args: [ttlMs, ...exposures.flatMap(({ experiment, arm }) => [experiment, arm])]
  }
}

function countCall([experiment, arms]: [string, ReadonlyMap<string, number>]): Call {
  return { script: COUNT_EXPOSED, keys: [exposedKey(experiment)], args: [...arms].flat() }
}

function add(counts: Map<string, Map<string, number>>, { experiment, arm }: Exposure): void {
  const arms = counts.get(experiment) ?? new Map<string, number>()
  counts.set(experiment, arms)
  arms.set(arm, (arms.get(arm) ?? 0) + 1)
}

function seenName(customer: CustomerKey, { experiment }: Exposure): string {
  return `${experiment} ${customerText(customer)}`
}
