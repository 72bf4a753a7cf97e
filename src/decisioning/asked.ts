import type { Caller } from '../domain/caller.js'
import type { AttributeValue, CustomerKey } from '../domain/customer.js'
import type { Activation, DecisionRequest, Explain } from '../domain/decision.js'
import type { CustomerEvent } from '../domain/interaction.js'
import { Refusal, type Fault } from '../domain/refusal.js'
import type { Channel, Strategy } from '../policy/strategy.js'
import { readPlacements, type AskedPlacement } from './asked-placements.js'
import { checkBrowserMay } from './browser-requests.js'
import { addUnknownName } from './faults.js'
import { FUTURE_TOLERANCE_MS, NOT_A_TIME, parseTime } from './times.js'
import { checkId, checkValues } from './values.js'

const DEFAULT_TIMEOUT_MS = 100

/** A decision request whose every name was found in the strategy. */
export interface Asked {
  readonly key: CustomerKey
  readonly channel: Channel
  readonly placements: readonly AskedPlacement[]
  readonly attributes: ReadonlyArray<readonly [slot: number, value: AttributeValue]>
  readonly context: ReadonlyArray<readonly [slot: number, value: AttributeValue]>
  readonly events: readonly CustomerEvent[]
  /** Indices of the offers that this request excludes. */
  readonly excluded: ReadonlySet<number>
  /** Language tags to try, the most exact first, ending with '' for the treatment's own content. */
  readonly languages: readonly string[]
  readonly explain: Explain
  readonly live: boolean
  /** Of every random choice, where the request names one; else the decision's id is. */
  readonly seed: string | undefined
  readonly activate: Activation
  /** Ids of the offers that are on the screen already: they are not counted as shown once more. */
  readonly shown: ReadonlySet<string>
  readonly timeoutMs: number
  readonly nowMs: number
}

/** What is decided again for somebody who has an answer and waits for a better one. */
export interface Again {
  /** Of the answer that was sent first, so that chance alone changes nothing. */
  readonly seed: string
  /** True: what would be answered now; nothing is recorded and nothing reserved. */
  readonly isTrial: boolean
  /** Ids of the offers of the answers that were sent. */
  readonly shown: ReadonlySet<string>
}

export interface Arrival {
  readonly nowMs: number
  /** Names an event that came without an id. */
  readonly freshId: () => string
}

/** Looks a request's names up in the strategy. Throws a Refusal that names everything wrong with it. */
export function readRequest(
  strategy: Strategy,
  request: DecisionRequest,
  caller: Caller,
  arrival: Arrival
): Asked {
  const faults: Fault[] = []
  const options = request.options ?? {}
  const key = readKey(strategy, request.customer, caller, faults)
  const channel = readChannel(strategy, request.channel, caller, faults)
  const placements = channel === undefined ? [] : readPlacements(strategy, request, channel, faults)
  if (caller.publishable) checkBrowserMay(request)
  const nowMs = readInstant(options.at, options.mode ?? 'live', arrival.nowMs, faults)
  const attributes = checkValues(
    { kind: 'attribute', declared: strategy.attributes, index: strategy.attributeIndex },
    request.attributes ?? {},
    '/attributes',
    faults
  )
  const context = checkValues(
    { kind: 'context name', declared: strategy.context, index: strategy.contextIndex },
    request.context ?? {},
    '/context',
    faults
  )
  const events = readEvents(strategy, request, key, caller, arrival, faults)
  if (faults.length > 0 || channel === undefined) {
    throw new Refusal(
      'invalid',
      'The request names things that the strategy does not have or allow.',
      faults
    )
  }
  return {
    key,
    channel,
    placements,
    attributes,
    context,
    events,
    excluded: readExcluded(strategy, request.exclude),
    languages: languagesToTry(request.language),
    explain: options.explain ?? 'none',
    live: options.mode !== 'test',
    seed: options.mode === 'test' ? options.seed : undefined,
    activate: options.activate ?? channel.activate,
    shown: NONE_SHOWN,
    timeoutMs: timeoutMsOf(request),
    nowMs
  }
}

/** How long a request may take, from its receipt. */
export function timeoutMsOf({ options }: DecisionRequest): number {
  return options?.timeoutMs ?? DEFAULT_TIMEOUT_MS
}

