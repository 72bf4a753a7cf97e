import type { History } from '../domain/history.js'
import { INTERACTION_TYPES } from '../domain/interaction.js'
import type { Reservation } from '../domain/limits.js'
import type { ContactPolicy, Strategy } from '../policy/strategy.js'
import type { Asked } from './asked.js'
import { planOf, type ContactPlan, type Scope } from './contact-plan.js'
import type { CustomerState } from './ports.js'

/** When and where a decision is made; `live` ones are shown to somebody. */
export type Moment = Pick<Asked, 'channel' | 'nowMs' | 'live'>

/** What contact policies look at. */
export type Contacts = Pick<CustomerState, 'history' | 'reserved'>

/**
 * Which offers a customer may not be shown now, by contact policies and by `later`.
 * To be read at once: the next evaluation for the same strategy writes over it.
 */
export interface Suppressions {
  readonly any: boolean
  /** The number of the first contact policy that suppresses the offer; how many policies there are for `later`; -1 for none. */
  causeOf(offer: number): number
}

const LATER = INTERACTION_TYPES.indexOf('later')
const HOUR_MS = 3_600_000

/**
 * Evaluates the contact policies that hold in the channel, in one pass over the history for each.
 *
 * Without suppressFor a scope is suppressed while at least `limit` counted interactions lie in the window. With it, interactions are
 * folded in order of time: the limit-th one within the window starts a suppression and spends them all, and what happens during
 * a suppression counts for nothing.
 *
 * An open reservation counts for strict policies like the interaction that it waits for. A live decision lets them count what is dated
 * after its own moment too: other decisions may have been made between that moment and the load.
 * @param only strict: as if there were no other policies and no `later`
 */
export function suppressions(
  strategy: Strategy,
  moment: Moment,
  customer: Contacts,
  only: 'all' | 'strict' = 'all'
): Suppressions {
  const plan = planOf(strategy)
  takeMarksAway(plan)
  const enforced = plan.enforced[moment.channel.index]!
  if (enforced.length > 0) {
    const events = countedEvents(plan, customer.history)
    const promised = customer.reserved.some(({ untilMs }) => untilMs > moment.nowMs)
      ? countedEvents(plan, withReserved(customer, moment.nowMs))
      : events
    for (const policy of enforced) {
      if (policy.strict) markScopes(plan, policy, promised, moment)
      else if (only === 'all') markScopes(plan, policy, events, moment)
    }
  }
  if (only === 'all') markLater(plan, customer.history, moment)
  return { any: plan.marked.length > 0, causeOf: offer => causeOf(plan, offer) }
}

/**
 * Which of the offers strict contact policies forbid, given what is known of the customer now: for offers that were chosen
 * from an older state. Reservations that the same decision is about to make can be tried by adding them to `customer.reserved`.
 */
export function strictlySuppressed(
  strategy: Strategy,
  moment: Moment,
  customer: Contacts,
  offers: readonly number[]
): number[] {
  const { any, causeOf } = suppressions(strategy, moment, customer, 'strict')
  return any ? offers.filter(offer => causeOf(offer) >= 0) : []
}

/** The history as strict policies see it: with the interactions that open reservations wait for. */
export function withReserved({ history, reserved }: Contacts, nowMs: number): History {
  return reserved.reduce(
    (grown, reservation) =>
      reservation.untilMs > nowMs ? grown.with(expected(reservation, nowMs)) : grown,
    history
  )
}

/** Clocks of processes differ: what another one has just promised may lie ahead. */
function expected({ type, offer, channel, atMs }: Reservation, nowMs: number) {
  return { timeMs: Math.min(atMs, nowMs), type, offer, channel, untilMs: 0 }
}

/** The events of a history that some policy counts, newest first, in columns. */
interface CountedEvents {
  readonly count: number
  readonly timesMs: Float64Array
  readonly types: Int32Array
  readonly offers: Int32Array
  readonly channels: Int32Array
  readonly older: History['older']
}

function countedEvents({ counted }: ContactPlan, history: History): CountedEvents {
  const { length, older } = history
  const timesMs = new Float64Array(length)
  const types = new Int32Array(length)
  const offers = new Int32Array(length)
  const channels = new Int32Array(length)
  let count = 0
  for (let i = 0; i < length; i++) {
    const type = history.types[i]!
    if (counted[type] !== 1) continue
    timesMs[count] = history.timesMs[i]!
    types[count] = type
    offers[count] = history.offers[i]!
    channels[count++] = history.channels[i]!
  }
  return { count, timesMs, types, offers, channels, older }
}

function markScopes(
  plan: ContactPlan,
  policy: ContactPolicy,
  events: CountedEvents,
  { nowMs, live }: Moment
): void {
  const lastMs = policy.strict && live ? Infinity : nowMs
  const met =
    policy.suppressForMs === undefined
      ? countWindow(plan, policy, events, nowMs, lastMs)
      : foldSuppressions(plan, policy, policy.suppressForMs, events, lastMs)
  for (let i = 0; i < met; i++) {
    const scope = plan.touched[i]!
    const suppressed =
      policy.suppressForMs === undefined
        ? plan.counts[scope]! >= policy.limit
        : plan.untilsMs[scope]! > nowMs
    if (suppressed) mark(plan, policy.scope, scope, policy.index)
    plan.counts[scope] = 0
    plan.untilsMs[scope] = -Infinity
  }
}

