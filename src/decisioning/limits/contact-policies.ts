import type { History } from '../../domain/history.js'
import { INTERACTION_TYPES } from '../../domain/interaction.js'
import type { Reservation } from '../../domain/limits.js'
import type { ContactPolicy, Strategy } from '../../policy/strategy.js'
import type { Asked } from '../asked.js'
import { planOf, type ContactPlan, type Scope, type Stream } from './contact-plan.js'
import type { CustomerState } from '../ports.js'

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
  const { nowMs, live, channel } = moment
  const plan = planOf(strategy)
  takeMarksAway(plan)
  const enforced = plan.enforced[channel.index]!
  if (enforced.length > 0) {
    const evaluation = {}
    const promised = withReserved(customer, nowMs)
    for (const { policy, stream } of enforced) {
      if (policy.strict) stream.fill(promised, live ? Infinity : nowMs, evaluation)
      else if (only === 'all') stream.fill(customer.history, nowMs, evaluation)
      else continue
      if (policy.suppressForMs !== undefined)
        foldSuppressions(plan, policy, policy.suppressForMs, stream, nowMs)
      else if (policy.channels === undefined && customer.history.older.length > 0)
        countWithHours(plan, policy, stream, customer.history.older, nowMs)
      else countWindow(plan, policy, stream, nowMs)
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

/** Counts what lies in the window, by scope, and marks the scopes that have met the limit. */
function countWindow(
  plan: ContactPlan,
  policy: ContactPolicy,
  stream: Stream,
  nowMs: number
): void {
  const { timesMs, length } = stream
  const { limit } = policy
  const sinceMs = policy.window.startMs(nowMs)
  // All scopes together have not met it: nearly always the end of it.
  if (length < limit || timesMs[limit - 1]! <= sinceMs) return
  if (policy.scope === 'all') {
    mark(plan, 'all', 0, policy.index)
    return
  }
  const { offers } = stream
  const { counts } = plan
  const scopeOf = plan.scopeOf[policy.scope]
  const unknown = plan.unknown[policy.scope]
  let end = 0
  for (; end < length && timesMs[end]! > sinceMs; end++) {
    const scope = scopeOf[offers[end]!]!
    if (++counts[scope]! === limit && scope !== unknown)
      mark(plan, policy.scope, scope, policy.index)
  }
  for (let i = 0; i < end; i++) counts[scopeOf[offers[i]!]!] = 0
}

/** The same for a customer of whom more is known than the list holds: counts by the hour. */
function countWithHours(
  plan: ContactPlan,
  policy: ContactPolicy,
  { timesMs, offers, length }: Stream,
  hours: History['older'],
  nowMs: number
): void {
  const scopeOf = plan.scopeOf[policy.scope]
  const sinceMs = policy.window.startMs(nowMs)
  const counts = new Map<number, number>()
  const add = (scope: number, count: number) => counts.set(scope, (counts.get(scope) ?? 0) + count)
  for (let i = 0; i < length && timesMs[i]! > sinceMs; i++) add(scopeOf[offers[i]!]!, 1)
  for (const { startMs, type, offer, count } of hours) {
    // Of an hour that the window begins in, nobody knows more than its count: all of it counts, so that no limit is exceeded.
    if (startMs + HOUR_MS - 1 <= sinceMs || startMs > nowMs || policy.counts[type] !== 1) continue
    add(scopeOf[offer + 1]!, count)
  }
  for (const [scope, count] of counts) {
    if (count >= policy.limit && scope !== plan.unknown[policy.scope])
      mark(plan, policy.scope, scope, policy.index)
  }
}

/** Folds the events in order of time into suppressions, by scope, and marks those that have not ended. */
function foldSuppressions(
  plan: ContactPlan,
  policy: ContactPolicy,
  suppressForMs: number,
  stream: Stream,
  nowMs: number
): void {
  const { timesMs, offers, length, next } = stream
  const { window, limit } = policy
  if (length < limit) return
  const { counts, untilsMs, oldest, newest } = plan
  const scopeOf = plan.scopeOf[policy.scope]
  const rolling = window.kind === 'rolling'
  for (let i = length - 1; i >= 0; i--) {
    const scope = scopeOf[offers[i]!]!
    const timeMs = timesMs[i]!
    if (timeMs < untilsMs[scope]!) continue
    const sinceMs = rolling ? timeMs - window.lengthMs : window.startMs(timeMs)
    while (counts[scope]! > 0 && timesMs[oldest[scope]!]! <= sinceMs) {
      oldest[scope] = next[oldest[scope]!]!
      counts[scope]!--
    }
    if (counts[scope] === 0) oldest[scope] = i
    else next[newest[scope]!] = i
    newest[scope] = i
    if (++counts[scope]! < limit) continue
    counts[scope] = 0
    untilsMs[scope] = timeMs + suppressForMs
  }
  const unknown = plan.unknown[policy.scope]
  for (let i = 0; i < length; i++) {
    const scope = scopeOf[offers[i]!]!
    if (untilsMs[scope]! > nowMs && scope !== unknown) mark(plan, policy.scope, scope, policy.index)
    counts[scope] = 0
    untilsMs[scope] = -Infinity
  }
}

/** `later` holds its offer back until the time that was named, whatever the policies say. */
function markLater(plan: ContactPlan, history: History, { nowMs, live }: Moment): void {
  const { length, untilsMs, types, timesMs, offers } = history
  const lastMs = live ? Infinity : nowMs
  for (let i = 0; i < length; i++) {
    if (untilsMs[i]! > nowMs && types[i] === LATER && timesMs[i]! <= lastMs && offers[i]! >= 0)
      mark(plan, 'offer', offers[i]!, plan.policies.length)
  }
}

function mark(plan: ContactPlan, scope: Scope, number: number, cause: number): void {
  // The first policy was evaluated first.
  if (plan.marks[scope][number] !== 0) return
  plan.marks[scope][number] = cause + 1
  plan.marked.push([scope, number])
}

function takeMarksAway({ marks, marked }: ContactPlan): void {
  for (const [scope, number] of marked) marks[scope][number] = 0
  marked.length = 0
}

function causeOf({ marks, scopeOf: { group, issue } }: ContactPlan, offer: number): number {
  const own = earlier(marks.offer[offer]!, marks.group[group[offer + 1]!]!)
  return earlier(earlier(own, marks.issue[issue[offer + 1]!]!), marks.all[0]!) - 1
}

/** Of two marks the one of the policy that comes first; 0 is none. */
function earlier(one: number, other: number): number {
  return one === 0 || (other !== 0 && other < one) ? other : one
}
