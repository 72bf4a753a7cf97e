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

/** What was seen of an offer in a channel, as Experience counts it. */
export type Evidence = Pick<Experience, 'impressions' | 'positives'>

/** What was known at one time, kept so that it can be looked at how learning went. */
export interface LearningPoint {
  readonly timeMs: number
  /** By experienceName; of MOST_IN_POINT at most, those with the most impressions. */
  readonly seen: ReadonlyMap<string, Evidence>
}

/** Bounds a point to about 20 kB. */
export const MOST_IN_POINT = 500

/**
 * Points are kept in series, each more widely spaced and for longer than the one before: half a day, a week, a year. All together they
 * take about 14 MB at most, and some 100 kB for a catalogue of a dozen offers.
 */
export const POINT_SERIES: ReadonlyArray<{ readonly everyMs: number; readonly most: number }> = [
  { everyMs: 300_000, most: 144 },
  { everyMs: 3_600_000, most: 168 },
  { everyMs: 86_400_000, most: 366 }
]

/** Names the experience with an offer in a channel. */
export function experienceName(offerId: string, channel: string): string {
  // No id holds a control character.
  return `${offerId}\0${channel}`
}

/** How many columns a feature takes. */
export function columnsOf(feature: LearningFeature): number {
  return feature.type === 'string' ? feature.values.length : 1
}
