import type { Decision } from '../domain/decision.js'
import type { CustomerEvent } from '../domain/interaction.js'
import { LATE, within, type Deadline } from './deadline.js'
import type { CustomerStore, Log, Meters } from './ports.js'

/** The source of the events that the service itself records. */
const OWN_SOURCE = 'offerd'

export interface RecordingDeps {
  readonly customers: CustomerStore
  readonly meters: Meters
  readonly log: Log
}

/**
 * Records an impression for every offer of a decision, for channels that show what they are answered.
 * Awaited, because limits count impressions: false when it is not known to be stored in time.
 */
export async function recordImpressions(
  deps: RecordingDeps,
  decision: Decision,
  deadline: Deadline
): Promise<boolean> {
  const events = impressionsOf(decision)
  try {
    const outcomes = await within(deps.customers.append(events), deadline)
    if (outcomes === LATE) return false
    for (const outcome of outcomes) deps.meters.told('impression', outcome)
    return true
  } catch (error) {
    deps.log.warn(
      { err: error, decisionId: decision.id },
      'impressions of a decision could not be recorded'
    )
    return false
  }
}

function impressionsOf(decision: Decision): CustomerEvent[] {
  const { id: customerId, namespace } = decision.customer
  return decision.placements.flatMap(({ id: placement, offers }) =>
    offers.map(offer => ({
      customer: { namespace, id: customerId },
      id: `${decision.id}:${placement}:${offer.rank}`,
      source: OWN_SOURCE,
      type: 'impression',
      timeMs: decision.decidedAtMs,
      offerId: offer.offerId,
      treatmentId: offer.treatmentId,
      placement,
      channel: decision.channel,
      decisionId: decision.id
    }))
  )
}
