import type { AppendOutcome, CustomerEvent } from '../../domain/interaction.js'
import type { CustomerKey, Identity, Lexicon, Profile } from '../../domain/customer.js'
import { newestFirst } from '../../domain/history-bounds.js'
import { partyText } from '../../domain/identity.js'
import { rewrite, uniteProfiles } from '../../domain/written-profile.js'
import type { WrittenProfile } from '../../domain/written-profile.js'
import type {
  CustomerState,
  CustomerStore,
  Hold,
  HoldOutcome,
  ProfileChange
} from '../../decisioning/ports.js'
import { MemoryIdentities } from './memory-identities.js'
import { MemoryLogs } from './memory-log.js'
import type { EventLog } from './memory-log.js'
import type { MemoryExposures } from './memory-exposures.js'
import type { MemoryQuotas } from './memory-quotas.js'
import { keptForm, remaining } from './memory-reservations.js'
import type { KeptReservation } from './memory-reservations.js'
import { MemoryVersion, openState, packState, stateOf } from './memory-state.js'
import type { KeptState } from './memory-state.js'

interface Stored extends EventLog {
  written: WrittenProfile | undefined
  reserved: readonly KeptReservation[]
  /** Another one after every change of the events or reservations. */
  revision: number
  /** Infinity without retention. */
  expiresAtMs: number
}

/** The revision of what is not there. */
const NOTHING = 0

/**
 * Customers in the memory of this process: the same behaviour as in Redis, gone when the process ends.
 * What is stored of a merged customer stands under its canonical key.
 */
