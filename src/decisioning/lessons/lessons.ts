import type { CustomerEvent } from '../../domain/interaction.js'
import type { Lesson } from '../../domain/learning.js'
import type { Strategy } from '../../policy/strategy.js'
import { both } from '../both.js'
import type { LearningStore, Meters } from '../ports.js'

export interface TeachingDeps {
  readonly learning: Pick<LearningStore, 'append'>
  readonly meters: Pick<Meters, 'learnt'>
}

/**
 * Stores events and appends what is to be learnt of them at the same time, where offers adapt; both are there when it resolves.
 * A lesson may so be there twice, or without its event having been acknowledged: the ledger knows it by what it is about.
 */
export async function taught<T>(
  { learning, meters }: TeachingDeps,
  strategy: Strategy,
  events: readonly CustomerEvent[],
  store: () => Promise<T>
): Promise<T> {
  const lessons = strategy.adapts ? lessonsOf(strategy, events) : []
  if (lessons.length === 0) return await store()
  const [stored, dropped] = await both(store(), learning.append(lessons))
  if (dropped > 0) meters.learnt('dropped', dropped)
  return stored
}

/** What is to be learnt of events; nothing of those about offers that do not adapt, and of impressions of no channel. */
function lessonsOf({ offers, offerIndex }: Strategy, events: readonly CustomerEvent[]): Lesson[] {
  return events.flatMap(event => {
    const { offerId, type, channel, timeMs } = event
    const offer = offerId === undefined ? undefined : offers[offerIndex.get(offerId) ?? -1]
    if (offer?.adapt === undefined) return []
    const kind = type === offer.positive ? 'positive' : KINDS[type]
    if (kind === undefined || (kind === 'impression' && channel === undefined)) return []
    return [{ kind, offerId: offer.id, channel, timeMs, about: aboutOf(event) }]
  })
}

const KINDS: Readonly<Record<string, Lesson['kind']>> = {
  impression: 'impression',
  reject: 'end',
  ignore: 'end'
}

function aboutOf({ decisionId, placement, customer, source, id }: CustomerEvent): Lesson['about'] {
  return decisionId !== undefined && placement !== undefined
    ? { decisionId, placement }
    : { customer, source, id }
}
