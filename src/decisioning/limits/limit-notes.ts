import type { Strategy } from '../../policy/strategy.js'
import type { Asked } from '../asked.js'
import { stageNumber, type Candidates } from '../candidates.js'
import { contactStanding, laterStanding, scopeNumber, type Contact } from './contact-standing.js'
import { lastWithin } from './keep-within-limits.js'
import type { CustomerState } from '../ports.js'

/** What the limits that removed candidates stood at, in the numbers of the legend, each once. Plain data, as it is stored. */
export interface LimitNotes {
  readonly contacts: readonly ContactNote[]
  readonly exclusions: readonly ExclusionNote[]
  readonly quotas: readonly QuotaNote[]
}

/** `later` has the number after the last policy. The scope is that of the policy, by name. filledBy: time, type and offer in turn. */
export type ContactNote = readonly [
  policy: number,
  scope: string,
  count: number,
  suppressedUntilMs: number | null,
  filledBy: readonly number[]
]
export type ExclusionNote = readonly [exclusion: number, timeMs: number]
/** Pieces, or minor units of money. */
export type QuotaNote = readonly [quota: number, taken: number, mayFreeMs: number | null]

/** Most interactions that are noted for one limit, the newest. */
const MOST_CONTACTS = 20

/** Notes what removed candidates at the stages contact, exclusion and quota; undefined where nothing did. */
export function noteLimits(
  strategy: Strategy,
  asked: Asked,
  customer: CustomerState,
  { count, offers, stages, causes }: Candidates
): LimitNotes | undefined {
  const contacts = new Map<string, ContactNote>()
  const exclusions = new Map<number, ExclusionNote>()
  const quotas = new Map<number, QuotaNote>()
  for (let i = 0; i < count; i++) {
    const cause = causes[i]!
    if (stages[i] === stageNumber.contact) {
      const scope = scopeName(strategy, cause, offers[i]!)
      const key = `${cause}:${scope}`
      if (!contacts.has(key))
        contacts.set(key, contactNote(strategy, asked, customer, cause, offers[i]!, scope))
    } else if (stages[i] === stageNumber.exclusion && !exclusions.has(cause)) {
      const timeMs = lastWithin(strategy.exclusions.after[cause]!, customer, asked)
      exclusions.set(cause, [cause, timeMs])
    } else if (stages[i] === stageNumber.quota && !quotas.has(cause)) {
      const { taken, mayFreeMs } = customer.quotas
      quotas.set(cause, [cause, taken[cause] ?? 0, orNull(mayFreeMs[cause] ?? Infinity)])
    }
  }
  if (contacts.size + exclusions.size + quotas.size === 0) return undefined
  return {
    contacts: [...contacts.values()],
    exclusions: [...exclusions.values()],
    quotas: [...quotas.values()]
  }
}

/** What a policy counts an offer under: the name of the offer, its group or its issue; `all`. */
function scopeName({ contactPolicies, offers }: Strategy, cause: number, number: number): string {
  const offer = offers[number]!
  const scope = contactPolicies[cause]?.scope ?? 'offer'
  return scope === 'all' ? scope : scope === 'offer' ? offer.id : offer[scope]
}

function contactNote(
  strategy: Strategy,
  asked: Asked,
  customer: CustomerState,
  cause: number,
  offer: number,
  scope: string
): ContactNote {
  const policy = strategy.contactPolicies[cause]
  if (policy === undefined) {
    const later = laterStanding(offer, customer, asked)
    return [cause, scope, 1, later?.untilMs ?? null, flat(later === undefined ? [] : [later.by])]
  }
  const number = scopeNumber(strategy, policy, offer)
  const standing = contactStanding(strategy, policy, number, customer, asked)
  const { count, suppressedUntilMs, filledBy } = standing
  return [cause, scope, count, orNull(suppressedUntilMs), flat(filledBy.slice(0, MOST_CONTACTS))]
}

function flat(contacts: readonly Contact[]): number[] {
  return contacts.flatMap(({ timeMs, type, offer }) => [timeMs, type, offer])
}

function orNull(ms: number): number | null {
  return Number.isFinite(ms) ? ms : null
}
