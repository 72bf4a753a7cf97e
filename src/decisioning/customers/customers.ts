import type { Caller } from '../../domain/caller.js'
import {
  customerText,
  EMPTY_PROFILE,
  type CustomerKey,
  type Identity,
  type Profile
} from '../../domain/customer.js'
import type { CustomerEvent } from '../../domain/interaction.js'
import { Refusal, type Fault } from '../../domain/refusal.js'
import type { Strategy } from '../../policy/strategy.js'
import { barredFrom, barredFromAny, keyFaults } from './customer-key.js'
import { showLimits, type LimitsDocument } from '../limits/customer-limits.js'
import { maskPersonal, seesMasked } from './mask-personal.js'
import { readMerge } from './merge-body.js'
import type { CustomerStore } from '../ports.js'
import {
  readConsent,
  readPatch,
  readProfile,
  showProfile,
  type BodyReading,
  type ConsentDocument,
  type CustomerDocument
} from './profile-body.js'
import { formatTime } from '../times.js'

/** Most entries of a history in one answer, and what is kept. */
const MOST_HISTORY = 200

export interface CustomersNeeds {
  readonly customers: CustomerStore
  readonly snapshots: { current: () => { readonly strategy: Strategy } }
}

/** One event as callers see it; members that an event does not have are absent. */
export interface HistoryEntry extends Omit<CustomerEvent, 'customer' | 'timeMs' | 'untilMs'> {
  readonly time: string
  readonly until?: string
}

export interface HistoryDocument {
  readonly customer: CustomerKey
  /** Newest first. */
  readonly history: readonly HistoryEntry[]
}

/** A customer after a merge. */
export interface IdentityDocument {
  /** The canonical key. */
  readonly customer: CustomerKey
  /** All keys, the canonical one first. */
  readonly members: readonly CustomerKey[]
}

/**
 * What callers may do with one customer, as the rights of their keys allow; who has no right to see personal attributes gets all documents
 * with these masked. Each key of a merged customer stands for the whole: documents name
 * the canonical key, and callers need all of the customer's namespaces. All of it rejects with a Refusal (`invalid` with pointers, where
 * /namespace and /id stand for the parts of the address; `forbidden` for a namespace outside the key's; `not_found` when a read
 * finds neither a profile nor an interaction), and passes StoreUnavailable on. What a write has answered is seen by every later decision.
 */
export interface Customers {
  /** `masked`: of personal attributes only as much as it takes to compare them with what a caller says. */
  get(
    key: CustomerKey,
    caller: Caller,
    options?: { readonly masked: boolean }
  ): Promise<CustomerDocument>
  /** Replaces the whole profile; what the body leaves out is gone. */
  put(key: CustomerKey, body: unknown, caller: Caller, nowMs: number): Promise<CustomerDocument>
  /** Merges by RFC 7396 and makes the customer where there is none; see readPatch for consent. */
  patch(key: CustomerKey, body: unknown, caller: Caller, nowMs: number): Promise<CustomerDocument>
  /** Erases everything but a tombstone. False when nothing was there. */
  erase(key: CustomerKey, caller: Caller): Promise<boolean>
  /** Replaces all consent by a map from purpose to `{granted, time?, source?}`. */
  putConsent(
    key: CustomerKey,
    body: unknown,
    caller: Caller,
    nowMs: number
  ): Promise<{ readonly customer: CustomerKey; readonly consent: ConsentDocument }>
  /** Newest first, at most `limit` (1 to 200). */
  history(key: CustomerKey, limit: number, caller: Caller): Promise<HistoryDocument>
  /** Which limits apply to the customer now. */
  limits(key: CustomerKey, caller: Caller, nowMs: number): Promise<LimitsDocument>
  /** Everything stored about the customer. */
  export(key: CustomerKey, caller: Caller): Promise<CustomerDocument & HistoryDocument>
  /** Makes the two parties of a body `{from, into}` one customer, for good; the same whichever is which, and when repeated. */
  merge(body: unknown, caller: Caller): Promise<IdentityDocument>
}

