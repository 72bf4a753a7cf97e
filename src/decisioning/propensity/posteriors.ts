import { betaBound, type Draws } from '../../learning/beta.js'
import type { Offer } from '../../policy/strategy.js'
import type { Candidates } from '../candidates.js'
import type { Propensities } from './propensities.js'

/** What is known of the contestants' propensities: beta distributions, by their means and by the impressions these are worth. */
export interface Posteriors {
  /** In [0, 1]. */
  readonly means: Float64Array
  /** At least 0; 0 says that the mean is taken as it is. */
  readonly evidence: Float64Array
}

/** What is known of the candidates that are left: the propensity, worth the offer's start evidence and what was learnt since. */
export function posteriorsOf(
  offers: readonly Offer[],
  candidates: Candidates,
  left: Int32Array,
  { values, adapted }: Propensities
): Posteriors {
  if (adapted !== undefined) return { means: values, evidence: adapted.worth }
  const evidence = new Float64Array(left.length)
  for (let i = 0; i < left.length; i++) evidence[i] = offers[candidates.offers[left[i]!]!]!.evidence
  return { means: values, evidence }
}

/** One draw of a contestant's propensity from Beta(s·m, s·(1 − m)), m the mean and s the evidence; the mean itself where there is nothing to draw. */
export function drawPropensity(
  { means, evidence }: Posteriors,
  contestant: number,
  draws: Draws
): number {
  const mean = means[contestant]!
  const a = evidence[contestant]! * mean
  const b = evidence[contestant]! * (1 - mean)
  return a > 0 && b > 0 ? draws.beta(a, b) : mean
}

/** A draw that comes less often than once in ten million times. */
const NEVER = 16

/** What no draw of a contestant's propensity exceeds, but for one in ten million. In [0, 1]. */
export function mostDrawn({ means, evidence }: Posteriors, contestant: number): number {
  const mean = means[contestant]!
  const a = evidence[contestant]! * mean
  const b = evidence[contestant]! * (1 - mean)
  return a > 0 && b > 0 ? betaBound(a, b, NEVER) : mean
}

/** One draw for each contestant. */
export function drawPropensities(posteriors: Posteriors, draws: Draws): Float64Array {
  const drawn = new Float64Array(posteriors.means.length)
  for (let i = 0; i < drawn.length; i++) drawn[i] = drawPropensity(posteriors, i, draws)
  return drawn
}

/**
 * Which draw under one seed: the first is 0, and among others that may be chosen it is another, independent one. So who fills a
 * slot in the end was drawn as if those that strict limits have ended had never been there.
 * @param withdrawn by contestant: 1 where it no longer competes
 */
export function drawNumber({ rooms }: Candidates, withdrawn: Uint8Array | undefined): number {
  if (withdrawn === undefined) return 0
  let hash = 0x811c9dc5
  for (const out of withdrawn) hash = Math.imul(hash ^ out, 0x01000193)
  for (const room of rooms) hash = Math.imul(hash ^ room, 0x01000193)
  return hash
}
