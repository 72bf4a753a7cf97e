import type { CustomerKey } from '../../domain/customer.js'
import { INTERACTION_TYPES } from '../../domain/interaction.js'
import type { ContactPolicy, Quota, Strategy } from '../../policy/strategy.js'
import type { QuotaReadings } from '../../domain/limits.js'
import { contactStanding, laterStanding, scopeNumber } from './contact-standing.js'
import { contactText, quotaText } from './limit-texts.js'
import { minorUnits } from '../../policy/money.js'
import type { CustomerState } from '../ports.js'
import { formatTime } from '../times.js'

/** Where a customer stands with one limit. Times are RFC 3339. */
export interface LimitStanding {
  readonly kind: 'contact' | 'quota'
  /** The contact policy or quota. */
  readonly id: string
  /** The rule in words. */
  readonly text: string
  /** What the limit is for: all, or an issue, a group, an offer, a channel or a placement by its id. */
  readonly scope: ContactPolicy['scope'] | Quota['owner']['kind']
  readonly of?: string
  readonly strict: boolean
  /** Pieces, or money in the strategy's currency. */
  readonly limit: number
  /** What counts now; of strict limits with what is reserved. */
  readonly count: number
  /** How many of a contact policy's count are open reservations. */
  readonly reserved?: number
  /** As written: 7d, day, total… */
  readonly window: string
  /** Exclusive; absent while nothing is suppressed. */
  readonly suppressedUntil?: string
  /** From when on a quota may have more room; absent where that is not known. */
  readonly frees?: string
}

/** An offer that `later` holds back. */
export interface LaterStanding {
  readonly offerId: string
  readonly time: string
  readonly suppressedUntil: string
}

/** An offer that was promised, which counts for strict limits until the interaction comes or the time is over. */
export interface OpenReservation {
  readonly id: string
  readonly offerId?: string
  readonly type?: string
  readonly channel?: string
  readonly time: string
  readonly until: string
}

export interface LimitsDocument {
  readonly customer: CustomerKey
  /** Every contact policy where something counts or is suppressed, and every quota. */
  readonly limits: readonly LimitStanding[]
  readonly later: readonly LaterStanding[]
  readonly reservations: readonly OpenReservation[]
}

/** Every limit that touches a customer now. */
export function showLimits(
  strategy: Strategy,
  customer: CustomerState,
  nowMs: number
): LimitsDocument {
  return {
    customer: customer.key,
    limits: [
      ...strategy.contactPolicies.flatMap(policy =>
        contactStandings(strategy, policy, customer, nowMs)
      ),
      ...strategy.quotas.map(quota => quotaStanding(strategy, quota, customer.quotas, nowMs))
    ],
    later: laterStandings(strategy, customer, nowMs),
    reservations: openReservations(strategy, customer, nowMs)
  }
}

/** The scopes of a policy in which something counts or is suppressed; `all` in any case. */
function contactStandings(
  strategy: Strategy,
  policy: ContactPolicy,
  customer: CustomerState,
  nowMs: number
): LimitStanding[] {
  const { id, scope, strict, limit, window } = policy
  return scopesMet(strategy, policy, customer).flatMap(number => {
    const moment = { nowMs, live: true }
    const standing = contactStanding(strategy, policy, number, customer, moment)
    const { count, suppressedUntilMs } = standing
    if (count === 0 && suppressedUntilMs === -Infinity && scope !== 'all') return []
    const reserved = customer.reserved.filter(
      ({ type, offer, untilMs }) =>
        untilMs > nowMs &&
        policy.counts[type] === 1 &&
        scopeNumber(strategy, policy, offer) === number
    ).length
    return {
      kind: 'contact',
      id,
      text: contactText(policy, strategy),
      scope,
      ...(scope === 'all' ? {} : { of: nameOf(strategy, scope, number) }),
      strict,
      limit,
      count,
      ...(strict ? { reserved } : {}),
      window: window.text,
      ...(suppressedUntilMs === -Infinity ? {} : { suppressedUntil: formatTime(suppressedUntilMs) })
    }
  })
}

function scopesMet(strategy: Strategy, policy: ContactPolicy, customer: CustomerState): number[] {
  if (policy.scope === 'all') return [0]
  const { history, reserved } = customer
  const offers = [
    ...history.offers,
    ...history.older.map(({ offer }) => offer),
    ...reserved.map(({ offer }) => offer)
  ]
  const met = new Set(offers.map(offer => scopeNumber(strategy, policy, offer)))
  return [...met].filter(number => number >= 0).sort((a, b) => a - b)
}

function nameOf(strategy: Strategy, scope: 'offer' | 'group' | 'issue', number: number): string {
  if (scope === 'offer') return strategy.offers[number]!.id
  return (scope === 'group' ? strategy.groups : strategy.issues)[number]!
}

/** Where everybody stands with a quota. */
export function quotaStanding(
  strategy: Strategy,
  quota: Quota,
  { taken, mayFreeMs }: QuotaReadings,
  nowMs: number
): LimitStanding {
  const { index, id, owner, strict, limit, money, window } = quota
  const unit = money ? minorUnits(strategy.currency) : 1
  const freesMs = Math.min(mayFreeMs[index] ?? Infinity, window.endMs(nowMs))
  return {
    kind: 'quota',
    id,
    text: quotaText(quota, strategy),
    scope: owner.kind,
    of: owner.id,
    strict,
    limit: limit / unit,
    count: (taken[index] ?? 0) / unit,
    window: window.text,
    ...(freesMs === Infinity ? {} : { frees: formatTime(freesMs) })
  }
}

function laterStandings(
  { offers }: Strategy,
  customer: CustomerState,
  nowMs: number
): LaterStanding[] {
  const { types, offers: about } = customer.history
  const later = INTERACTION_TYPES.indexOf('later')
  const named = new Set(about.filter((offer, i) => types[i] === later && offer >= 0))
  return [...named].flatMap(offer => {
    const standing = laterStanding(offer, customer, { nowMs, live: true })
    if (standing === undefined) return []
    const { untilMs, by } = standing
    return {
      offerId: offers[offer]!.id,
      time: formatTime(by.timeMs),
      suppressedUntil: formatTime(untilMs)
    }
  })
}

function openReservations(
  { lexicon }: Strategy,
  { reserved }: CustomerState,
  nowMs: number
): OpenReservation[] {
  return reserved
    .filter(({ untilMs }) => untilMs > nowMs)
    .map(({ id, offer, type, channel, atMs, untilMs }) => {
      const names = {
        offerId: lexicon.offers[offer],
        type: lexicon.types[type],
        channel: lexicon.channels[channel]
      }
      const known = Object.entries(names).filter(([, name]) => name !== undefined)
      return {
        id,
        ...Object.fromEntries(known),
        time: formatTime(atMs),
        until: formatTime(untilMs)
      }
    })
}
