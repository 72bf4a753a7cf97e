import type { Caller } from '../domain/caller.js'
import { customerText, EMPTY_PROFILE, type CustomerKey, type Profile } from '../domain/customer.js'
import type { CustomerEvent } from '../domain/interaction.js'
import { Refusal, type Fault } from '../domain/refusal.js'
import type { Strategy } from '../policy/strategy.js'
import { unknownName } from './faults.js'
import type { CustomerStore } from './ports.js'
import {
  readConsent,
  readPatch,
  readProfile,
  showProfile,
  type BodyReading,
  type ConsentDocument,
  type CustomerDocument
} from './profile-body.js'
import { formatTime } from './times.js'
import { checkId } from './values.js'

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

/** Where a customer stands with one limit. */
export interface LimitStanding {
  /** The contact policy or quota. */
  readonly id: string
  /** What the limit is for: all, or an issue, a group or an offer by its id. */
  readonly scope: 'all' | 'issue' | 'group' | 'offer'
  readonly of?: string
  readonly limit: number
  readonly count: number
  /** As written: 7d, day, total… */
  readonly window: string
  /** RFC 3339; absent while nothing is suppressed. */
  readonly suppressedUntil?: string
}

export interface LimitsDocument {
  readonly customer: CustomerKey
  readonly limits: readonly LimitStanding[]
}

/**
 * What callers with the customers scope may do with one customer. All of it rejects with a Refusal (`invalid` with pointers, where
 * /namespace and /id stand for the parts of the address; `forbidden` for a namespace outside the key's; `not_found` when a read
 * finds neither a profile nor an interaction), and passes StoreUnavailable on. What a write has answered is seen by every later decision.
 */
export interface Customers {
  get(key: CustomerKey, caller: Caller): Promise<CustomerDocument>
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
  limits(key: CustomerKey, caller: Caller): Promise<LimitsDocument>
  /** Everything stored about the customer. */
  export(key: CustomerKey, caller: Caller): Promise<CustomerDocument & HistoryDocument>
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
    const stored = await customers.change(key, old => apply(old ?? EMPTY_PROFILE), strategy.lexicon)
    return showProfile(key, stored, strategy)
  }

  async function readAll(key: CustomerKey, caller: Caller, entries: number) {
    const strategy = enter(key, caller)
    const [profile, events] = await Promise.all([
      customers.read(key),
      customers.history(key, entries)
    ])
    if (profile === undefined && events.length === 0) {
      throw new Refusal('not_found', `There is no customer ${customerText(key)}.`)
    }
    return {
      document: showProfile(key, profile ?? EMPTY_PROFILE, strategy),
      history: events.map(showEvent)
    }
  }

  return {
    async get(key, caller) {
      const { document } = await readAll(key, caller, 1)
      return document
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
    async limits(key, caller) {
      const { document } = await readAll(key, caller, 1)
      return { customer: document.customer, limits: [] }
    },
    async export(key, caller) {
      const { document, history } = await readAll(key, caller, MOST_HISTORY)
      return { ...document, history }
    }
  }
}

/** Checks a customer's key as it stands in an address, and whether the caller may see its namespace. Throws a Refusal. */
function checkAccess(strategy: Strategy, key: CustomerKey, caller: Caller): void {
  const faults = keyFaults(strategy, key)
  if (faults.length > 0) throw new Refusal('invalid', 'No customer can have this address.', faults)
  const barred = barredFrom(key, caller)
  if (barred !== undefined) throw new Refusal('forbidden', barred)
}

/** What is wrong with a customer's key, at /namespace and /id. */
export function keyFaults({ namespaces }: Strategy, { namespace, id }: CustomerKey): Fault[] {
  const faults: Fault[] = []
  if (!namespaces.includes(namespace)) {
    faults.push(unknownName('/namespace', 'namespace', namespace, namespaces))
  }
  const idFault = checkId(id)
  if (idFault !== undefined) faults.push({ pointer: '/id', detail: idFault })
  return faults
}

/** A sentence when the caller's key does not reach the customer's namespace. */
export function barredFrom({ namespace }: CustomerKey, caller: Caller): string | undefined {
  const mayEnter = caller.namespaces === undefined || caller.namespaces.has(namespace)
  return mayEnter ? undefined : `This key may not use namespace "${namespace}".`
}

function showEvent({ customer: _, timeMs, untilMs, ...event }: CustomerEvent): HistoryEntry {
  const time = formatTime(timeMs)
  return untilMs === undefined ? { ...event, time } : { ...event, time, until: formatTime(untilMs) }
}
