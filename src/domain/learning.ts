import type { CustomerKey } from './customer.js'

/** What is to be learnt of one event about an offer whose propensity adapts. */
export interface Lesson {
  /** `positive`: the interaction that is the offer's success; `end`: a rejected or ignored offer, which is waited for no longer. */
  readonly kind: 'impression' | 'positive' | 'end'
  readonly offerId: string
  /** Of impressions always known; of others where their token or their teller says it. */
  readonly channel: string | undefined
  readonly timeMs: number
  /** A slot of a decision, or, of events that came without a token, the event itself. */
  readonly about: Slot | ToldEvent
}

/** Where a decision has put an offer. */
export interface Slot {
  readonly decisionId: string
  readonly placement: string
}

export interface ToldEvent {
  readonly customer: CustomerKey
  readonly source: string
  readonly id: string
}

/** Where the ledger keeps something: entries of a slice are kept, and forgotten, together. */
export interface LedgerPlace {
  readonly slice: string
  readonly entry: string
}

/**
 * What is known of one impression, whatever came first and however often: of each kind the earliest time, in ms since 1970,
 * Infinity where there was none.
 */
export interface LedgerEntry {
  readonly impressionMs: number
  readonly positiveMs: number
  readonly endMs: number
  /** Experience.total when the impression was counted; 0 where it was not. */
  readonly counted: number
  /** Whether the impression is counted as a positive now. */
  readonly turned: boolean
}

/** What was seen of one offer in one channel since its start propensity was set. */
export interface Experience {
  /** What it is made for: experience that another way of learning has gathered is begun anew. */
  readonly way: string
  /** Impressions, those that are forgotten taken off. */
  readonly impressions: number
  /** Impressions with a positive, those that are forgotten taken off. */
  readonly positives: number
  /** Impressions ever. */
  readonly total: number
  /** Experience.total when it was begun anew: what was counted until then is not in it. */
  readonly begunAt: number
  /** Of offers that adapt by features; undefined for others, and before the first impression. */
  readonly regression: Regression | undefined
}

/** What corrects a start propensity by features (adaptive-logistic.ts). */
export interface Regression {
  /** By feature: of numbers the mean, and the sum of squared distances from it; 0 for others. */
  readonly means: Float64Array
  readonly squares: Float64Array
  /** By column: the means of the weights, and how well they are known together, row by row. */
  readonly weights: Float64Array
  readonly precision: Float64Array
}

/** Something that a propensity adapts by. */
export type LearningFeature =
  | { readonly type: 'number' | 'boolean'; readonly values?: undefined }
  | { readonly type: 'string'; readonly values: readonly string[] }

/** Names the experience with an offer in a channel. */
export function experienceName(offerId: string, channel: string): string {
  // No id holds a control character.
  return `${offerId}\0${channel}`
}

/** How many columns a feature takes. */
export function columnsOf(feature: LearningFeature): number {
  return feature.type === 'string' ? feature.values.length : 1
}