/** Counts what lies in the window, by scope. Answers how many scopes were met. */
function countWindow(
  plan: ContactPlan,
  policy: ContactPolicy,
  events: CountedEvents,
  nowMs: number,
  lastMs: number
): number {
  const { counts, touched } = plan
  const { timesMs } = events
  const sinceMs = policy.window.startMs(nowMs)
  let met = 0
  for (let i = 0; i < events.count && timesMs[i]! > sinceMs; i++) {
    if (timesMs[i]! > lastMs) continue
    const scope = scopeOf(plan, policy, events, i)
    if (scope >= 0 && counts[scope]!++ === 0) touched[met++] = scope
  }
  if (policy.channels !== undefined) return met
  for (const { startMs, type, offer, count } of events.older) {
    // Of an hour that the window begins in, nobody knows more than its count: all of it counts, so that no limit is exceeded.
    if (startMs + HOUR_MS - 1 <= sinceMs || startMs > lastMs || policy.counts[type] !== 1) continue
    const scope = offer < 0 ? scopeWithoutOffer(policy) : plan.scopeOf[policy.scope][offer]!
    if (scope < 0) continue
    if (counts[scope] === 0) touched[met++] = scope
    counts[scope]! += count
  }
  return met
}

/** Folds the events in order of time into suppressions, by scope. Answers how many scopes were met. */
function foldSuppressions(
  plan: ContactPlan,
  policy: ContactPolicy,
  suppressForMs: number,
  events: CountedEvents,
  lastMs: number
): number {
  const { counts, untilsMs, oldest, newest, touched } = plan
  const { timesMs } = events
  /** By event: the next one of its scope that is not spent. */
  const next = new Int32Array(events.count)
  let met = 0
  for (let i = events.count - 1; i >= 0 && timesMs[i]! <= lastMs; i--) {
    const scope = scopeOf(plan, policy, events, i)
    const timeMs = timesMs[i]!
    if (scope < 0 || timeMs < untilsMs[scope]!) continue
    const fresh = counts[scope] === 0 && untilsMs[scope] === -Infinity
    if (fresh) touched[met++] = scope
    const sinceMs = policy.window.startMs(timeMs)
    while (counts[scope]! > 0 && timesMs[oldest[scope]!]! <= sinceMs) {
      oldest[scope] = next[oldest[scope]!]!
      counts[scope]!--
    }
    if (counts[scope] === 0) oldest[scope] = i
    else next[newest[scope]!] = i
    newest[scope] = i
    if (++counts[scope]! < policy.limit) continue
    counts[scope] = 0
    untilsMs[scope] = timeMs + suppressForMs
  }
  return met
}

/** The scope that an event counts for; -1 where the policy does not count it. */
function scopeOf(
  plan: ContactPlan,
  policy: ContactPolicy,
  events: CountedEvents,
  i: number
): number {
  if (policy.counts[events.types[i]!] !== 1) return -1
  if (policy.channels !== undefined && policy.channels[events.channels[i]!] !== 1) return -1
  const offer = events.offers[i]!
  return offer < 0 ? scopeWithoutOffer(policy) : plan.scopeOf[policy.scope][offer]!
}

/** An offer that the strategy no longer has was a contact all the same. */
function scopeWithoutOffer({ scope }: ContactPolicy): number {
  return scope === 'all' ? 0 : -1
}

/** `later` holds its offer back until the time that was named, whatever the policies say. */
function markLater(plan: ContactPlan, history: History, { nowMs, live }: Moment): void {
  const { untilsMs, types, timesMs, offers } = history
  const lastMs = live ? Infinity : nowMs
  for (let i = 0; i < untilsMs.length; i++) {
    if (untilsMs[i]! > nowMs && types[i] === LATER && timesMs[i]! <= lastMs && offers[i]! >= 0)
      mark(plan, 'offer', offers[i]!, plan.policies.length)
  }
}

function mark(plan: ContactPlan, scope: Scope, number: number, cause: number): void {
  if (plan.marks[scope][number] !== 0) return
  plan.marks[scope][number] = cause + 1
  plan.marked.push([scope, number])
}

function takeMarksAway({ marks, marked }: ContactPlan): void {
  for (const [scope, number] of marked) marks[scope][number] = 0
  marked.length = 0
}

function causeOf({ marks, scopeOf: { group, issue } }: ContactPlan, offer: number): number {
  let first = 0
  for (const found of [
    marks.offer[offer]!,
    marks.group[group[offer]!]!,
    marks.issue[issue[offer]!]!,
    marks.all[0]!
  ]) {
    if (found !== 0 && (first === 0 || found < first)) first = found
  }
  return first - 1
}
