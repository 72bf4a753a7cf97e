import { NO_INDEX, type History } from '../../domain/history.js'
import { INTERACTION_TYPES } from '../../domain/interaction.js'
import type { ContactPolicy, Strategy } from '../../policy/strategy.js'
import { withReserved, type Contacts, type Moment } from './contact-policies.js'

/** Where a customer stands with a contact policy in one of its scopes, for people. */
export interface ContactStanding {
  /** What counts now: what started the running suppression, else what lies in the window and is not spent. */
  readonly count: number
  /** Until when nothing of the scope is shown, exclusive; -Infinity while it is open. */
  readonly suppressedUntilMs: number
  /** The interactions that count, newest first, as far as they are kept one by one. */
  readonly filledBy: readonly Contact[]
}

/** One interaction; type and offer are positions in the lexicon. */
export interface Contact {
  readonly timeMs: number
  readonly type: number
  readonly offer: number
}

const HOUR_MS = 3_600_000
const LATER = INTERACTION_TYPES.indexOf('later')

/** The number of the scope that an offer belongs to; NO_INDEX where an unknown offer belongs to none. */
export function scopeNumber({ offers }: Strategy, { scope }: ContactPolicy, offer: number): number {
  if (scope === 'all') return 0
  const known = offers[offer]
  if (known === undefined) return NO_INDEX
  if (scope === 'group') return known.groupIndex
  return scope === 'issue' ? known.issueIndex : known.index
}

/** Tells how a scope of a policy came to where it stands. `suppressions` decides the same for all scopes at once. */
export function contactStanding(
  strategy: Strategy,
  policy: ContactPolicy,
  scope: number,
  customer: Contacts,
  moment: Pick<Moment, 'nowMs' | 'live'>
): ContactStanding {
  const { nowMs } = moment
  const lastMs = policy.strict && moment.live ? Infinity : nowMs
  const history = policy.strict ? withReserved(customer, nowMs) : customer.history
  const isOfScope = (type: number, offer: number) =>
    policy.counts[type] === 1 && scopeNumber(strategy, policy, offer) === scope
  const contacts = contactsOf(history, policy).filter(
    ({ type, offer, timeMs }) => timeMs <= lastMs && isOfScope(type, offer)
  )
  if (policy.suppressForMs !== undefined)
    return folded(policy, policy.suppressForMs, contacts, nowMs)
  const older = policy.channels === undefined ? history.older : []
  const hours = older.filter(hour => hour.startMs <= lastMs && isOfScope(hour.type, hour.offer))
  return inWindow(policy, contacts, hours, nowMs)
}

/** Until when `later` holds an offer back, and by which interaction; undefined where it does not. */
export function laterStanding(
  offer: number,
  { history }: Contacts,
  { nowMs, live }: Pick<Moment, 'nowMs' | 'live'>
): { readonly untilMs: number; readonly by: Contact } | undefined {
  let latest = -1
  for (let i = 0; i < history.length; i++) {
    if (history.types[i] !== LATER || history.offers[i] !== offer) continue
    if (history.untilsMs[i]! <= nowMs || (!live && history.timesMs[i]! > nowMs)) continue
    if (latest < 0 || history.untilsMs[i]! > history.untilsMs[latest]!) latest = i
  }
  if (latest < 0) return undefined
  const by = { timeMs: history.timesMs[latest]!, type: LATER, offer }
  return { untilMs: history.untilsMs[latest]!, by }
}

/** What happened in the policy's channels, newest first. */
function contactsOf(history: History, { channels }: ContactPolicy): Contact[] {
  const contacts: Contact[] = []
  for (let i = 0; i < history.length; i++) {
    if (channels !== undefined && channels[history.channels[i]!] !== 1) continue
    const { timesMs, types, offers } = history
    contacts.push({ timeMs: timesMs[i]!, type: types[i]!, offer: offers[i]! })
  }
  return contacts
}

/** Folds in order of time: the limit-th within the window starts a suppression and spends them all. */
function folded(
  { window, limit }: ContactPolicy,
  suppressForMs: number,
  newestFirst: readonly Contact[],
  nowMs: number
): ContactStanding {
  let suppressedUntilMs = -Infinity
  let unspent: Contact[] = []
  let filledBy: Contact[] = []
  for (const contact of newestFirst.toReversed()) {
    if (contact.timeMs < suppressedUntilMs) continue
    const sinceMs = window.startMs(contact.timeMs)
    unspent = [contact, ...unspent.filter(({ timeMs }) => timeMs > sinceMs)]
    if (unspent.length < limit) continue
    suppressedUntilMs = contact.timeMs + suppressForMs
    filledBy = unspent
    unspent = []
  }
  if (suppressedUntilMs > nowMs) return { count: filledBy.length, suppressedUntilMs, filledBy }
  const sinceMs = window.startMs(nowMs)
  const left = unspent.filter(({ timeMs }) => timeMs > sinceMs)
  return { count: left.length, suppressedUntilMs: -Infinity, filledBy: left }
}

/** Counts what lies in the window, hours that it begins in as a whole. */
function inWindow(
  { window, limit }: ContactPolicy,
  newestFirst: readonly Contact[],
  hours: History['older'],
  nowMs: number
): ContactStanding {
  const sinceMs = window.startMs(nowMs)
  const filledBy = newestFirst.filter(({ timeMs }) => timeMs > sinceMs)
  const inHours = hours
    .map(({ startMs, count }) => ({ lastMs: startMs + HOUR_MS - 1, count }))
    .filter(({ lastMs }) => lastMs > sinceMs)
    .sort((a, b) => b.lastMs - a.lastMs)
  const count = inHours.reduce((sum, hour) => sum + hour.count, filledBy.length)
  if (count < limit) return { count, suppressedUntilMs: -Infinity, filledBy }
  if (window.kind !== 'rolling') return { count, suppressedUntilMs: window.endMs(nowMs), filledBy }
  // It frees when the limit-th newest has left the window.
  let left = limit - filledBy.length
  const lastOne =
    filledBy[limit - 1]?.timeMs ?? inHours.find(hour => (left -= hour.count) <= 0)?.lastMs ?? nowMs
  return { count, suppressedUntilMs: lastOne + window.lengthMs, filledBy }
}
