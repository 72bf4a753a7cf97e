import type { AppendOutcome, CustomerEvent } from '../../domain/interaction.js'
import type { CustomerKey, Identity, Lexicon, Profile } from '../../domain/customer.js'
import { History, NO_INDEX } from '../../domain/history.js'
import type { HourCount } from '../../domain/history.js'
import {
  foldIntoHours,
  FOLD_ABOVE_EVENTS,
  KEPT_EVENTS,
  newestFirst
} from '../../domain/history-bounds.js'
import { openQuotas } from '../../domain/limits.js'
import type {
  CustomerState,
  CustomerStore,
  Hold,
  HoldOutcome,
  ProfileChange
} from '../../decisioning/ports.js'

const DUPLICATES_KEPT_MS = 7 * 86_400_000

interface Stored {
  profile: Profile | undefined
  /** In order of arrival. */
  events: CustomerEvent[]
  /** In the numbers of `Interned`. */
  hours: HourCount[]
  /** Receipt in ms by source NUL id, in order of receipt. */
  readonly received: Map<string, number>
  /** Infinity without retention. */
  expiresAtMs: number
}

/** Positions of a lexicon's words. */
interface Positions {
  readonly types: ReadonlyMap<string, number>
  readonly offers: ReadonlyMap<string, number>
  readonly channels: ReadonlyMap<string, number>
}

/** Customers in the memory of this process: the same behaviour as in Redis, gone when the process ends. */
export class MemoryCustomers implements CustomerStore {
  readonly #clock: () => number
  readonly #customers = new Map<string, Stored>()
  readonly #erased = new Set<string>()
  readonly #positions = new WeakMap<Lexicon, Positions>()
  readonly #words: string[] = []
  readonly #wordNumbers = new Map<string, number>()
  #retentionMs: Readonly<Record<string, number>> = {}

  constructor(clock: () => number) {
    this.#clock = clock
  }

  async load(key: CustomerKey, lexicon: Lexicon): Promise<CustomerState> {
    const positions = this.#positionsOf(lexicon)
    const stored = this.#find(key)
    if (stored !== undefined) this.#renew(key, stored)
    const attributes = lexicon.attributes.map(name => stored?.profile?.attributes[name])
    const consent = stored?.profile?.consent ?? {}
    return {
      key,
      known: stored?.profile !== undefined,
      attributes,
      tags: stored?.profile?.tags ?? [],
      granted: Uint8Array.from(lexicon.purposes, purpose =>
        consent[purpose]?.granted === true ? 1 : 0
      ),
      history: stored === undefined ? History.EMPTY : this.#historyOf(stored, positions),
      members: [key],
      reserved: [],
      quotas: openQuotas(lexicon.quotas.length),
      version: undefined
    }
  }

  async appendAndLoad(
    events: readonly CustomerEvent[],
    key: CustomerKey,
    lexicon: Lexicon
  ): Promise<CustomerState> {
    this.#positionsOf(lexicon)
    await this.append(events)
    return await this.load(key, lexicon)
  }