export class MemoryCustomers implements CustomerStore {
  readonly #clock: () => number
  readonly #customers = new Map<string, Stored>()
  readonly #erased = new Set<string>()
  readonly #identities = new MemoryIdentities()
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
    const { canonical } = this.#identities.of(key)
    const stored = this.#find(canonical)
    if (stored !== undefined) this.#renew(canonical, stored)
    return await this.peek(key, lexicon)
  }

  async peek(key: CustomerKey, lexicon: Lexicon): Promise<CustomerState> {
    const { canonical, members } = this.#identities.of(key)
    const stored = this.#find(canonical)
    const kept: KeptState = {
      members,
      profile: stored?.written?.profile,
      events: stored?.events ?? [],
      eventCount: stored?.events.length ?? 0,
      hours: stored?.hours ?? [],
      reserved: lexicon.reserves ? this.#openReservations(stored) : []
    }
    const quotas = this.#quotas.readNow(lexicon)
    const version = new MemoryVersion(stored?.revision ?? NOTHING, kept, lexicon)
    return stateOf(kept, quotas, version, this.#logs, lexicon)
  }

  packState(state: CustomerState): unknown {
    return packState(state)
  }

  async openState(packed: unknown, lexicon: Lexicon): Promise<CustomerState> {
    return openState(packed, this.#logs, lexicon)
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
    return this.#find(this.#canonical(key))?.written?.profile
  }

  async change(key: CustomerKey, change: ProfileChange, lexicon: Lexicon): Promise<Profile> {
    const profile = change(this.#find(this.#canonical(key))?.written?.profile)
    await this.importMany([[key, profile]], lexicon)
    return profile
  }

  async importMany(
    profiles: ReadonlyArray<readonly [CustomerKey, Profile]>,
    lexicon: Lexicon
  ): Promise<void> {
    this.#retentionMs = lexicon.retentionMs
    for (const [asked, profile] of profiles) {
      const key = this.#canonical(asked)
      const stored = this.#findOrBegin(key)
      stored.written = rewrite(stored.written, profile, { timeMs: this.#clock(), key })
      this.#renew(key, stored)
      this.#erased.delete(partyText(key))
    }
  }

  isErased(key: CustomerKey): boolean {
    return this.#erased.has(partyText(key))
  }

  async erase(key: CustomerKey): Promise<boolean> {
    const identity = this.#identities.of(key)
    for (const member of identity.members) this.#exposures.forget(member)
    const found = this.#find(identity.canonical) !== undefined || identity.members.length > 1
    if (!found) return false
    this.#customers.delete(partyText(identity.canonical))
    for (const member of identity.members) this.#erased.add(partyText(member))
    this.#identities.forget(identity)
    return true
  }

  async history(key: CustomerKey, limit: number): Promise<CustomerEvent[]> {
    const customer = this.#canonical(key)
    const events = this.#find(customer)?.events ?? []
    return [...newestFirst(events.map(event => event.timeMs)).subarray(0, limit)].map(position => ({
      ...events[position]!,
      customer
    }))
  }

  async hold(state: CustomerState, hold: Hold, lexicon: Lexicon): Promise<HoldOutcome> {
    const { version } = state
    const key = this.#canonical(state.key)
    const revision = version instanceof MemoryVersion ? version.revision : undefined
    if ((this.#find(key)?.revision ?? NOTHING) !== revision)
      return { held: false, changed: await this.load(key, lexicon) }
    if (this.#erased.has(partyText(key))) return { held: true }
    for (const event of hold.events) this.#append({ ...event, customer: key })
    const stored = this.#findOrBegin(key)
    this.#renew(key, stored)
    const added = hold.reservations.map(reservation => keptForm(reservation, lexicon))
    this.#reserve(stored, [...this.#openReservations(stored), ...added])
    return { held: true }
  }

  async release(key: CustomerKey, ids: readonly string[]): Promise<void> {
    const stored = this.#find(this.#canonical(key))
    if (stored?.reserved.some(({ id }) => ids.includes(id)) === true)
      this.#reserve(
        stored,
        stored.reserved.filter(({ id }) => !ids.includes(id))
      )
  }

  async merge(one: CustomerKey, other: CustomerKey, lexicon: Lexicon): Promise<Identity> {
    this.#retentionMs = lexicon.retentionMs
    const keys = [this.#canonical(one), this.#canonical(other)]
    const parties = keys.map(key => this.#find(key)).filter(stored => stored !== undefined)
    const identity = this.#identities.unite(one, other, lexicon.namespaces)
    for (const member of identity.members) this.#erased.delete(partyText(member))
    if (partyText(keys[0]!) === partyText(keys[1]!) || parties.length === 0) return identity
    for (const key of keys) this.#customers.delete(partyText(key))
    const united = this.#findOrBegin(identity.canonical)
    const profiles = parties.flatMap(({ written }) => (written === undefined ? [] : [written]))
    united.written = uniteProfiles(profiles, lexicon.namespaces)
    Object.assign(united, this.#logs.unite(parties))
    const reserved = parties.flatMap(party => this.#openReservations(party))
    this.#reserve(united, [...new Map(reserved.map(kept => [kept.id, kept])).values()])
    this.#renew(identity.canonical, united)
    return identity
  }

  async identityOf(key: CustomerKey): Promise<Identity> {
    return this.#identities.of(key)
  }

  #append(event: CustomerEvent): AppendOutcome {
    const key = this.#canonical(event.customer)
    if (this.#erased.has(partyText(key))) return 'erased'
    const stored = this.#findOrBegin(key)
    this.#renew(key, stored)
    const outcome = this.#logs.append(stored, event, this.#clock())
    if (outcome === 'stored') this.#reserve(stored, remaining(stored.reserved, event))
    return outcome
  }

  #canonical(key: CustomerKey): CustomerKey {
    return this.#identities.of(key).canonical
  }

  #openReservations(stored: Stored | undefined): readonly KeptReservation[] {
    const nowMs = this.#clock()
    return (stored?.reserved ?? []).filter(({ untilMs }) => untilMs > nowMs)
  }

  #reserve(stored: Stored, reserved: readonly KeptReservation[]): void {
    stored.reserved = reserved
    stored.revision = ++this.#lastRevision
  }

  /** What is stored under a canonical key and has not expired. */
  #find(key: CustomerKey): Stored | undefined {
    const stored = this.#customers.get(partyText(key))
    if (stored === undefined || stored.expiresAtMs > this.#clock()) return stored
    this.#customers.delete(partyText(key))
    this.#identities.forget(this.#identities.of(key))
    return undefined
  }

  #findOrBegin(key: CustomerKey): Stored {
    const found = this.#find(key)
    if (found !== undefined) return found
    const begun: Stored = {
      written: undefined,
      events: [],
      hours: [],
      received: new Map(),
      reserved: [],
      revision: NOTHING,
      expiresAtMs: Number.POSITIVE_INFINITY
    }
    this.#customers.set(partyText(key), begun)
    return begun
  }

  #renew(key: CustomerKey, stored: Stored): void {
    stored.expiresAtMs =
      this.#clock() + (this.#retentionMs[key.namespace] ?? Number.POSITIVE_INFINITY)
  }
}
