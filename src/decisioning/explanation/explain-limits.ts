import { stageNumber } from '../candidates.js'
import type { ContactNote } from '../limits/limit-notes.js'
import type { Legend, LegendLimit } from '../trace/legend.js'
import { formatTime } from '../times.js'
import type { Trace } from '../trace/trace.js'

/**
 * Members of an outcome that a contact policy, `later`, an exclusion or a quota has removed: the rule and what it stood at.
 * Begins with a comma; undefined for other stages.
 */
export function limitText(
  offer: number,
  position: number,
  trace: Trace,
  legend: Legend,
  full: boolean
): string | undefined {
  const cause = trace.causes[position]!
  switch (trace.stages[position]!) {
    case stageNumber.contact:
      return contactText(offer, cause, trace, legend, full)
    case stageNumber.exclusion:
      return exclusionText(cause, trace, legend)
    case stageNumber.quota:
      return quotaText(cause, trace, legend)
    default:
      return undefined
  }
}

function contactText(
  offer: number,
  cause: number,
  trace: Trace,
  legend: Legend,
  full: boolean
): string {
  const { id, group, issue } = legend.offers[offer]!
  const policy = legend.contactPolicies[cause]
  const rule = policy ?? { text: '`later` holds the offer back until the time that was named' }
  const names: readonly string[] = [id, group, issue, 'all']
  const note = trace
    .limits()
    ?.contacts.find(
      ([number, scope]) => number === cause && scope === scopeOf(policy?.scope, names)
    )
  if (note === undefined) return ruleOf(rule)
  const [, scope, count, untilMs] = note
  const limit = policy === undefined ? {} : { scope, count, limit: policy.limit }
  const until = untilMs === null ? {} : { suppressedUntil: formatTime(untilMs) }
  const interactions = full ? { interactions: interactionsOf(note, legend) } : {}
  return `${ruleOf(rule)}${membersOf({ ...limit, ...until, ...interactions })}`
}

function scopeOf(scope: string | undefined, names: readonly string[]): string | undefined {
  return names[['offer', 'group', 'issue', 'all'].indexOf(scope ?? 'offer')]
}

/** The interactions that filled it, the newest first. */
function interactionsOf([, , , , filledBy]: ContactNote, { types, offers }: Legend): object[] {
  const shown: object[] = []
  for (let i = 0; i < filledBy.length; i += 3) {
    const offerId = offers[filledBy[i + 2]!]?.id
    shown.push({
      type: types[filledBy[i + 1]!],
      ...(offerId === undefined ? {} : { offerId }),
      time: formatTime(filledBy[i]!)
    })
  }
  return shown
}

function exclusionText(cause: number, trace: Trace, legend: Legend): string {
  const rule = legend.exclusions[cause]!
  const timeMs = trace.limits()?.exclusions.find(([number]) => number === cause)?.[1]
  if (timeMs === undefined || !Number.isFinite(timeMs)) return ruleOf(rule)
  return `${ruleOf(rule)}${membersOf({
    suppressedUntil: formatTime(timeMs + rule.forMs),
    interactions: [
      { type: rule.type, offerId: legend.offers[rule.of]?.id, time: formatTime(timeMs) }
    ]
  })}`
}

function quotaText(cause: number, trace: Trace, legend: Legend): string {
  const rule = legend.quotas[cause]!
  const note = trace.limits()?.quotas.find(([number]) => number === cause)
  if (note === undefined) return ruleOf(rule)
  const [, taken, mayFreeMs] = note
  const frees = mayFreeMs === null ? {} : { mayFree: formatTime(mayFreeMs) }
  return `${ruleOf(rule)}${membersOf({ count: taken / rule.unit, limit: rule.limit / rule.unit, ...frees })}`
}

function ruleOf({ id, text, place }: Partial<LegendLimit> & { readonly text: string }): string {
  return `,"rule":${JSON.stringify({ id, text, place })}`
}

function membersOf(members: object): string {
  const text = JSON.stringify(members).slice(1, -1)
  return text === '' ? '' : `,${text}`
}

/** The influencers that moved levers, once; outcomes refer to them by their place in the list. */
export function influencersText({ contest }: Trace, legend: Legend): string {
  const moves = contest?.moves ?? []
  if (moves.length === 0) return ''
  const shown = moves.map(({ influencer }) => legend.influencers[influencer])
  return `,"influencers":${JSON.stringify(shown)}`
}

/** How much each of them moved the lever of an offer, in percent: `[[0,12.5]]`, by place in the list. */
export function movesOf({ contest }: Trace, offer: number): string {
  const moved = (contest?.moves ?? []).flatMap(({ percent, offers }, i) => {
    const own = offers === undefined ? percent : offers.find(([of]) => of === offer)?.[1]
    return own === undefined ? [] : [[i, Number(own.toFixed(6))]]
  })
  return JSON.stringify(moved)
}
