import type { Decision } from '../../domain/decision.js'
import type { CustomerEvent } from '../../domain/interaction.js'
import type { Strategy } from '../../policy/strategy.js'
import type { Asked } from '../asked.js'
import { countResponses } from './count-responses.js'
import { countFacts, type CountDeps } from './count-facts.js'
import { LATE, within, type Deadline } from '../deadline.js'
import { journalled } from '../journal/journalled.js'
import { taught, type TeachingDeps } from '../lessons/lessons.js'
import type { CustomerStore, Journal, Meters } from '../ports.js'

/** The source of the events that the service itself records. */
const OWN_SOURCE = 'offerd'

export interface RecordingDeps extends CountDeps, TeachingDeps {
  readonly customers: Pick<CustomerStore, 'append'>
  readonly journal: Journal
  readonly meters: Pick<Meters, 'told' | 'responded' | 'limitMet' | 'learnt'>
}

/**
 * Records an impression for every offer of a decision, for channels that show what they are answered, and counts it in quotas;
 * strict ones counted it when they were held. What is `shown` already is not counted again. Awaited, because limits count impressions: false when it is not known to be stored
 * in time. What comes later is stored and counted all the same.
 */
export async function recordImpressions(
  deps: RecordingDeps,
  strategy: Strategy,
  decision: Decision,
  { shown }: Pick<Asked, 'shown'>,
  deadline: Deadline
): Promise<boolean> {
  const { customers, journal, meters, log } = deps
  const events = impressionsOf(decision).filter(({ offerId }) => !shown.has(offerId))
  if (events.length === 0) return true
  async function record(): Promise<void> {
    const outcomes = await journalled(journal, strategy, events, () =>
      taught(deps, strategy, events, () => customers.append(events))
    )
    for (const outcome of outcomes) meters.told('impression', outcome)
    countResponses(meters, strategy, events, outcomes)
    await countFacts(deps, strategy, { events, outcomes }, ({ strict }) => strict)
  }
  try {
    return (await within(record(), deadline)) !== LATE
  } catch (error) {
    log.warn(
      { err: error, decisionId: decision.id },
      'impressions of a decision could not be recorded'
    )
    return false
  }
}

/** An offer stands once in an answer; a fallback may stand in several placements. */
function impressionsOf(decision: Decision): Array<CustomerEvent & { readonly offerId: string }> {
  const { id: customerId, namespace } = decision.customer
  return decision.placements.flatMap(({ id: placement, offers }) =>
    offers.map(({ offerId, treatmentId }) => ({
      customer: { namespace, id: customerId },
      id: [decision.id, placement, offerId].join(':'),
      source: OWN_SOURCE,
      type: 'impression',
      timeMs: decision.decidedAtMs,
      offerId,
      treatmentId,
      placement,
      channel: decision.channel,
      decisionId: decision.id
    }))
  )
}
