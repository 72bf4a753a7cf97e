import type { CustomerKey } from './customer.js'

/** What can happen between an offer and a customer. The order is part of the stored format's contract with Lexicon.types. */
export const INTERACTION_TYPES = [
  'decision',
  'impression',
  'click',
  'accept',
  'reject',
  'later',
  'ignore',
  'convert'
] as const

export type InteractionType = (typeof INTERACTION_TYPES)[number]

/** The interaction types that a caller may tell; decisions are recorded by the service itself. */
export const TELLABLE_TYPES: readonly InteractionType[] = INTERACTION_TYPES.slice(1)

export function isInteractionType(type: string): type is InteractionType {
  return (INTERACTION_TYPES as readonly string[]).includes(type)
}

/** One fact about a customer, as it is stored: an interaction with an offer, or a behaviour event (no offer). */
export interface CustomerEvent {
  readonly customer: CustomerKey
  /** (source, id) is the duplicate key for seven days from receipt. */
  readonly id: string
  readonly source: string
  readonly type: string
  /** When it happened; it counts at this time, however late it was told. */
  readonly timeMs: number
  readonly offerId?: string
  readonly treatmentId?: string
  readonly placement?: string
  readonly channel?: string
  readonly decisionId?: string
  readonly value?: number
  readonly reason?: string
  readonly untilMs?: number
  readonly data?: unknown
}

/**
 * What became of an event handed to the store. `repeated`: a duplicate received within the last hour; it changed nothing, but
 * what was to follow the first one may be missing. `erased`: the customer was deleted, so the event was dropped.
 */
export type AppendOutcome = 'stored' | 'duplicate' | 'repeated' | 'erased'

/** Duplicates are known for seven days from receipt. */
export const DUPLICATES_KEPT_MS = 7 * 86_400_000
/** A duplicate of an event received within this time is `repeated`. */
export const REPEATED_MS = 3_600_000

/** An event as callers tell it: about a decision's offer (token), about an offer elsewhere (offerId), or behaviour. */
export interface IncomingEvent {
  readonly id?: string | undefined
  readonly source?: string | undefined
  readonly type: string
  /** RFC 3339; now when absent. */
  readonly time?: string | undefined
  readonly token?: string | undefined
  readonly customer?: { readonly id: string; readonly namespace?: string | undefined } | undefined
  readonly offerId?: string | undefined
  readonly channel?: string | undefined
  readonly placement?: string | undefined
  readonly value?: number | undefined
  readonly reason?: string | undefined
  /** RFC 3339, with `later`. */
  readonly until?: string | undefined
  readonly data?: unknown
}

/** What became of a list of told events. */
export interface EventsReceipt {
  readonly accepted: number
  readonly duplicates: number
  readonly rejected: ReadonlyArray<{
    readonly index: number
    readonly code: string
    readonly detail: string
  }>
}
