import type { Caller } from '../../domain/caller.js'
import type { CustomerKey } from '../../domain/customer.js'
import {
  isInteractionType,
  TELLABLE_TYPES,
  type CustomerEvent,
  type IncomingEvent
} from '../../domain/interaction.js'
import type { Strategy } from '../../policy/strategy.js'
import { parseEvent } from './event-schema.js'
import { unknownNameSentence } from '../faults.js'
import { FUTURE_TOLERANCE_MS, NOT_A_TIME, parseTime } from '../times.js'
import type { Tokens } from '../tokens.js'

/** Why one event is rejected. Stable: callers' programs read these. */
export type EventRejectionCode =
  | 'invalid_event'
  | 'invalid_time'
  | 'in_future'
  | 'unknown_type'
  | 'unknown_namespace'
  | 'unknown_offer'
  | 'unknown_channel'
  | 'token_required'
  | 'token_invalid'
  | 'token_expired'
  | 'token_mismatch'
  | 'forbidden'

export interface EventRejection {
  readonly code: EventRejectionCode
  readonly detail: string
}

/** Where and when an event is told. */
export interface Telling {
  readonly strategy: Strategy
  readonly tokens: Tokens
  readonly caller: Caller
  readonly nowMs: number
  /** Names an event that came without an id. */
  readonly freshId: () => string
}

/** What an event is about: from its token, or as the caller says. */
interface About {
  readonly customer: CustomerKey
  readonly channel?: string | undefined
  readonly offerId?: string | undefined
  readonly treatmentId?: string | undefined
  readonly placement?: string | undefined
  readonly decisionId?: string | undefined
}

/** Turns a told event into the one that is stored, or says why it cannot be. */
export function readEvent(raw: unknown, telling: Telling): CustomerEvent | EventRejection {
  const parsed = parseEvent(raw)
  if ('fault' in parsed) return invalid(parsed.fault)
  const { event } = parsed
  const unfit =
    checkType(event, telling) ?? checkTimes(event, telling) ?? checkMembers(event, telling)
  if (unfit !== undefined) return unfit
  const about =
    event.token === undefined ? saidAbout(event, telling) : tokenAbout(event, event.token, telling)
  if ('code' in about) return about
  return checkAccess(about, telling.caller) ?? stored(event, about, telling)
}

function checkType({ type }: IncomingEvent, { strategy }: Telling): EventRejection | undefined {
  if (type === 'decision') {
    return {
      code: 'unknown_type',
      detail: 'decisions are recorded by the service itself and cannot be told'
    }
  }
  if (isInteractionType(type) || strategy.behaviourTypes.has(type)) return undefined
  const known = [...TELLABLE_TYPES, ...strategy.behaviourTypes.keys()]
  return { code: 'unknown_type', detail: unknownNameSentence('event type', type, known) }
}

function checkTimes(
  { time, until }: IncomingEvent,
  { nowMs }: Telling
): EventRejection | undefined {
  const timeMs = time === undefined ? nowMs : parseTime(time)
  if (timeMs === undefined) return { code: 'invalid_time', detail: `time ${NOT_A_TIME}` }
  if (timeMs > nowMs + FUTURE_TOLERANCE_MS) {
    return {
      code: 'in_future',
      detail: 'time lies more than 5 minutes in the future; check the clock'
    }
  }
  if (until !== undefined && parseTime(until) === undefined) {
    return { code: 'invalid_time', detail: `until ${NOT_A_TIME}` }
  }
  return undefined
}

/** Members that only some types carry. */
function checkMembers(event: IncomingEvent, { strategy }: Telling): EventRejection | undefined {
  const { type, value, until, reason } = event
  const behaviour = strategy.behaviourTypes.get(type)
  const carriesValue = behaviour?.value ?? (type === 'convert' || type === 'accept')
  if (value !== undefined && !carriesValue) {
    const remedy = behaviour === undefined ? '' : '; declare it with value: true'
    return invalid(`value: events of type "${type}" carry none${remedy}`)
  }
  if (until !== undefined && type !== 'later') return invalid('until: only "later" carries one')
  if (reason !== undefined && type !== 'reject') return invalid('reason: only "reject" carries one')
  if (behaviour !== undefined && (event.offerId ?? event.placement) !== undefined) {
    return invalid('offerId and placement: behaviour is not about an offer; put them into data')
  }
  return undefined
}

function invalid(detail: string): EventRejection {
  return { code: 'invalid_event', detail }
}

