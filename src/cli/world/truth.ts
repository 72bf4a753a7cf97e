import type { WorldCustomer } from './customer.js'
import { round } from './draw.js'
import { CHANNELS, GROUPS, OFFERS, type OfferTruth, TRAITS, type Trait } from './truth-table.js'

/**
 * The probability that a customer answers an offer positively, were it shown in the channel at this moment: the logistic
 * function of the offer's appeal, of traits and pairs of traits, of the channel, the device and what is on the
 * customer's mind, and of how open the customer is, which no attribute tells. Rounded to six digits.
 */
export function trueResponse(
  customer: WorldCustomer,
  offerId: string,
  channel: string,
  context: Readonly<Record<string, unknown>> = {}
): number {
  const truth = Object.hasOwn(OFFERS, offerId) ? OFFERS[offerId] : undefined
  if (truth === undefined) {
    throw new RangeError(
      `The world knows no offer ${offerId}; add it to src/cli/world/truth-table.ts.`
    )
  }
  const score =
    truth.base +
    ofTraits(truth, traitsOf(customer)) +
    ofTheMoment(truth, customer, channel, context) +
    0.35 * customer.hidden.openness
  return round(1 / (1 + Math.exp(-score)), 6)
}

function ofTraits(truth: OfferTruth, traits: Readonly<Record<Trait, number>>): number {
  let score = 0
  for (const trait of TRAITS) score += (truth.traits[trait] ?? 0) * traits[trait]
  for (const [one, other, weight] of truth.pairs ?? [])
    score += weight * traits[one] * traits[other]
  return score
}

function ofTheMoment(
  truth: OfferTruth,
  customer: WorldCustomer,
  channel: string,
  context: Readonly<Record<string, unknown>>
): number {
  const group = GROUPS[truth.group]
  let score = CHANNELS[truth.group]?.[channel] ?? 0
  if (context['device'] === 'mobile') score += group.mobile
  if (context['intent'] === group.intent) score += 0.9
  if (context['call_reason'] === 'complaint') score += group.afterComplaint
  const interest = truth.interest
  if (
    interest !== undefined &&
    customer.tags.some(tag => tag === interest || tag.startsWith(`${interest}/`))
  )
    score += 0.9
  // Interest fades within days of having looked.
  for (const { type, hoursAgo } of customer.events) {
    if (type === 'calculator' && truth.group === 'loans') score += 0.8 / (1 + hoursAgo / 96)
    if (type === 'complaint' && group.afterComplaint < 0) score -= 0.9 / (1 + hoursAgo / 480)
  }
  return score
}

function traitsOf({ attributes: a, hidden }: WorldCustomer): Record<Trait, number> {
  return {
    youth: rising((32 - a.age) / 6),
    midlife: 1 / (1 + ((a.age - 42) / 12) ** 2),
    senior: rising((a.age - 62) / 5),
    wealth: rising(Math.log((Math.max(a.balance, 0) + 1000) / 15_000)),
    earner: rising((hidden.income - 2800) / 700),
    strain: rising((a.overdraft_days - 10) / 4),
    online: rising((a.digital_days - 10) / 4),
    family: a.children / (a.children + 1),
    home: a.homeowner ? 1 : 0,
    loyal: a.tenure_months / (a.tenure_months + 60),
    spend: a.card_spend / (a.card_spend + 600),
    travel: a.foreign_spend / (a.foreign_spend + 120),
    thrift: rising(hidden.thrift)
  }
}

function rising(x: number): number {
  return 1 / (1 + Math.exp(-x))
}
