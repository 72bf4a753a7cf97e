import type { PropensitySource } from '../domain/decision.js'
import type { Offer, Strategy } from '../policy/strategy.js'
import { blend } from '../scoring/blend.js'
import type { Candidates } from './candidates.js'
import type { LearntTable } from './learnt.js'
import type { Propensities } from './propensities.js'

/** Corrects the propensities of offers that adapt by what was learnt in the channel; the same ones where none was. */
export function adaptPropensities(
  { offers }: Strategy,
  candidates: Candidates,
  left: Int32Array,
  propensities: Propensities,
  { version, channels }: LearntTable,
  channel: number
): Propensities {
  const starts = propensities.values
  const evidence = new Float64Array(left.length)
  const experience = channels[channel]
  if (experience === undefined) return { ...propensities, adapted: { version, starts, evidence } }
  const values = starts.slice()
  for (let i = 0; i < left.length; i++) {
    const offer = candidates.offers[left[i]!]!
    const known = experience[offer]
    if (known === undefined) continue
    const { impressions, positives } = known
    values[i] = blend(starts[i]!, offers[offer]!.evidence, impressions, positives / impressions)
    evidence[i] = impressions
  }
  return { ...propensities, values, adapted: { version, starts, evidence } }
}

/** Where a propensity came from and how well it is known, for people and for the record. */
export interface Standing {
  readonly source: PropensitySource
  readonly evidence: number
  /** Of what is known of the propensity; null where nobody knows. */
  readonly variance: number | null
}

/** @param contestant position among the candidates that are left */
export function standingOf(
  offer: Offer,
  { values, models, adapted }: Propensities,
  contestant: number
): Standing {
  if (offer.adapt === undefined || adapted === undefined) {
    const source = models[contestant] === undefined ? 'prior' : 'model'
    return { source, evidence: 0, variance: null }
  }
  const p = values[contestant]!
  const evidence = adapted.evidence[contestant]!
  return { source: 'blend', evidence, variance: (p * (1 - p)) / (evidence + offer.evidence + 1) }
}
