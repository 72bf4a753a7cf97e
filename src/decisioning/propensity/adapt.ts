import type { PropensitySource } from '../../domain/decision.js'
import type { Experience, Regression } from '../../domain/learning.js'
import {
  corrected,
  correctionBy,
  encodeObservation,
  interceptPrecisionOf,
  varianceBy,
  type RegressionSettings
} from '../../learning/adaptive-logistic.js'
import { invertPositiveDefinite } from '../../learning/matrix.js'
import type { Facts } from '../../policy/facts.js'
import type { Adapt, AdaptFeatures, Offer, Strategy } from '../../policy/strategy.js'
import { blend } from '../../scoring/blend.js'
import { stageNumber, type Candidates } from '../candidates.js'
import type { LearntTable } from './learnt.js'
import type { Adapted, Propensities } from './propensities.js'

/** Corrects the propensities of offers that adapt by what was learnt in the channel; the same ones where none was. */
export function adaptPropensities(
  { offers }: Strategy,
  facts: Facts,
  candidates: Candidates,
  left: Int32Array,
  propensities: Propensities,
  { version, channels }: LearntTable,
  channel: number
): Propensities {
  const starts = propensities.values
  const values = starts.slice()
  const evidence = new Float64Array(left.length)
  const worth = new Float64Array(left.length)
  const experience = channels[channel]
  for (let i = 0; i < left.length; i++) {
    const offer = offers[candidates.offers[left[i]!]!]!
    worth[i] = offer.evidence
    const known = experience?.[offer.index]
    if (known === undefined) continue
    evidence[i] = known.impressions
    if (offer.adapt?.features === undefined) {
      const { impressions, positives } = known
      values[i] = blend(starts[i]!, offer.evidence, impressions, positives / impressions)
      worth[i] = offer.evidence + impressions
    } else if (known.regression !== undefined) {
      correct(known, known.regression, offer.adapt.features, facts, offer.index, {
        values,
        worth,
        i
      })
    }
  }
  return { ...propensities, values, adapted: { version, starts, evidence, worth } }
}

/** Corrects one start propensity, in place, by the features of customer, moment and offer. */
function correct(
  { total, begunAt }: Experience,
  regression: Regression,
  { expressions, list }: AdaptFeatures,
  facts: Facts,
  offer: number,
  into: { readonly values: Float64Array; readonly worth: Float64Array; readonly i: number }
): void {
  const { x, read, covariance } = readyToCorrect(regression, expressions.length)
  for (let j = 0; j < expressions.length; j++) read[j] = expressions[j]!.value(facts, offer)
  // A candidate is what the next impression would be.
  encodeObservation(list, regression, read, total - begunAt + 1, x)
  const p = corrected(into.values[into.i]!, correctionBy(regression.weights, x))
  into.values[into.i] = p
  into.worth[into.i] = Math.max(0, (p * (1 - p)) / varianceBy(p, covariance, x) - 1)
}

/** What correcting by a regression needs, made when it is first used; x and read are written anew for every candidate. */
interface ReadyToCorrect {
  readonly x: Float64Array
  readonly read: unknown[]
  readonly covariance: Float64Array
}

const ready = new WeakMap<Regression, ReadyToCorrect>()

function readyToCorrect(regression: Regression, features: number): ReadyToCorrect {
  const known = ready.get(regression)
  if (known !== undefined) return known
  const { weights, precision } = regression
  const made = {
    x: new Float64Array(weights.length),
    read: new Array<unknown>(features).fill(undefined),
    covariance: invertPositiveDefinite(precision, weights.length)
  }
  ready.set(regression, made)
  return made
}

/** How an offer's regression is fitted. */
export function regressionSettings(
  { prior, evidence }: Offer,
  { forget }: Adapt,
  { list: features, columns }: AdaptFeatures
): RegressionSettings {
  return { features, columns, forget, interceptPrecision: interceptPrecisionOf(prior, evidence) }
}

/** A placed offer as its impression will be learnt from, whatever strategy is in force then. */
export type LearntAbout = readonly [
  offerId: string,
  /** Adapt.way, which the values are for. */
  way: string,
  start: number,
  /** By feature; null where missing. */
  values: readonly unknown[]
]

/** What the placed offers that adapt by features were judged by, for the record. @param left positions in the candidates */
export function learntAbout(
  { offers }: Strategy,
  facts: Facts,
  { offers: numbers, stages }: Candidates,
  left: Int32Array,
  { starts }: Adapted
): LearntAbout[] {
  const placed: LearntAbout[] = []
  for (let i = 0; i < left.length; i++) {
    if (stages[left[i]!] !== stageNumber.selected) continue
    const { id, index, adapt } = offers[numbers[left[i]!]!]!
    if (adapt?.features === undefined) continue
    const values = adapt.features.expressions.map(feature => feature.value(facts, index) ?? null)
    placed.push([id, adapt.way, starts[i]!, values])
  }
  return placed
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
  { adapt }: Offer,
  { values, models, adapted }: Propensities,
  contestant: number
): Standing {
  if (adapt === undefined || adapted === undefined) {
    const source = models[contestant] === undefined ? 'prior' : 'model'
    return { source, evidence: 0, variance: null }
  }
  const source = adapt.features === undefined ? 'blend' : 'adaptive'
  return {
    source,
    evidence: adapted.evidence[contestant]!,
    variance: varianceOf(values[contestant]!, adapted, contestant)
  }
}

/** Of a beta distribution with this mean, worth so many impressions. */
function varianceOf(p: number, { worth }: Adapted, contestant: number): number {
  return (p * (1 - p)) / (worth[contestant]! + 1)
}
