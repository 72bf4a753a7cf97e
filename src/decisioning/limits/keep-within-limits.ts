import type { Exclusions, Offer, Strategy } from '../../policy/strategy.js'
import type { Asked } from '../asked.js'
import { end, stageNumber, type Candidates } from '../candidates.js'
import { suppressions, type Moment } from './contact-policies.js'
import type { CustomerState } from '../ports.js'

/**
 * Removes the candidates that contact policies, `later`, exclusions after an interaction or quotas hold back now, in this order.
 * Causes: the number of the contact policy (how many there are for `later`), of the exclusion, of the quota.
 * A quota of a placement closes only that placement. Answers the positions of the candidates that are left.
 */
export function keepWithinLimits(
  strategy: Strategy,
  asked: Asked,
  customer: CustomerState,
  candidates: Candidates,
  allowed: Int32Array
): Int32Array {
  const { any, causeOf } = suppressions(strategy, asked, customer)
  const excluded = excludedOffers(strategy, asked, customer)
  const limited = strategy.quotas.length > 0
  if (!any && excluded === undefined && !limited) return allowed
  const left = new Int32Array(allowed.length)
  let count = 0
  for (let i = 0; i < allowed.length; i++) {
    const position = allowed[i]!
    const offer = candidates.offers[position]!
    const suppressedBy = any ? causeOf(offer) : -1
    if (suppressedBy >= 0) {
      end(candidates, position, stageNumber.contact, suppressedBy)
      continue
    }
    const exclusion = excluded?.get(offer)
    if (exclusion !== undefined) {
      end(candidates, position, stageNumber.exclusion, exclusion)
      continue
    }
    const quota = limited ? closingQuota(strategy, asked, customer, candidates, position) : -1
    if (quota >= 0) end(candidates, position, stageNumber.quota, quota)
    else left[count++] = position
  }
  return left.subarray(0, count)
}

/** The interaction that an exclusion is about, when it last happened within the exclusion's time; -Infinity when it did not. */
export function lastWithin(
  { type, of, forMs }: Exclusions['after'][number],
  { history }: Pick<CustomerState, 'history'>,
  { nowMs, live }: Moment
): number {
  const { timesMs, types, offers } = history
  const lastMs = live ? Infinity : nowMs
  for (let i = 0; i < timesMs.length && timesMs[i]! > nowMs - forMs; i++) {
    if (types[i] === type && offers[i] === of && timesMs[i]! <= lastMs) return timesMs[i]!
  }
  let latestMs = -Infinity
  for (const hour of history.older) {
    // Within its hour, the latest that it can have been.
    const timeMs = Math.min(hour.startMs + HOUR_MS - 1, nowMs)
    const isIt = hour.type === type && hour.offer === of && hour.startMs <= nowMs
    if (isIt && timeMs > nowMs - forMs) latestMs = Math.max(latestMs, timeMs)
  }
  return latestMs
}

const HOUR_MS = 3_600_000

/** By offer: the first exclusion that holds it back; undefined where none does. */
function excludedOffers(
  { exclusions }: Strategy,
  moment: Moment,
  customer: CustomerState
): ReadonlyMap<number, number> | undefined {
  let excluded: Map<number, number> | undefined
  for (let rule = 0; rule < exclusions.after.length; rule++) {
    const exclusion = exclusions.after[rule]!
    if (lastWithin(exclusion, customer, moment) === -Infinity) continue
    excluded ??= new Map()
    for (const offer of exclusion.not) if (!excluded.has(offer)) excluded.set(offer, rule)
  }
  return excluded
}

/** The quota that removes a candidate: its own, its channel's, or that of the last placement left to it; -1 when there is room. */
function closingQuota(
  strategy: Strategy,
  asked: Asked,
  customer: CustomerState,
  candidates: Candidates,
  position: number
): number {
  const offer = strategy.offers[candidates.offers[position]!]!
  const closed = firstFull(offer.quotas, strategy, asked, customer, offer)
  if (closed >= 0) return closed
  const full = firstFull(asked.channel.quotas, strategy, asked, customer, offer)
  if (full >= 0) return full
  let last = -1
  for (let i = 0; i < asked.placements.length; i++) {
    const { quotas } = asked.placements[i]!.placement
    if (quotas.length === 0 || (candidates.rooms[position]! & (1 << i)) === 0) continue
    const here = firstFull(quotas, strategy, asked, customer, offer)
    if (here < 0) continue
    candidates.rooms[position]! &= ~(1 << i)
    last = here
  }
  return candidates.rooms[position] === 0 ? last : -1
}

function firstFull(
  quotas: readonly number[],
  strategy: Strategy,
  { nowMs }: Moment,
  { quotas: { taken, mayFreeMs } }: CustomerState,
  offer: Offer
): number {
  for (const number of quotas) {
    const quota = strategy.quotas[number]!
    const amount = quota.money ? offer.costMinor : 1
    // What may have become free since it was counted is tried: reserving a strict one decides exactly.
    if (taken[number]! + amount > quota.limit && !(mayFreeMs[number]! <= nowMs)) return number
  }
  return -1
}
