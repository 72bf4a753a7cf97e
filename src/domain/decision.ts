import type { CustomerKey } from './customer.js'

/** A decision request as callers send it, its shape checked, its names not yet looked up in a strategy. */
export interface DecisionRequest {
  readonly customer: { readonly id: string; readonly namespace?: string | undefined }
  readonly channel: string
  readonly placements: readonly PlacementRequest[]
  readonly context?: Readonly<Record<string, unknown>> | undefined
  readonly attributes?: Readonly<Record<string, unknown>> | undefined
  readonly events?: readonly BehaviourEvent[] | undefined
  readonly exclude?: readonly string[] | undefined
  readonly language?: string | undefined
  readonly options?: DecisionOptions | undefined
}

export interface PlacementRequest {
  readonly id: string
  readonly count?: number | undefined
  readonly filter?: PlacementFilter | undefined
}

/** Keeps the candidates of a placement that are in one of the groups, issues and offers named, and carry one of the tags. */
export interface PlacementFilter {
  readonly group?: readonly string[] | undefined
  readonly issue?: readonly string[] | undefined
  readonly offer?: readonly string[] | undefined
  readonly tag?: readonly string[] | undefined
}

/** A behaviour event that comes with a decision request and is applied before deciding. */
export interface BehaviourEvent {
  readonly type: string
  readonly id?: string | undefined
  readonly time?: string | undefined
  readonly value?: number | undefined
  readonly data?: unknown
}

export type Explain = 'none' | 'summary' | 'full'
export type Mode = 'live' | 'test'
export type Activation = 'on_impression' | 'on_decision'

export interface DecisionOptions {
  readonly timeoutMs?: number | undefined
  readonly explain?: Explain | undefined
  readonly mode?: Mode | undefined
  readonly activate?: Activation | undefined
  /** Mode test only: the seed of every random choice. */
  readonly seed?: string | undefined
  /** Mode test only: the instant to decide at, RFC 3339. */
  readonly at?: string | undefined
}

/** Why an offer was not selected, or that it was; in the order in which the stages run. */
export const STAGES = [
  'validity',
  'consent',
  'exclude',
  'filter',
  'eligibility',
  'applicability',
  'suitability',
  'contact',
  'exclusion',
  'quota',
  'value',
  'outranked',
  'selected'
] as const
export type Stage = (typeof STAGES)[number]

/** Where a propensity came from. */
export type PropensitySource = 'model' | 'blend' | 'adaptive' | 'prior'

/** One offer in one slot of an answer. A fallback has no propensity and priority 0. */
export interface PlacedOffer {
  readonly offerId: string
  readonly treatmentId: string
  readonly rank: number
  readonly priority: number
  readonly factors: {
    readonly p: number
    readonly c: number
    readonly v: number
    readonly l: number
  } | null
  readonly propensity: {
    readonly value: number
    readonly source: PropensitySource
    readonly model: string | null
    /** Impressions that it was learnt from, those that are forgotten taken off. */
    readonly evidence: number
    /** Of what is known of it, where it adapts; null elsewhere. */
    readonly variance: number | null
  } | null
  /** That this offer stands in this slot, given the slots before; null where it is worked out after the answer. */
  readonly probability: number | null
  /** Signed proof of this offer in this answer, put in when the decision has its id; null in mode test, where there is nothing to tell. */
  token: string | null
  readonly expiresAtMs: number
  /** JSON text, made when the strategy was loaded. */
  readonly contentJson: string
  readonly labelsJson: string
}

export interface FilledPlacement {
  readonly id: string
  readonly fallback: boolean
  readonly offers: readonly PlacedOffer[]
}

/** One answered decision. */
export interface Decision {
  readonly id: string
  readonly decidedAtMs: number
  readonly strategy: { readonly version: number; readonly hash: string }
  readonly customer: CustomerKey & {
    readonly known: boolean
    readonly holdout: boolean
    readonly control: boolean
    readonly experiments: Readonly<Record<string, string>>
  }
  readonly channel: string
  readonly placements: readonly FilledPlacement[]
  readonly degraded: readonly string[]
}

/** Durations of the parts of one decision in milliseconds, for the Server-Timing header and the metrics. */
export interface StageTimings {
  readonly profile: number
  readonly policy: number
  readonly model: number
  readonly arbitrate: number
  readonly total: number
}
