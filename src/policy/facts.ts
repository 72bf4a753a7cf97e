import type { History } from '../domain/history.js'

/** Truth with a third value, for what cannot be known: 0 false, 1 true, 2 unknown. A rule holds only when 1. */
export type Tri = 0 | 1 | 2
export const TRUE = 1

/**
 * What the conditions of one decision read and what they found. Made once a decision, with every field set.
 * Attribute values are of the declared type (timestamps in ms since 1970) or undefined where missing; defaults are already in.
 */
export interface Facts {
  /** By attribute position in the strategy. */
  readonly attributes: unknown[]
  /** By context position in the strategy. */
  readonly context: unknown[]
  readonly tags: readonly string[]
  readonly history: History
  readonly nowMs: number
  /** `namespace/id` of the canonical customer, for bucket(). */
  readonly subject: string
  /** Tri by test number: what every condition that does not depend on the offer came to. Written by Program.run. */
  readonly tests: Uint8Array
  /** By call number: what seen(), lastSeen(), tagged(), near() and bucket() answered; NaN where unknown. Written by Program.run. */
  readonly calls: Float64Array
}
