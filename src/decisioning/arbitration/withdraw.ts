import { reservationId, type QuotaClaim, type Reservation } from '../../domain/limits.js'
import type { Offer, Quota, Strategy } from '../../policy/strategy.js'
import type { Asked } from '../asked.js'
import { end, stageNumber } from '../candidates.js'
import type { Outcome } from '../choose.js'
import { suppressions } from '../limits/contact-policies.js'
import { amountOf } from '../limits/limit-plan.js'
import type { CustomerState } from '../ports.js'

/** A contest from which strict limits take offers out, before its placements are filled again. */
export interface Withdrawals {
  readonly strategy: Strategy
  readonly asked: Asked
  readonly decisionId: string
  readonly outcome: Outcome
  /** By contestant: 1 for those that limits have ended. */
  readonly withdrawn: Uint8Array
}

/** An offer of a contest. */
export interface Contender {
  readonly contestant: number
  readonly offer: Offer
}

/** All offers that still compete, the best first. */
export function* contenders({ strategy, outcome, withdrawn }: Withdrawals): Generator<Contender> {
  const { candidates, contest } = outcome
  for (const contestant of contest.order) {
    if (withdrawn[contestant] === 1) continue
    yield {
      contestant,
      offer: strategy.offers[candidates.offers[contest.positions[contestant]!]!]!
    }
  }
}

/** Ends an offer at a limit: it is not filled in any more. */
export function withdraw(
  { outcome, withdrawn }: Withdrawals,
  { contestant }: Contender,
  stage: number,
  cause: number
): void {
  withdrawn[contestant] = 1
  end(outcome.candidates, outcome.contest.positions[contestant]!, stage, cause)
}

/**
 * Ends those of the winners, the best first, that strict contact policies forbid in the customer's present state and beside the
 * better ones; then all others that could not be shown beside the winners that stay, so that filling again finds better ones.
 * False where all winners may stay: then nobody was ended.
 */
export function withdrawSuppressed(
  from: Withdrawals,
  { history, reserved }: CustomerState,
  winners: readonly Contender[],
  reservationsFor: (offer: Offer) => Reservation[]
): boolean {
  const { strategy, asked } = from
  const promised = [...reserved]
  const suppressed = () => suppressions(strategy, asked, { history, reserved: promised }, 'strict')
  const kept = new Set<number>()
  for (const { contestant, offer } of winners) {
    if (suppressed().causeOf(offer.index) >= 0) continue
    kept.add(contestant)
    promised.push(...reservationsFor(offer))
  }
  if (kept.size === winners.length) return false
  const { causeOf } = suppressed()
  for (const contender of contenders(from)) {
    const policy = kept.has(contender.contestant) ? -1 : causeOf(contender.offer.index)
    if (policy >= 0) withdraw(from, contender, stageNumber.contact, policy)
  }
  return true
}

/** Numbers of the contact policies that have taken offers out. */
export function suppressingPolicies({ outcome, withdrawn }: Withdrawals): Set<number> {
  const { candidates, contest } = outcome
  const positions = contest.positions.filter((_, contestant) => withdrawn[contestant] === 1)
  const suppressed = positions.filter(at => candidates.stages[at] === stageNumber.contact)
  return new Set(Array.from(suppressed, at => candidates.causes[at]!))
}

/** Lets those compete again that contact policies have taken out: whom they stood beside may have gone. False where there are none. */
export function readmitSuppressed({ outcome, withdrawn }: Withdrawals): boolean {
  const { candidates, contest } = outcome
  let any = false
  for (const contestant of contest.order) {
    const stage = candidates.stages[contest.positions[contestant]!]
    if (withdrawn[contestant] === 0 || stage !== stageNumber.contact) continue
    withdrawn[contestant] = 0
    any = true
  }
  return any
}

/**
 * Takes out those whose claims were refused, the best first, with everybody that the same quota would refuse. Where a better offer
 * gives its share of that quota back, since another one refused it, the refusal is not the last word: it is asked again.
 */
export function withdrawRefused(
  from: Withdrawals,
  refused: readonly QuotaClaim[],
  held: readonly QuotaClaim[]
): void {
  const losers = new Set(refused.map(({ id }) => id))
  const givenBack = new Set<number>()
  for (const { quota, id, amount } of refused) {
    for (const claim of held) if (claim.id === id) givenBack.add(claim.quota.index)
    if (givenBack.has(quota.index)) continue
    const holders = held.filter(claim => claim.quota === quota && !losers.has(claim.id))
    withdrawFromQuota(from, from.strategy.quotas[quota.index]!, amount, holders)
  }
}

/**
 * Takes out all that would ask a quota for an amount or more and hold nothing of it.
 * A placement's quota only closes that placement to an offer, which may still stand in another.
 */
export function withdrawFromQuota(
  from: Withdrawals,
  quota: Quota,
  amount: number,
  holders: readonly QuotaClaim[] = []
): void {
  const { asked, decisionId, outcome } = from
  const { contest, candidates } = outcome
  const holding = new Set(holders.map(({ id }) => id))
  const room = roomOf(asked, quota)
  for (const contender of contenders(from)) {
    const { contestant, offer } = contender
    if (amountOf(quota, offer) < amount || holding.has(reservationId(decisionId, offer.id)))
      continue
    const position = contest.positions[contestant]!
    if (room > 0) candidates.rooms[position]! &= ~room
    if (room > 0 ? candidates.rooms[position] === 0 : isFor(quota, asked, offer))
      withdraw(from, contender, stageNumber.quota, quota.index)
  }
}

/** The bit in Candidates.rooms of the placement that a quota stands in; 0 where it stands elsewhere. */
function roomOf(asked: Asked, { index }: Quota): number {
  const at = asked.placements.findIndex(({ placement }) => placement.quotas.includes(index))
  return at < 0 ? 0 : 1 << at
}

/** Whether a quota stands in an offer, its group or issue, or in the decision's channel. */
function isFor({ index }: Quota, { channel }: Asked, { quotas }: Offer): boolean {
  return quotas.includes(index) || channel.quotas.includes(index)
}