  async append(events: readonly CustomerEvent[]): Promise<AppendOutcome[]> {
    return events.map(event => this.#append(event))
  }

  async read(key: CustomerKey): Promise<Profile | undefined> {
    return this.#find(key)?.profile
  }

  async change(key: CustomerKey, change: ProfileChange, lexicon: Lexicon): Promise<Profile> {
    const profile = change(this.#find(key)?.profile)
    await this.importMany([[key, profile]], lexicon)
    return profile
  }

  async importMany(
    profiles: ReadonlyArray<readonly [CustomerKey, Profile]>,
    lexicon: Lexicon
  ): Promise<void> {
    this.#positionsOf(lexicon)
    for (const [key, profile] of profiles) {
      const stored = this.#findOrBegin(key)
      stored.profile = profile
      this.#renew(key, stored)
      this.#erased.delete(mapKey(key))
    }
  }

  async erase(key: CustomerKey): Promise<boolean> {
    if (this.#find(key) === undefined) return false
    this.#customers.delete(mapKey(key))
    this.#erased.add(mapKey(key))
    return true
  }

  async history(key: CustomerKey, limit: number): Promise<CustomerEvent[]> {
    const events = this.#find(key)?.events ?? []
    return [...newestFirst(events.map(event => event.timeMs)).subarray(0, limit)].map(
      position => events[position]!
    )
  }

  async hold(state: CustomerState, hold: Hold, lexicon: Lexicon): Promise<HoldOutcome> {
    await this.append(hold.events)
    return hold.reservations.length === 0
      ? { held: true }
      : { held: false, changed: await this.load(state.key, lexicon) }
  }

  async release(): Promise<void> {}

  async merge(one: CustomerKey): Promise<Identity> {
    return { canonical: one, members: [one] }
  }

  #append(event: CustomerEvent): AppendOutcome {
    if (this.#erased.has(mapKey(event.customer))) return 'erased'
    const stored = this.#findOrBegin(event.customer)
    this.#renew(event.customer, stored)
    const nowMs = this.#clock()
    for (const [id, receivedMs] of stored.received) {
      if (receivedMs > nowMs - DUPLICATES_KEPT_MS) break
      stored.received.delete(id)
    }
    const id = `${event.source}\0${event.id}`
    if (stored.received.has(id)) return 'duplicate'
    stored.received.set(id, nowMs)
    stored.events.push(event)
    if (stored.events.length > FOLD_ABOVE_EVENTS) this.#fold(stored)
    return 'stored'
  }

  #fold(stored: Stored): void {
    const order = newestFirst(stored.events.map(event => event.timeMs))
    const at = (position: number) => stored.events[position]!
    const dropped = [...order.subarray(KEPT_EVENTS)].map(at)
    stored.events = [...order.subarray(0, KEPT_EVENTS)].reverse().map(at)
    stored.hours = foldIntoHours(
      stored.hours,
      dropped.map(({ timeMs, type, offerId }) => ({
        timeMs,
        type: this.#numberOf(type),
        offer: offerId === undefined ? NO_INDEX : this.#numberOf(offerId)
      }))
    )
  }

  #historyOf({ events, hours }: Stored, positions: Positions): History {
    const order = newestFirst(events.map(event => event.timeMs))
    const newest = [...order].map(position => events[position]!)
    const position = (words: ReadonlyMap<string, number>, word: string | undefined) =>
      word === undefined ? NO_INDEX : (words.get(word) ?? NO_INDEX)
    return new History(
      {
        timesMs: Float64Array.from(newest, event => event.timeMs),
        types: Int32Array.from(newest, event => position(positions.types, event.type)),
        offers: Int32Array.from(newest, event => position(positions.offers, event.offerId)),
        channels: Int32Array.from(newest, event => position(positions.channels, event.channel)),
        untilsMs: Float64Array.from(newest, event => event.untilMs ?? 0)
      },
      hours.map(hour => ({
        ...hour,
        type: position(positions.types, this.#words[hour.type]),
        offer: position(positions.offers, this.#words[hour.offer])
      }))
    )
  }

  #numberOf(word: string): number {
    const known = this.#wordNumbers.get(word)
    if (known !== undefined) return known
    this.#wordNumbers.set(word, this.#words.length)
    return this.#words.push(word) - 1
  }

  #positionsOf(lexicon: Lexicon): Positions {
    const known = this.#positions.get(lexicon)
    if (known !== undefined) return known
    const table = (words: readonly string[]) =>
      new Map(words.map((word, position) => [word, position]))
    const positions = {
      types: table(lexicon.types),
      offers: table(lexicon.offers),
      channels: table(lexicon.channels)
    }
    this.#positions.set(lexicon, positions)
    this.#retentionMs = lexicon.retentionMs
    return positions
  }

  /** What is stored and has not expired. */
  #find(key: CustomerKey): Stored | undefined {
    const stored = this.#customers.get(mapKey(key))
    if (stored === undefined || stored.expiresAtMs > this.#clock()) return stored
    this.#customers.delete(mapKey(key))
    return undefined
  }

  #findOrBegin(key: CustomerKey): Stored {
    const found = this.#find(key)
    if (found !== undefined) return found
    const begun: Stored = {
      profile: undefined,
      events: [],
      hours: [],
      received: new Map(),
      expiresAtMs: Number.POSITIVE_INFINITY
    }
    this.#customers.set(mapKey(key), begun)
    return begun
  }

  #renew(key: CustomerKey, stored: Stored): void {
    stored.expiresAtMs =
      this.#clock() + (this.#retentionMs[key.namespace] ?? Number.POSITIVE_INFINITY)
  }
}

/** Ids may hold a slash; a line break they may not. */
function mapKey(key: CustomerKey): string {
  return `${key.namespace}\n${key.id}`
}
