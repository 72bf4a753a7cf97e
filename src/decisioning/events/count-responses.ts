import type { AppendOutcome, CustomerEvent } from '../../domain/interaction.js'
import type { Strategy } from '../../policy/strategy.js'
import type { Meters } from '../ports.js'

/** Counts impressions of offers, and the interactions that are their success, each event once. */
export function countResponses(
  meters: Pick<Meters, 'responded'>,
  { offers, offerIndex }: Strategy,
  events: readonly CustomerEvent[],
  outcomes: readonly AppendOutcome[]
): void {
  for (let i = 0; i < events.length; i++) {
    const { type, offerId, channel } = events[i]!
    const offer = offerId === undefined ? undefined : offers[offerIndex.get(offerId) ?? -1]
    if (offer === undefined || outcomes[i] !== 'stored') continue
    if (type === 'impression') meters.responded('impression', offer.id, channel)
    if (type === offer.positive) meters.responded('positive', offer.id, channel)
  }
}