export function createCustomers({ customers, snapshots }: CustomersNeeds): Customers {
  const enter = (key: CustomerKey, caller: Caller): Strategy => {
    const { strategy } = snapshots.current()
    checkAccess(strategy, key, caller)
    return strategy
  }

  async function change(
    key: CustomerKey,
    caller: Caller,
    nowMs: number,
    read: (reading: BodyReading, faults: Fault[]) => (stored: Profile) => Profile
  ): Promise<CustomerDocument> {
    const strategy = enter(key, caller)
    const faults: Fault[] = []
    const apply = read({ strategy, nowMs, source: caller.id }, faults)
    if (faults.length > 0)
      throw new Refusal('invalid', 'The body is not what a customer may hold.', faults)
    const { canonical } = await identify(key, caller)
    const stored = await customers.change(key, old => apply(old ?? EMPTY_PROFILE), strategy.lexicon)
    return shown(showProfile(canonical, stored, strategy), strategy, caller)
  }

  /** Throws a Refusal where the caller does not reach every namespace of a merged customer. */
  async function identify(key: CustomerKey, caller: Caller): Promise<Identity> {
    const identity = await customers.identityOf(key)
    const barred = barredFromAny(identity.members, caller)
    if (barred !== undefined) throw new Refusal('forbidden', barred)
    return identity
  }

  async function readAll(key: CustomerKey, caller: Caller, entries: number) {
    const strategy = enter(key, caller)
    const [{ canonical }, profile, events] = await Promise.all([
      identify(key, caller),
      customers.read(key),
      customers.history(key, entries)
    ])
    if (profile === undefined && events.length === 0) {
      throw noCustomer(key)
    }
    return {
      strategy,
      document: shown(showProfile(canonical, profile ?? EMPTY_PROFILE, strategy), strategy, caller),
      history: events.map(showEvent)
    }
  }

  return {
    async get(key, caller, { masked } = { masked: false }) {
      const { document, strategy } = await readAll(key, caller, 1)
      return masked ? maskPersonal(document, strategy) : document
    },
    put: (key, body, caller, nowMs) =>
      change(key, caller, nowMs, (reading, faults) => {
        const profile = readProfile(body, reading, faults)
        return () => profile
      }),
    patch: (key, body, caller, nowMs) =>
      change(key, caller, nowMs, (reading, faults) => readPatch(body, reading, faults)),
    async erase(key, caller) {
      enter(key, caller)
      await identify(key, caller)
      return customers.erase(key)
    },
    async putConsent(key, body, caller, nowMs) {
      const { customer, consent } = await change(key, caller, nowMs, (reading, faults) => {
        const given = readConsent(body, reading, '', faults)
        return stored => ({ ...stored, consent: given })
      })
      return { customer, consent }
    },
    async history(key, limit, caller) {
      if (!Number.isInteger(limit) || limit < 1 || limit > MOST_HISTORY) {
        const detail = `must be a whole number from 1 to ${MOST_HISTORY}`
        throw new Refusal('invalid', `limit ${detail}.`, [{ pointer: '/limit', detail }])
      }
      const { document, history } = await readAll(key, caller, limit)
      return { customer: document.customer, history }
    },
    async limits(key, caller, nowMs) {
      const strategy = enter(key, caller)
      const state = await customers.load(key, strategy.lexicon)
      const barred = barredFromAny(state.members, caller)
      if (barred !== undefined) throw new Refusal('forbidden', barred)
      if (!state.known && state.history.length === 0) throw noCustomer(key)
      return showLimits(strategy, state, nowMs)
    },
    async export(key, caller) {
      const { document, history } = await readAll(key, caller, MOST_HISTORY)
      return { ...document, history }
    },
    async merge(body, caller) {
      const { strategy } = snapshots.current()
      const [from, into] = readMerge(body, strategy, caller)
      await Promise.all([identify(from, caller), identify(into, caller)])
      const { canonical, members } = await customers.merge(from, into, strategy.lexicon)
      return { customer: canonical, members }
    }
  }
}

function shown(document: CustomerDocument, strategy: Strategy, caller: Caller): CustomerDocument {
  return seesMasked(caller) ? maskPersonal(document, strategy) : document
}

function noCustomer(key: CustomerKey): Refusal {
  return new Refusal('not_found', `There is no customer ${customerText(key)}.`)
}

/** Checks a customer's key as it stands in an address, and whether the caller may see its namespace. Throws a Refusal. */
function checkAccess(strategy: Strategy, key: CustomerKey, caller: Caller): void {
  const faults = keyFaults(strategy, key)
  if (faults.length > 0) throw new Refusal('invalid', 'No customer can have this address.', faults)
  const barred = barredFrom(key, caller)
  if (barred !== undefined) throw new Refusal('forbidden', barred)
}

function showEvent({ customer: _, timeMs, untilMs, ...event }: CustomerEvent): HistoryEntry {
  const time = formatTime(timeMs)
  return untilMs === undefined ? { ...event, time } : { ...event, time, until: formatTime(untilMs) }
}
