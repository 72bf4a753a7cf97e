import { customerText } from '../../domain/customer.js'
import { partsOf } from '../../domain/decision-id.js'
import type { AppendOutcome, CustomerEvent } from '../../domain/interaction.js'
import {
  RELEASING_TYPES,
  reservationId,
  type QuotaClaim,
  type QuotaFact
} from '../../domain/limits.js'
import type { Offer, Quota, Strategy } from '../../policy/strategy.js'
import { amountOf } from '../limits/limit-plan.js'
import type { Log, Meters, QuotaStore } from '../ports.js'

export interface CountDeps {
  readonly quotas: Pick<QuotaStore, 'count' | 'release'>
  readonly meters: Pick<Meters, 'limitMet'>
  readonly log: Log
}

/** Events and what the customers' store made of them, in the same order. */
export interface Appended {
  readonly events: readonly CustomerEvent[]
  readonly outcomes: readonly AppendOutcome[]
}

/** Most overruns of one call that the log names. */
const MOST_NAMED = 10

/**
 * Counts what was appended in all quotas that count it, and lets go of what rejected and ignored offers held there.
 * Repeatable: an event that was told twice within the hour is counted once, so that what a crash cut short is made good by telling
 * again. Passes StoreUnavailable on; then some may be counted.
 * @param counted true for quotas that have counted these events already
 */
export async function countFacts(
  { quotas, meters, log }: CountDeps,
  strategy: Strategy,
  { events, outcomes }: Appended,
  counted: (quota: Quota) => boolean = () => false
): Promise<void> {
  if (strategy.quotas.length === 0) return
  const facts: QuotaFact[] = []
  const releases: QuotaClaim[] = []
  events.forEach((event, i) => {
    if (outcomes[i] !== 'stored' && outcomes[i] !== 'repeated') return
    const offer = offerOf(strategy, event)
    if (offer === undefined) return
    for (const quota of quotasOf(strategy, event, offer)) {
      if (counted(quota)) continue
      if (quota.countedType === event.type) facts.push(factOf(event, quota, offer))
      else if (quota.strict) releases.push(...claimsEndedBy(event, quota, offer))
    }
  })
  const [overruns] = await Promise.all([
    facts.length === 0 ? [] : quotas.count(facts),
    releases.length === 0 ? undefined : quotas.release(releases)
  ])
  const late = facts.filter((_, i) => overruns[i]! > 0)
  if (late.length === 0) return
  for (const { quota } of late) meters.limitMet(quota.id, 'late')
  const named = [...new Set(late.map(({ quota }) => quota.id))].slice(0, MOST_NAMED)
  log.warn({ quotas: named, facts: late.length }, 'facts that no reservation held exceed quotas')
}

/** The offer that quotas count; fallbacks are exempt from all limits. */
function offerOf({ offerIndex, offers }: Strategy, { offerId }: CustomerEvent): Offer | undefined {
  if (offerId === undefined) return undefined
  const offer = offers[offerIndex.get(offerId) ?? -1]
  return offer?.fallbackOnly === true ? undefined : offer
}

/** The quotas of an event's offer, channel and placement, as far as they are known. */
function quotasOf(strategy: Strategy, event: CustomerEvent, offer: Offer): Quota[] {
  const { channels, channelIndex, placements, placementIndex, quotas } = strategy
  const channel = channels[channelIndex.get(event.channel ?? '') ?? -1]
  const placement = placements[placementIndex.get(event.placement ?? '') ?? -1]
  const numbers = [...offer.quotas, ...(channel?.quotas ?? []), ...(placement?.quotas ?? [])]
  return numbers.map(number => quotas[number]!)
}

function factOf(event: CustomerEvent, quota: Quota, offer: Offer): QuotaFact {
  const { customer, source, id, decisionId, timeMs } = event
  return {
    quota,
    eventId: [customerText(customer), source, id].join('\0'),
    reservation: decisionId === undefined ? undefined : reservationId(decisionId, offer.id),
    amount: amountOf(quota, offer),
    atMs: timeMs
  }
}

/** The open share of a quota that a decision holds for an offer, where an event says that nothing comes of it. */
function claimsEndedBy(
  { type, decisionId, timeMs }: CustomerEvent,
  quota: Quota,
  offer: Offer
): QuotaClaim[] {
  if (decisionId === undefined || !RELEASING_TYPES.includes(type)) return []
  const atMs = partsOf(decisionId)?.timeMs ?? timeMs
  const id = reservationId(decisionId, offer.id)
  return [{ quota, id, amount: amountOf(quota, offer), atMs, untilMs: atMs + quota.reserveMs }]
}
