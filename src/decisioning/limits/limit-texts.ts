import { durationText } from '../../policy/duration.js'
import { minorUnits } from '../../policy/money.js'
import type {
  ContactPolicy,
  Exclusions,
  Influencer,
  Quota,
  Strategy
} from '../../policy/strategy.js'

/** Limits in a person's words. */

/** `at most 3 impression per offer in 7d on web, app`. */
export function contactText(policy: ContactPolicy, { channels }: Strategy): string {
  const { limit, countedTypes, scope, window, suppressForMs } = policy
  const per = scope === 'all' ? 'over all offers' : `per ${scope}`
  const on = channels.filter(({ index }) => policy.channels?.[index] === 1).map(({ id }) => id)
  const where = on.length === 0 ? '' : ` on ${on.join(', ')}`
  const then = suppressForMs === undefined ? '' : `, then none for ${durationText(suppressForMs)}`
  return `at most ${limit} ${countedTypes.join(' or ')} ${per} in ${spanText(window.text)}${where}${then}`
}

/** `at most 1000 accept of offer gold-card in a day`, `at most 50000 EUR by accept of group cards in total`. */
export function quotaText(quota: Quota, { currency }: Strategy): string {
  const { limit, money, countedType, owner, window } = quota
  const what = money
    ? `${limit / minorUnits(currency)} ${currency} by ${countedType}`
    : `${limit} ${countedType}`
  const where = owner.kind === 'channel' || owner.kind === 'placement' ? 'in' : 'of'
  return `at most ${what} ${where} ${owner.kind} ${owner.id} in ${spanText(window.text)}`
}

/** `not for 30d after accept of mortgage`. */
export function exclusionText(
  { countedType, of, forMs }: Exclusions['after'][number],
  { offers }: Strategy
): string {
  return `not for ${durationText(forMs)} after ${countedType} of ${offers[of]?.id ?? ''}`
}

/** `lever from 20 to 0 over 7d after later, of the same offer`. */
export function influencerText(
  { countedType, target, from, to, overMs }: Influencer,
  { offers }: Strategy
): string {
  const whose =
    target === 'same'
      ? 'the same offer'
      : target === 'any'
        ? 'any offer'
        : (offers[target]?.id ?? '')
  return `lever from ${from} to ${to} over ${durationText(overMs)} after ${countedType}, of ${whose}`
}

function spanText(window: string): string {
  return window === 'day' || window === 'week' || window === 'month' ? `a ${window}` : window
}
