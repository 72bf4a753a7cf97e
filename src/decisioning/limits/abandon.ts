import type { CustomerKey } from '../../domain/customer.js'
import { partsOf } from '../../domain/decision-id.js'
import { reservationId, type QuotaClaim } from '../../domain/limits.js'
import type { Quota, Strategy } from '../../policy/strategy.js'
import type { CustomerStore, QuotaStore } from '../ports.js'
import type { Snapshots } from '../snapshot.js'

/** A decision that may have been made, and that nobody will ever be told. */
export interface Abandoned {
  readonly decisionId: string
  readonly customer: { readonly id: string; readonly namespace?: string | undefined }
}

/**
 * Gives back what decisions have reserved whose answers are lost, so that strict limits need not wait until it lapses. What events
 * have counted stays. Repeatable; for decisions that were never made it does nothing. Rejects with StoreUnavailable.
 */
export type Abandon = (decisions: readonly Abandoned[]) => Promise<void>

export interface AbandonDeps {
  readonly snapshots: Snapshots
  readonly customers: Pick<CustomerStore, 'peek' | 'release'>
  readonly quotas: Pick<QuotaStore, 'release'>
}

export function createAbandon({ snapshots, customers, quotas }: AbandonDeps): Abandon {
  async function abandonOne(
    strategy: Strategy,
    claimable: ReadonlyArray<readonly [Quota, string]>,
    { decisionId, customer }: Abandoned
  ): Promise<void> {
    const { id, namespace = strategy.namespaces[0]! } = customer
    const key: CustomerKey = { namespace, id }
    await quotas.release(claimsOf(claimable, decisionId))
    const { reserved } = await customers.peek(key, strategy.lexicon)
    const own = reserved.filter(each => each.id.startsWith(`${decisionId}:`)).map(each => each.id)
    if (own.length > 0) await customers.release(key, own)
  }

  return async function abandon(decisions) {
    const { strategy } = snapshots.current()
    const claimable = claimableOf(strategy)
    // One by one: a strategy of many offers makes many claims of each.
    for (const decision of decisions) await abandonOne(strategy, claimable, decision)
  }
}

/** Every strict quota with each offer that may take of it. */
function claimableOf({
  quotas,
  offers,
  channels,
  placements
}: Strategy): ReadonlyArray<readonly [Quota, string]> {
  const ofPlaces = new Set([...channels, ...placements].flatMap(place => place.quotas))
  return quotas.flatMap((quota, number) =>
    quota.strict
      ? offers
          .filter(offer => ofPlaces.has(number) || offer.quotas.includes(number))
          .map(({ id }) => [quota, id] as const)
      : []
  )
}

/** All that a decision can have reserved; how much it was, the store knows. */
function claimsOf(
  claimable: ReadonlyArray<readonly [Quota, string]>,
  decisionId: string
): QuotaClaim[] {
  const atMs = partsOf(decisionId)?.timeMs
  if (atMs === undefined) return []
  return claimable.map(([quota, offerId]) => ({
    quota,
    id: reservationId(decisionId, offerId),
    amount: 0,
    atMs,
    untilMs: atMs + quota.reserveMs
  }))
}
