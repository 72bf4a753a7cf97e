import { TRUE, type Facts } from '../policy/facts.js'
import { murmur3 } from '../policy/hash.js'
import type { Strategy } from '../policy/strategy.js'
import { end, stageNumber, type Candidates } from './candidates.js'
import { leverMoves, percentFor, type LeverMove } from './lever-moves.js'
import type { Propensities } from './propensities.js'
import { rank } from './rank.js'

/** The candidates that may win, in columns, with the factors of their priority P × C × V × L. */
export interface Contest {
  /** Positions in the candidates. */
  readonly positions: Int32Array
  readonly p: Float64Array
  readonly c: Float64Array
  readonly v: Float64Array
  readonly l: Float64Array
  /** NaN where the strategy's own formula reads something that is missing. */
  readonly priorities: Float64Array
  /** Which context weights held: their numbers, by contestant only where a weight depends on the offer. */
  readonly weights: readonly HeldWeight[]
  /** What influencers added to levers. */
  readonly moves: readonly LeverMove[]
  /** Contestants, the best first. */
  readonly order: Int32Array
  /** How chance takes part in filling; undefined where nothing is explored. */
  readonly exploring: Exploring | undefined
}

/** What a contest leaves to chance. */
export interface Exploring {
  /** Of the slots that chance fills, above 0 and at most 1. */
  readonly share: number
  /** 32 bits. */
  readonly seed: number
}

/** A context weight that held for all offers that it names, or (offers given) for some. */
export interface HeldWeight {
  readonly weight: number
  readonly offers?: readonly number[]
}

/** The candidates whose value can be told, and those values in the same order. */
export interface Valued {
  readonly left: Int32Array
  readonly values: Float64Array
}

/** Removes candidates whose value reads something missing, or comes to less than nothing. */
export function keepValued(
  strategy: Strategy,
  facts: Facts,
  candidates: Candidates,
  left: Int32Array
): Valued {
  const kept = new Int32Array(left.length)
  const values = new Float64Array(left.length)
  let count = 0
  for (let i = 0; i < left.length; i++) {
    const position = left[i]!
    const offer = strategy.offers[candidates.offers[position]!]!
    const value =
      typeof offer.value === 'number' ? offer.value : offer.value.value(facts, offer.index)
    if (typeof value === 'number' && value >= 0 && value < Infinity) {
      kept[count] = position
      values[count++] = value
    } else {
      end(candidates, position, stageNumber.value)
    }
  }
  return { left: kept.subarray(0, count), values: values.subarray(0, count) }
}

/**
 * Gives every contestant its priority and puts them in order: mandatory ones first, then by priority, propensity and offer id.
 * @param seed of what the strategy leaves to chance
 */
export function arbitrate(
  strategy: Strategy,
  facts: Facts,
  candidates: Candidates,
  { left, values }: Valued,
  propensities: Propensities,
  seed: string
): Contest {
  const count = left.length
  const { c, weights } = contextFactors(strategy, facts, candidates, left)
  const moves = leverMoves(strategy, facts)
  const l = new Float64Array(count)
  const priorities = new Float64Array(count)
  for (let i = 0; i < count; i++) {
    const offer = strategy.offers[candidates.offers[left[i]!]!]!
    const p = propensities.values[i]!
    l[i] =
      moves.length === 0
        ? offer.leverFactor
        : Math.max(0, (100 + offer.lever + percentFor(moves, offer.index)) / 100)
    priorities[i] =
      strategy.formula === undefined
        ? p * c[i]! * values[i]! * l[i]!
        : (strategy.formula.priority(facts, offer.index, p, c[i]!, values[i]!, l[i]!) ?? NaN)
    if (Number.isNaN(priorities[i])) end(candidates, left[i]!, stageNumber.value)
  }
  const contest = {
    positions: left,
    p: propensities.values,
    c,
    v: values,
    l,
    priorities,
    weights,
    moves,
    exploring:
      strategy.exploration.method === 'epsilon'
        ? { share: strategy.exploration.share, seed: murmur3(seed) }
        : undefined
  }
  return { ...contest, order: inOrder(strategy, candidates, contest) }
}

/** C = max(0, 1 + Σ weights that hold / 100), by contestant. */
function contextFactors(
  strategy: Strategy,
  facts: Facts,
  candidates: Candidates,
  left: Int32Array
): { c: Float64Array; weights: HeldWeight[] } {
  const c = new Float64Array(left.length).fill(1)
  const weights: HeldWeight[] = []
  if (strategy.contextWeights.length === 0) return { c, weights }
  const percents = new Float64Array(strategy.offers.length)
  strategy.contextWeights.forEach(({ condition, weight, offers }, number) => {
    if (condition.test >= 0) {
      if (facts.tests[condition.test] !== TRUE) return
      for (const offer of offers) percents[offer]! += weight
      weights.push({ weight: number })
      return
    }
    const held: number[] = []
    for (let i = 0; i < left.length; i++) {
      const offer = candidates.offers[left[i]!]!
      if (!offers.includes(offer) || condition.holds(facts, offer) !== TRUE) continue
      percents[offer]! += weight
      held.push(offer)
    }
    if (held.length > 0) weights.push({ weight: number, offers: held })
  })
  for (let i = 0; i < left.length; i++) {
    c[i] = Math.max(0, 1 + percents[candidates.offers[left[i]!]!]! / 100)
  }
  return { c, weights }
}

function inOrder(
  strategy: Strategy,
  candidates: Candidates,
  { positions, priorities, p }: Omit<Contest, 'order'>
): Int32Array {
  return rank(priorities, (a, b) => {
    const one = strategy.offers[candidates.offers[positions[a]!]!]!
    const other = strategy.offers[candidates.offers[positions[b]!]!]!
    if (one.mandatory !== other.mandatory) return one.mandatory
    if (priorities[a] !== priorities[b]) return priorities[a]! > priorities[b]!
    return p[a] === p[b] ? one.id < other.id : p[a]! > p[b]!
  })
}
