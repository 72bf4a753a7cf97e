import type { Caller } from '../domain/caller.js'
import { customerText, type CustomerKey } from '../domain/customer.js'
import type { DecisionRequest } from '../domain/decision.js'
import { Refusal } from '../domain/refusal.js'
import { barredFrom, barredFromAny, keyFaults } from './customers/customer-key.js'
import type { CustomerStore, DecisionRecord, DecisionRecords } from './ports.js'
import type { AnswerBody } from './replay/recorded-decision.js'
import type { Snapshots } from './snapshot.js'
import { formatTime } from './times.js'

/** Most recorded decisions that one search looks at. */
const MOST_SEARCHED = 1000
/** Most interactions of a customer's history that lead to decisions: all that is kept. */
const MOST_HISTORY = 200

export interface FindDecisionsDeps {
  readonly records: Pick<DecisionRecords, 'get' | 'latest'>
  readonly customers: Pick<CustomerStore, 'history' | 'identityOf'>
  readonly snapshots: Pick<Snapshots, 'current'>
}

/** A recorded decision in a line. */
export interface FoundDecision {
  readonly decisionId: string
  readonly decidedAt: string
  readonly strategy: { readonly version: number; readonly hash: string }
  readonly customer: CustomerKey
  readonly channel: string
  readonly placements: ReadonlyArray<{
    readonly id: string
    readonly fallback: boolean
    readonly offers: readonly string[]
  }>
  readonly degraded: readonly string[]
}

/** What was found, and where it was looked for. */
export interface FoundDecisions {
  /** Newest first. */
  readonly decisions: readonly FoundDecision[]
  readonly searched: {
    /** How many of the newest records were looked at. */
    readonly decisions: number
    /** When the oldest of them was decided, RFC 3339; null where there are none. */
    readonly backTo: string | null
    /** Whether these are all that are recorded. */
    readonly all: boolean
  }
}

/**
 * Finds decisions: the latest, or those about a customer. Records are kept by id, so a search looks at the newest 1,000 of
 * them; for a customer also at those that the customer's history names, however old, as long as they are recorded.
 * Rejects with a Refusal for a customer whom the caller may not see, and with StoreUnavailable.
 */
export type FindDecisions = (
  customer: CustomerKey | undefined,
  limit: number,
  caller: Caller
) => Promise<FoundDecisions>

export function createFindDecisions({
  records,
  customers,
  snapshots
}: FindDecisionsDeps): FindDecisions {
  return async function findDecisions(customer, limit, caller) {
    const members = customer === undefined ? undefined : await enter(customer, caller)
    const { found, searched } = await search(limit, caller, members)
    const mayBeMore = customer !== undefined && !searched.all && found.size < limit
    const named = mayBeMore ? await namedByHistory(customer, limit, found) : []
    const decisions = [...found.values(), ...named]
      .sort((one, other) => other.decidedAtMs - one.decidedAtMs)
      .slice(0, limit)
    return { decisions: decisions.map(inALine), searched }
  }

  /** The keys of a customer, each as customerText; throws a Refusal where the caller does not reach them all. */
  async function enter(key: CustomerKey, caller: Caller): Promise<ReadonlySet<string>> {
    const faults = keyFaults(snapshots.current().strategy, key)
    if (faults.length > 0) throw new Refusal('invalid', 'There can be no such customer.', faults)
    const { members } = await customers.identityOf(key)
    const barred = barredFrom(key, caller) ?? barredFromAny(members, caller)
    if (barred !== undefined) throw new Refusal('forbidden', barred)
    return new Set([key, ...members].map(customerText))
  }

  async function search(
    limit: number,
    caller: Caller,
    members: ReadonlySet<string> | undefined
  ): Promise<{ found: Map<string, DecisionRecord>; searched: FoundDecisions['searched'] }> {
    const found = new Map<string, DecisionRecord>()
    let looked = 0
    let oldestMs = Infinity
    for await (const some of records.latest()) {
      for (const record of some) {
        if (looked === MOST_SEARCHED || found.size === limit) {
          const searched = { decisions: looked, backTo: formatTime(oldestMs), all: false }
          return { found, searched }
        }
        looked++
        oldestMs = Math.min(oldestMs, record.decidedAtMs)
        if (isAbout(record, members, caller)) found.set(record.id, record)
      }
    }
    const backTo = looked === 0 ? null : formatTime(oldestMs)
    return { found, searched: { decisions: looked, backTo, all: true } }
  }

  async function namedByHistory(
    customer: CustomerKey,
    limit: number,
    found: ReadonlyMap<string, unknown>
  ): Promise<DecisionRecord[]> {
    const events = await customers.history(customer, MOST_HISTORY)
    const ids = new Set(events.flatMap(({ decisionId }) => decisionId ?? []))
    const missing = [...ids].filter(id => !found.has(id)).slice(0, limit)
    const read = await Promise.all(missing.map(id => records.get(id)))
    return read.filter(record => record !== undefined)
  }
}

function isAbout(
  record: DecisionRecord,
  members: ReadonlySet<string> | undefined,
  caller: Caller
): boolean {
  if (members === undefined && caller.namespaces === undefined) return true
  const { customer } = answerOf(record)
  return members === undefined
    ? barredFrom(customer, caller) === undefined
    : members.has(customerText(customer))
}

function answerOf({ answer }: DecisionRecord): AnswerBody & { readonly customer: CustomerKey } {
  return JSON.parse(answer) as AnswerBody & { readonly customer: CustomerKey }
}

function inALine(record: DecisionRecord): FoundDecision {
  const { strategy, customer, placements, degraded } = answerOf(record)
  const { channel } = JSON.parse(record.request) as DecisionRequest
  return {
    decisionId: record.id,
    decidedAt: formatTime(record.decidedAtMs),
    strategy,
    customer: { namespace: customer.namespace, id: customer.id },
    channel,
    placements: placements.map(({ id, fallback, offers }) => ({
      id,
      fallback,
      offers: offers.map(({ offerId }) => offerId)
    })),
    degraded
  }
}
