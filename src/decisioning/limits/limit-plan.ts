import { NO_INDEX } from '../../domain/history.js'
import { reservationId, type QuotaClaim, type Reservation } from '../../domain/limits.js'
import type { Offer, Placement, Quota, Strategy } from '../../policy/strategy.js'

/** What strict limits want of a live decision: worked out once, when a strategy is loaded. */
export interface LimitPlan {
  /** By channel. */
  readonly contacts: readonly ContactPlan[]
  /** Strict quotas by offer (its own, its group's and its issue's), channel and placement. */
  readonly ofOffer: ReadonlyArray<readonly Quota[]>
  readonly ofChannel: ReadonlyArray<readonly Quota[]>
  readonly ofPlacement: ReadonlyArray<readonly Quota[]>
}

/** The strict contact policies that hold in a channel, and the interactions that their reservations wait for. */
export interface ContactPlan {
  /** Numbers of the policies. */
  readonly policies: readonly number[]
  readonly expected: ReadonlyArray<{
    /** Type position. */
    readonly type: number
    readonly reserveMs: number
  }>
}

/** Whose reservations are made, and when. */
export interface Promising {
  readonly decisionId: string
  readonly nowMs: number
  /** Position of the decision's channel. */
  readonly channel: number
  /** Type position of the interaction that the decision itself is; NO_INDEX where it is none. */
  readonly counted: number
}

/** undefined for a strategy without strict limits, whose decisions reserve nothing. */
export function planLimits(strategy: Strategy): LimitPlan | undefined {
  const { contactPolicies, quotas, channels, placements, offers } = strategy
  if (![...contactPolicies, ...quotas].some(({ strict }) => strict)) return undefined
  const strictOf = (owner: { readonly quotas: readonly number[] }) =>
    owner.quotas.map(number => quotas[number]!).filter(({ strict }) => strict)
  return {
    contacts: channels.map(({ index }) => planContacts(strategy, index)),
    ofOffer: offers.map(strictOf),
    ofChannel: channels.map(strictOf),
    ofPlacement: placements.map(strictOf)
  }
}

/** A policy waits for the first type that it counts; policies that wait for the same one share the longest reservation. */
function planContacts({ contactPolicies, lexicon }: Strategy, channel: number): ContactPlan {
  const policies: number[] = []
  const longestMs = new Map<number, number>()
  for (const { index, strict, channels, countedTypes, reserveMs } of contactPolicies) {
    if (!strict || (channels !== undefined && channels[channel] !== 1)) continue
    policies.push(index)
    const type = lexicon.types.indexOf(countedTypes[0] ?? '')
    if (type !== NO_INDEX) longestMs.set(type, Math.max(reserveMs, longestMs.get(type) ?? 0))
  }
  return { policies, expected: Array.from(longestMs, ([type, reserveMs]) => ({ type, reserveMs })) }
}

/** What the strict contact policies of a channel need for one offer. */
export function reservationsFor(
  plan: LimitPlan,
  { decisionId, nowMs, channel }: Promising,
  offer: Offer
): Reservation[] {
  const id = reservationId(decisionId, offer.id)
  return plan.contacts[channel]!.expected.map(({ type, reserveMs }) => ({
    id,
    offer: offer.index,
    type,
    channel,
    atMs: nowMs,
    untilMs: nowMs + reserveMs
  }))
}

/** What strict quotas need for one offer in one placement. What the decision itself is, is counted at once. */
export function claimsFor(
  plan: LimitPlan,
  { decisionId, nowMs, channel, counted }: Promising,
  offer: Offer,
  placement: Placement
): QuotaClaim[] {
  const id = reservationId(decisionId, offer.id)
  const claims: QuotaClaim[] = []
  for (const quota of quotasFor(plan, channel, offer, placement)) {
    const amount = amountOf(quota, offer)
    // Nothing is taken of a money quota by what costs nothing.
    if (amount === 0) continue
    const untilMs = quota.counts === counted ? 0 : nowMs + quota.reserveMs
    claims.push({ quota, id, amount, atMs: nowMs, untilMs })
  }
  return claims
}

/** Pieces, or minor units of money, that one offer takes of a quota. */
export function amountOf(quota: Pick<Quota, 'money'>, offer: Offer): number {
  return quota.money ? offer.costMinor : 1
}

function quotasFor(
  { ofOffer, ofChannel, ofPlacement }: LimitPlan,
  channel: number,
  offer: Offer,
  placement: Placement
): Quota[] {
  return [...ofOffer[offer.index]!, ...ofChannel[channel]!, ...ofPlacement[placement.index]!]
}
