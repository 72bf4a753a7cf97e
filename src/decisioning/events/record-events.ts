import type { Caller } from '../../domain/caller.js'
import {
  isInteractionType,
  type CustomerEvent,
  type EventsReceipt
} from '../../domain/interaction.js'
import { Refusal } from '../../domain/refusal.js'
import type { Strategy } from '../../policy/strategy.js'
import { countResponses } from './count-responses.js'
import { countFacts, type CountDeps } from './count-facts.js'
import { MOST_EVENTS } from './event-schema.js'
import { journalled } from '../journal/journalled.js'
import { taught, type TeachingDeps } from '../lessons/lessons.js'
import type { CustomerStore, Journal, Meters } from '../ports.js'
import { readEvent, type Telling } from './read-event.js'
import type { Tokens } from '../tokens.js'

/** What recording events needs. */
export interface RecordEventsNeeds extends CountDeps, TeachingDeps {
  readonly customers: Pick<CustomerStore, 'append'>
  readonly journal: Journal
  readonly snapshots: { current: () => { readonly strategy: Strategy } }
  readonly tokens: Tokens
  readonly meters: Pick<Meters, 'told' | 'responded' | 'limitMet' | 'learnt'>
  /** Names events that came without an id. */
  readonly freshId: () => string
}

/**
 * Records told events and counts them in quotas. A receipt means that every decision asked for after it, on any process, sees
 * what was accepted. Events that are not right are rejected one by one, the others recorded in their order; events of erased
 * customers are accepted and dropped. Throws a Refusal for more than 1,000 events and passes StoreUnavailable on; then the caller
 * may send all again: what had been recorded comes back as duplicates where the events carry ids, and is counted if it was not.
 */
export type RecordEvents = (
  events: readonly unknown[],
  caller: Caller,
  nowMs: number
) => Promise<EventsReceipt>

export function createRecordEvents(needs: RecordEventsNeeds): RecordEvents {
  const { customers, journal, snapshots, tokens, meters, freshId } = needs
  return async function recordEvents(events, caller, nowMs) {
    if (events.length > MOST_EVENTS) {
      throw new Refusal(
        'invalid',
        `At most ${MOST_EVENTS} events in one call; these are ${events.length}.`
      )
    }
    const { strategy } = snapshots.current()
    const telling: Telling = { strategy, tokens, caller, nowMs, freshId }
    const fit: CustomerEvent[] = []
    const rejected: Array<EventsReceipt['rejected'][number]> = []
    events.forEach((raw, index) => {
      const event = readEvent(raw, telling)
      if ('code' in event) {
        rejected.push({ index, ...event })
        meters.told(meteredType(raw, strategy), 'rejected')
      } else {
        fit.push(event)
      }
    })
    const outcomes =
      fit.length === 0
        ? []
        : await journalled(journal, strategy, fit, () =>
            taught(needs, strategy, fit, () => customers.append(fit))
          )
    outcomes.forEach((outcome, i) => meters.told(fit[i]!.type, outcome))
    countResponses(meters, strategy, fit, outcomes)
    await countFacts(needs, strategy, { events: fit, outcomes })
    const duplicates = outcomes.filter(
      outcome => outcome === 'duplicate' || outcome === 'repeated'
    ).length
    return { accepted: outcomes.length - duplicates, duplicates, rejected }
  }
}

/** A type that the strategy knows, else `unknown`: callers must not be able to invent metrics. */
function meteredType(raw: unknown, strategy: Strategy): string {
  const type = typeof raw === 'object' && raw !== null && 'type' in raw ? raw.type : undefined
  const known =
    typeof type === 'string' && (isInteractionType(type) || strategy.behaviourTypes.has(type))
  return known ? type : 'unknown'
}
