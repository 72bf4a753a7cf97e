import type { QuotaCount } from './limits.js'

/** Who a decision is about: an id inside a namespace (crm, cookie, device…), spelled as the caller spelled it. */
export interface CustomerKey {
  readonly namespace: string
  readonly id: string
}

/** The parties of a merge: one person under several keys. */
export interface Identity {
  /** The key of the earliest-declared namespace, then the smaller id. */
  readonly canonical: CustomerKey
  /** All keys, the canonical one first, the others in order. */
  readonly members: readonly CustomerKey[]
}

/** One stored fact. Timestamps are milliseconds since 1970 (UTC); everything else is what the caller sent. */
export type AttributeValue = string | number | boolean | readonly string[] | readonly number[]

/** What a customer said about one purpose, when and through which source. */
export interface Consent {
  readonly granted: boolean
  readonly timeMs: number
  readonly source: string
}

/** Everything stored about a customer that is not behaviour. */
export interface Profile {
  readonly attributes: Readonly<Record<string, AttributeValue>>
  readonly tags: readonly string[]
  readonly consent: Readonly<Record<string, Consent>>
}

export const EMPTY_PROFILE: Profile = Object.freeze({ attributes: {}, tags: [], consent: {} })

/**
 * The words that a strategy understands, each list in the strategy's own order.
 * A store answers in positions of these lists, so that no name is looked up while deciding.
 * One lexicon object belongs to one strategy and never changes: stores may cache by its identity.
 */
export interface Lexicon {
  readonly attributes: readonly string[]
  readonly purposes: readonly string[]
  /** Interaction types first, in the order of INTERACTION_TYPES, then the strategy's behaviour types. */
  readonly types: readonly string[]
  readonly offers: readonly string[]
  readonly channels: readonly string[]
  /** Every limit over all customers, read with every load. */
  readonly quotas: readonly QuotaCount[]
  /** Whether strict contact policies need a customer's open reservations. */
  readonly reserves: boolean
  /** In the order of their declaration: the earliest of a merged customer's is the canonical one's. */
  readonly namespaces: readonly string[]
  /** How long profiles of a namespace live without being used, in milliseconds; absent means for ever. */
  readonly retentionMs: Readonly<Record<string, number>>
}

/** One text for a customer, as hashed into buckets and shown to people: `crm/c-1001`. */
export function customerText(key: CustomerKey): string {
  return `${key.namespace}/${key.id}`
}
