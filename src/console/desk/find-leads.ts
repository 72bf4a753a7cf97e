import type { CustomerKey } from '../../domain/customer.js'
import { ApiProblem, get, type Answer } from '../api/client.js'

/** Somebody to call, and why. */
export interface Lead {
  readonly customer: CustomerKey
  readonly offerId: string
  readonly why: 'due' | 'clicked'
  /** When the call is due, or when the customer clicked; ms since 1970. */
  readonly atMs: number
}

export interface FoundLeads {
  readonly leads: readonly Lead[]
  /** Among how many customers they were looked for. */
  readonly customers: number
}

type Entry = Answer<'CustomerHistory'>['history'][number]

const DECISIONS = 100
/** Most customers whose history is read for one list. */
const MOST_CUSTOMERS = 15
const CLICK_COUNTS_MS = 7 * 86_400_000
/** What a customer says to an offer; whatever came before it no longer waits. */
const ANSWERS = ['accept', 'reject', 'later', 'ignore', 'convert']

/**
 * Looks among the customers of a namespace about whom was decided last: those whose day has come first, the longest overdue before
 * the others.
 */
export async function findLeads(namespace: string, signal: AbortSignal): Promise<FoundLeads> {
  const { decisions } = await get('FoundDecisions', `/v1/decisions?limit=${DECISIONS}`, signal)
  const called = decisions.filter(({ customer }) => customer.namespace === namespace)
  const ids = [...new Set(called.map(({ customer }) => customer.id))].slice(0, MOST_CUSTOMERS)
  const nowMs = Date.now()
  const leads = await Promise.all(
    ids.map(async id => leadOf({ namespace, id }, await historyOf(namespace, id, signal), nowMs))
  )
  return {
    leads: leads.filter(each => each !== undefined).sort(byUrgency),
    customers: ids.length
  }
}

/** Nothing for a customer who was erased, or of whom nothing but the decision is known. */
async function historyOf(
  namespace: string,
  id: string,
  signal: AbortSignal
): Promise<readonly Entry[]> {
  const path = `/v1/customers/${encodeURIComponent(namespace)}/${encodeURIComponent(id)}/history`
  try {
    return (await get('CustomerHistory', path, signal)).history
  } catch (error) {
    if (error instanceof ApiProblem && error.status === 404) return []
    throw error
  }
}

/** The most urgent reason to call a customer; undefined where there is none. */
function leadOf(customer: CustomerKey, history: readonly Entry[], nowMs: number): Lead | undefined {
  const seen = new Set<string>()
  const leads: Lead[] = []
  for (const entry of history) {
    const offerId = entry['offerId']
    if (typeof offerId !== 'string' || seen.has(offerId)) continue
    const { type, until, time } = entry
    // Newest first: the first answer to an offer is the one that holds.
    if (ANSWERS.includes(type)) seen.add(offerId)
    const untilMs = typeof until === 'string' ? Date.parse(until) : Infinity
    const clickedMs = Date.parse(time)
    if (type === 'later' && untilMs <= nowMs)
      leads.push({ customer, offerId, why: 'due', atMs: untilMs })
    if (type === 'click' && nowMs - clickedMs <= CLICK_COUNTS_MS) {
      seen.add(offerId)
      leads.push({ customer, offerId, why: 'clicked', atMs: clickedMs })
    }
  }
  return leads.sort(byUrgency)[0]
}

/** Promised days first, the oldest of them foremost; then clicks, the newest foremost. */
function byUrgency(one: Lead, other: Lead): number {
  if (one.why !== other.why) return one.why === 'due' ? -1 : 1
  return one.why === 'due' ? one.atMs - other.atMs : other.atMs - one.atMs
}