/** The same request once more; its events were applied the first time. */
export function askedAgain(asked: Asked, { seed, isTrial, shown }: Again): Asked {
  return { ...asked, live: asked.live && !isTrial, seed, shown, events: [] }
}

const NONE_SHOWN: ReadonlySet<string> = new Set()

function readKey(
  strategy: Strategy,
  customer: DecisionRequest['customer'],
  caller: Caller,
  faults: Fault[]
): CustomerKey {
  const namespace = customer.namespace ?? strategy.namespaces[0]!
  const idFault = checkId(customer.id)
  if (idFault !== undefined) faults.push({ pointer: '/customer/id', detail: idFault })
  if (!strategy.namespaces.includes(namespace)) {
    addUnknownName(faults, '/customer/namespace', 'namespace', namespace, strategy.namespaces)
  } else if (caller.namespaces !== undefined && !caller.namespaces.has(namespace)) {
    throw new Refusal('forbidden', `This key may not decide for namespace "${namespace}".`)
  }
  return { namespace, id: customer.id }
}

function readChannel(
  strategy: Strategy,
  id: string,
  caller: Caller,
  faults: Fault[]
): Channel | undefined {
  const index = strategy.channelIndex.get(id)
  if (index === undefined) {
    addUnknownName(faults, '/channel', 'channel', id, strategy.channelIndex)
    return undefined
  }
  if (caller.channels !== undefined && !caller.channels.has(id)) {
    throw new Refusal('forbidden', `This key may not decide for channel "${id}".`)
  }
  return strategy.channels[index]
}

function readEvents(
  strategy: Strategy,
  request: DecisionRequest,
  customer: CustomerKey,
  caller: Caller,
  arrival: Arrival,
  faults: Fault[]
): CustomerEvent[] {
  return (request.events ?? []).map((event, i) => {
    const behaviour = strategy.behaviourTypes.get(event.type)
    if (behaviour === undefined) {
      addUnknownName(
        faults,
        `/events/${i}/type`,
        'behaviour type',
        event.type,
        strategy.behaviourTypes
      )
    } else if (event.value !== undefined && !behaviour.value) {
      faults.push({
        pointer: `/events/${i}/value`,
        detail: `events of type "${event.type}" carry no value; declare it with value: true`
      })
    }
    const timeMs = event.time === undefined ? arrival.nowMs : parseTime(event.time)
    if (timeMs === undefined) {
      faults.push({ pointer: `/events/${i}/time`, detail: NOT_A_TIME })
    } else if (timeMs > arrival.nowMs + FUTURE_TOLERANCE_MS) {
      faults.push({
        pointer: `/events/${i}/time`,
        detail: 'lies more than 5 minutes in the future'
      })
    }
    return {
      customer,
      id: event.id ?? arrival.freshId(),
      source: caller.id,
      type: event.type,
      timeMs: timeMs ?? arrival.nowMs,
      channel: request.channel,
      ...(event.value === undefined ? {} : { value: event.value }),
      ...(event.data === undefined ? {} : { data: event.data })
    }
  })
}

function readInstant(at: string | undefined, mode: string, nowMs: number, faults: Fault[]): number {
  if (at === undefined) return nowMs
  if (mode !== 'test') faults.push({ pointer: '/options/at', detail: 'is for mode "test" only' })
  const atMs = parseTime(at)
  if (atMs === undefined) faults.push({ pointer: '/options/at', detail: NOT_A_TIME })
  return atMs ?? nowMs
}

/** Ids that the strategy does not have exclude nothing: pages may remember offers that have gone. */
function readExcluded(
  strategy: Strategy,
  exclude: readonly string[] | undefined
): ReadonlySet<number> {
  const excluded = new Set<number>()
  for (const id of exclude ?? []) {
    const index = strategy.offerIndex.get(id)
    if (index !== undefined) excluded.add(index)
  }
  return excluded
}

function languagesToTry(language: string | undefined): readonly string[] {
  if (language === undefined) return NO_LANGUAGE
  const tag = language.toLowerCase()
  const dash = tag.indexOf('-')
  return dash < 0 ? [tag, ''] : [tag, tag.slice(0, dash), '']
}
const NO_LANGUAGE: readonly string[] = ['']
