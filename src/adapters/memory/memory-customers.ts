import type { AppendOutcome, CustomerEvent } from '../../domain/interaction.js'
import type { CustomerKey, Identity, Lexicon, Profile } from '../../domain/customer.js'
import { History } from '../../domain/history.js'
import { newestFirst } from '../../domain/history-bounds.js'
import type {
  CustomerState,
  CustomerStore,
  Hold,
  HoldOutcome,
  ProfileChange
} from '../../decisioning/ports.js'
import { MemoryLogs } from './memory-log.js'
import type { EventLog } from './memory-log.js'
import type { MemoryExposures } from './memory-exposures.js'
import type { MemoryQuotas } from './memory-quotas.js'
import { inPositions, keptForm, remaining } from './memory-reservations.js'
import type { KeptReservation } from './memory-reservations.js'

interface Stored extends EventLog {
  profile: Profile | undefined
  reserved: readonly KeptReservation[]
  /** Another one after every change of the events or reservations. */
  revision: number
  /** Infinity without retention. */
  expiresAtMs: number
}

/** The revision of what is not there. */
const NOTHING = 0

/** Customers in the memory of this process: the same behaviour as in Redis, gone when the process ends. */
export class MemoryCustomers implements CustomerStore {
  readonly #clock: () => number
  readonly #customers = new Map<string, Stored>()
  readonly #erased = new Set<string>()
  readonly #logs = new MemoryLogs()
  readonly #quotas: MemoryQuotas
  readonly #exposures: Pick<MemoryExposures, 'forget'>
  #retentionMs: Readonly<Record<string, number>> = {}
  #lastRevision = NOTHING

  constructor(
    clock: () => number,
    quotas: MemoryQuotas,
    exposures: Pick<MemoryExposures, 'forget'>
  ) {
    this.#clock = clock
    this.#quotas = quotas
    this.#exposures = exposures
  }

  async load(key: CustomerKey, lexicon: Lexicon): Promise<CustomerState> {
    this.#retentionMs = lexicon.retentionMs
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
      history: stored === undefined ? History.EMPTY : this.#logs.historyOf(stored, lexicon),
      members: [key],
      reserved: lexicon.reserves
        ? this.#openReservations(stored).map(kept =>
            inPositions(kept, this.#logs.positionsOf(lexicon))
          )
        : [],
      quotas: this.#quotas.readNow(lexicon),
      version: stored?.revision ?? NOTHING
    }
  }

  async appendAndLoad(
    events: readonly CustomerEvent[],
    key: CustomerKey,
    lexicon: Lexicon
  ): Promise<CustomerState> {
    this.#retentionMs = lexicon.retentionMs
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
    this.#retentionMs = lexicon.retentionMs
    for (const [key, profile] of profiles) {
      const stored = this.#findOrBegin(key)
      stored.profile = profile
      this.#renew(key, stored)
      this.#erased.delete(mapKey(key))
    }
  }

  isErased(key: CustomerKey): boolean {
    return this.#erased.has(mapKey(key))
  }

  async erase(key: CustomerKey): Promise<boolean> {
    this.#exposures.forget(key)
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
    const { key, version } = state
    if ((this.#find(key)?.revision ?? NOTHING) !== version)
      return { held: false, changed: await this.load(key, lexicon) }
    if (this.#erased.has(mapKey(key))) return { held: true }
    for (const event of hold.events) this.#append({ ...event, customer: key })
    const stored = this.#findOrBegin(key)
    this.#renew(key, stored)
    const added = hold.reservations.map(reservation => keptForm(reservation, lexicon))
    this.#reserve(stored, [...this.#openReservations(stored), ...added])
    return { held: true }
  }

  async release(key: CustomerKey, ids: readonly string[]): Promise<void> {
    const stored = this.#find(key)
    if (stored?.reserved.some(({ id }) => ids.includes(id)) === true)
      this.#reserve(
        stored,
        stored.reserved.filter(({ id }) => !ids.includes(id))
      )
  }

  async merge(one: CustomerKey): Promise<Identity> {
    return { canonical: one, members: [one] }
  }

  #append(event: CustomerEvent): AppendOutcome {
    if (this.#erased.has(mapKey(event.customer))) return 'erased'
    const stored = this.#findOrBegin(event.customer)
    this.#renew(event.customer, stored)
    const outcome = this.#logs.append(stored, event, this.#clock())
    if (outcome === 'stored') this.#reserve(stored, remaining(stored.reserved, event))
    return outcome
  }

  #openReservations(stored: Stored | undefined): readonly KeptReservation[] {
    const nowMs = this.#clock()
    return (stored?.reserved ?? []).filter(({ untilMs }) => untilMs > nowMs)
  }

  #reserve(stored: Stored, reserved: readonly KeptReservation[]): void {
    stored.reserved = reserved
    stored.revision = ++this.#lastRevision
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
      reserved: [],
      revision: NOTHING,
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
