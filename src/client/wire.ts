/* What goes over the wire, as types: the document at /openapi.json says the same, and a test holds the two together. */

/** Whom it is about. The strategy's first namespace where none is named. */
export interface CustomerRef {
  readonly id: string
  readonly namespace?: string | undefined
}

/** A placement that is asked for. */
export interface PlacementRequest {
  readonly id: string
  /** Offers wanted, 1 to 10; what the strategy says where absent. */
  readonly count?: number | undefined
  /** Only offers of one of these groups, issues and ids that carry one of these tags. */
  readonly filter?:
    | {
        readonly group?: string[] | undefined
        readonly issue?: string[] | undefined
        readonly offer?: string[] | undefined
        readonly tag?: string[] | undefined
      }
    | undefined
}

/** Something that the customer did and that is no answer to an offer; the strategy declares its types. */
export interface BehaviourEvent {
  readonly type: string
  readonly id?: string | undefined
  /** RFC 3339; now where absent. */
  readonly time?: string | undefined
  readonly value?: number | undefined
  readonly data?: unknown
}

/** Body of POST /v1/decisions. */
export interface DecisionRequest {
  readonly customer: CustomerRef
  readonly channel: string
  /** 1 to 10, each named once. */
  readonly placements: readonly PlacementRequest[]
  /** Facts of this moment, by the names that the strategy declares. */
  readonly context?: Readonly<Record<string, unknown>> | undefined
  /** For this request only, over the stored profile. Not for publishable keys. */
  readonly attributes?: Readonly<Record<string, unknown>> | undefined
  readonly events?: readonly BehaviourEvent[] | undefined
  /** Ids of offers that are not wanted this time. */
  readonly exclude?: readonly string[] | undefined
  /** A language tag such as de-AT. */
  readonly language?: string | undefined
  readonly options?:
    | {
        /** 1 to 10,000, counted by the service from receipt; 100 where absent. */
        readonly timeoutMs?: number | undefined
        readonly explain?: 'none' | 'summary' | 'full' | undefined
        readonly mode?: 'live' | 'test' | undefined
        readonly activate?: 'on_impression' | 'on_decision' | undefined
        readonly seed?: string | undefined
        readonly at?: string | undefined
      }
    | undefined
}

/** One offer in one slot. Publishable keys see no priority, factors, propensity and probability. */
export interface PlacedOffer {
  readonly offerId: string
  readonly treatmentId: string
  /** 1 is the best of its placement. */
  readonly rank: number
  readonly priority?: number | undefined
  readonly factors?:
    | { readonly p: number; readonly c: number; readonly v: number; readonly l: number }
    | undefined
  readonly propensity?:
    | {
        readonly value: number
        readonly source: 'model' | 'blend' | 'adaptive' | 'prior'
        readonly model?: string | undefined
        readonly evidence: number
        readonly variance?: number | undefined
      }
    | undefined
  readonly probability?: number | null | undefined
  /** Goes back with what is told about the offer; absent where nothing can be told. */
  readonly token?: string | undefined
  /** RFC 3339. */
  readonly expiresAt: string
  /** What the strategy says to show, in the language that was asked for. */
  readonly content?: unknown
  readonly labels?: unknown
}

export interface Placement {
  readonly id: string
  /** The placement's stand-in is shown, because nothing else fitted. */
  readonly fallback: boolean
  readonly offers: readonly PlacedOffer[]
}

/** Answer of POST /v1/decisions. */
export interface Decision {
  readonly decisionId: string
  /** RFC 3339, by the clock of the service. */
  readonly decidedAt: string
  readonly strategy: { readonly version: number; readonly hash: string }
  readonly customer: {
    readonly id: string
    readonly namespace: string
    readonly known: boolean
    readonly holdout: boolean
    readonly control: boolean
    readonly experiments: Readonly<Record<string, string>>
  }
  /** In the order in which they were asked for. */
  readonly placements: readonly Placement[]
  /** What was done without; empty when all was well. */
  readonly degraded: readonly string[]
  readonly explanation?: Readonly<Record<string, unknown>> | undefined
}

/** What customers do with offers. */
export type InteractionType =
  | 'impression'
  | 'click'
  | 'accept'
  | 'reject'
  | 'later'
  | 'ignore'
  | 'convert'

/** One fact that POST /v1/events takes: an interaction, or behaviour of a declared type. */
export interface ToldEvent {
  readonly type: string
  /** With the source the duplicate key for seven days; an interaction with a token needs none. */
  readonly id?: string | undefined
  readonly source?: string | undefined
  /** RFC 3339; the moment of receipt where absent. */
  readonly time?: string | undefined
  readonly token?: string | undefined
  readonly customer?: CustomerRef | undefined
  readonly offerId?: string | undefined
  readonly channel?: string | undefined
  readonly placement?: string | undefined
  /** With accept, convert and behaviour that carries one. */
  readonly value?: number | undefined
  /** With reject. */
  readonly reason?: string | undefined
  /** RFC 3339, with later. */
  readonly until?: string | undefined
  readonly data?: unknown
}

/** Answer of POST /v1/events. */
export interface EventsReceipt {
  readonly accepted: number
  readonly duplicates: number
  readonly rejected: ReadonlyArray<{
    readonly index: number
    readonly code: string
    readonly detail: string
  }>
}

/** What is known about a customer, as it is written: all of it with PUT, what is there with PATCH. */
export interface CustomerBody {
  readonly attributes?: Readonly<Record<string, unknown>> | undefined
  readonly tags?: string[] | undefined
  /** By purpose. */
  readonly consent?: Readonly<Record<string, ConsentGiven>> | undefined
}

export interface ConsentGiven {
  readonly granted: boolean
  /** RFC 3339; now where absent. */
  readonly time?: string | undefined
  /** Who took it down; the key's id where absent. */
  readonly source?: string | undefined
}

/** A merge patch (RFC 7396): null removes. */
export interface CustomerPatch {
  readonly attributes?: Readonly<Record<string, unknown>> | null | undefined
  readonly tags?: string[] | null | undefined
  readonly consent?: Readonly<Record<string, ConsentGiven | null>> | null | undefined
}

/** A customer as the service answers it, under the canonical key. */
export interface Customer {
  readonly customer: { readonly namespace: string; readonly id: string }
  readonly attributes: Readonly<Record<string, unknown>>
  readonly tags: readonly string[]
  readonly consent: Readonly<
    Record<string, { readonly granted: boolean; readonly time: string; readonly source: string }>
  >
}

/** The newest first. */
export interface CustomerHistory {
  readonly customer: { readonly namespace: string; readonly id: string }
  readonly history: ReadonlyArray<{
    readonly id: string
    readonly source: string
    readonly type: string
    readonly time: string
    readonly [member: string]: unknown
  }>
}

/** What the service answers where it does not do what was asked (RFC 9457). */
export interface Problem {
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly code: string
  readonly errors?: ReadonlyArray<{ readonly pointer: string; readonly detail: string }> | undefined
}