/** An event without a token: callers that may, say themselves whom and what it is about. */
function saidAbout(event: IncomingEvent, { strategy, caller }: Telling): About | EventRejection {
  if (caller.publishable) {
    return {
      code: 'token_required',
      detail: 'a publishable key tells with tokens only; send the token of the offer'
    }
  }
  if (event.customer === undefined) {
    return invalid('say whom it is about: a token or a customer')
  }
  const { id, namespace = strategy.namespaces[0]! } = event.customer
  if (!strategy.namespaces.includes(namespace)) {
    return {
      code: 'unknown_namespace',
      detail: unknownNameSentence('namespace', namespace, strategy.namespaces)
    }
  }
  const { offerId, channel, placement } = event
  if (offerId === undefined && isInteractionType(event.type)) {
    return invalid(`say which offer the ${event.type} is about: a token or an offerId`)
  }
  if (offerId !== undefined && !strategy.offerIndex.has(offerId)) {
    return {
      code: 'unknown_offer',
      detail: unknownNameSentence('offer', offerId, strategy.offerIndex)
    }
  }
  if (channel !== undefined && !strategy.channelIndex.has(channel)) {
    return {
      code: 'unknown_channel',
      detail: unknownNameSentence('channel', channel, strategy.channelIndex)
    }
  }
  return { customer: { namespace, id }, channel, offerId, placement }
}

/** An event with a token: the token says it all, also about offers that have left the strategy since; a contradiction is a mistake. */
function tokenAbout(
  event: IncomingEvent,
  token: string,
  { strategy, tokens, nowMs }: Telling
): About | EventRejection {
  const opened = tokens.open(token, nowMs)
  if (opened === 'expired')
    return { code: 'token_expired', detail: 'the decision is more than 7 days ago' }
  const offer = opened === 'invalid' ? undefined : opened.content.offers[opened.index]
  if (opened === 'invalid' || offer === undefined) {
    return {
      code: 'token_invalid',
      detail: 'the token was not made here or was changed; send it as it came'
    }
  }
  const { decisionId, channel, customer } = opened.content
  const about = isInteractionType(event.type)
    ? { customer, channel, decisionId, ...offer }
    : { customer, channel, decisionId }
  const member = contradiction(event, { customer, channel, ...offer }, strategy)
  if (member === undefined) return about
  const detail = `the token says another ${member}; leave ${member} out`
  return { code: 'token_mismatch', detail }
}

/** A member of the event that says something else than its token. */
function contradiction(
  { customer, offerId, channel, placement }: IncomingEvent,
  sealed: About,
  { namespaces }: Strategy
): string | undefined {
  if (customer !== undefined) {
    const { id, namespace = namespaces[0] } = customer
    if (id !== sealed.customer.id || namespace !== sealed.customer.namespace) return 'customer'
  }
  if (offerId !== undefined && offerId !== sealed.offerId) return 'offerId'
  if (channel !== undefined && channel !== sealed.channel) return 'channel'
  if (placement !== undefined && placement !== sealed.placement) return 'placement'
  return undefined
}

function checkAccess({ customer, channel }: About, caller: Caller): EventRejection | undefined {
  if (caller.namespaces !== undefined && !caller.namespaces.has(customer.namespace)) {
    return {
      code: 'forbidden',
      detail: `this key may not tell about namespace "${customer.namespace}"`
    }
  }
  if (caller.channels !== undefined && channel !== undefined && !caller.channels.has(channel)) {
    return { code: 'forbidden', detail: `this key may not tell for channel "${channel}"` }
  }
  return undefined
}

/** An interaction told with a token and without an id is one fact however often it is sent: a reloaded page is no second click. */
function ownId(
  event: IncomingEvent,
  { decisionId, placement, offerId }: About
): string | undefined {
  if (event.token === undefined || offerId === undefined) return undefined
  return [decisionId, placement, offerId, event.type].join(':')
}

function stored(
  event: IncomingEvent,
  about: About,
  { caller, nowMs, freshId }: Telling
): CustomerEvent {
  const { offerId, treatmentId, placement, channel, decisionId } = about
  const { value, reason, data } = event
  const told: CustomerEvent = {
    customer: about.customer,
    id: event.id ?? ownId(event, about) ?? freshId(),
    source: event.source ?? caller.id,
    type: event.type,
    timeMs: (event.time === undefined ? undefined : parseTime(event.time)) ?? nowMs
  }
  const untilMs = event.until === undefined ? undefined : parseTime(event.until)
  const optional = { offerId, treatmentId, placement, channel, decisionId, value, reason, untilMs }
  return withDefined(told, { ...optional, data })
}

/** Adds the members that are there: what is stored holds no undefined. */
function withDefined<Whole extends object>(whole: Whole, members: Partial<Whole>): Whole {
  for (const name in members) if (members[name] !== undefined) whole[name] = members[name]
  return whole
}
