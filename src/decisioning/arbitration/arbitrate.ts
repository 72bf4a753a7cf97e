import { createDraws } from '../../learning/beta.js'
import { createRandom } from '../../learning/random.js'
import { TRUE, type Facts } from '../../policy/facts.js'
import { murmur3 } from '../../policy/hash.js'
import type { Offer, Strategy } from '../../policy/strategy.js'
import { end, stageNumber, type Candidates } from '../candidates.js'
import { columnsOf } from '../offer-columns.js'
import { leverMoves, percentFor, type LeverMove } from './lever-moves.js'
import type { Propensities } from '../propensity/propensities.js'
import {
  drawNumber,
  drawPropensities,
  posteriorsOf,
  type Posteriors
} from '../propensity/posteriors.js'
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

/** What a contest leaves to chance. Seeds have 32 bits. */
export type Exploring =
  /** `share` of the slots, above 0 and at most 1, are filled by chance. */
  | { readonly method: 'epsilon'; readonly share: number; readonly seed: number }
  /** Propensities are drawn. */
  | { readonly method: 'thompson'; readonly posteriors: Posteriors; readonly seed: number }

/** What the priorities of a contest are made of, beside the propensities. */
type Factors = Pick<Contest, 'positions' | 'c' | 'v' | 'l'>
type Ranking = Pick<Contest, 'p' | 'priorities' | 'order'>

/** A context weight that held for all offers that it names, or (offers given) for some. */
export interface HeldWeight {
  readonly weight: number
  readonly offers?: readonly number[]
}

/** The candidates whose value can be told, and those values in the same order. */
export interface Valued {
  readonly left: Int32Array
  /** undefined where all values of the strategy are plain numbers. */
  readonly values: Float64Array | undefined
}

/** Removes candidates whose value reads something missing, or comes to less than nothing. */
export function keepValued(
  strategy: Strategy,
  facts: Facts,
  candidates: Candidates,
  left: Int32Array
): Valued {
  const columns = columnsOf(strategy)
  if (columns.arePlain) return { left, values: undefined }
  const values = new Float64Array(left.length)
  const kept = new Int32Array(left.length)
  let count = 0
  for (let i = 0; i < left.length; i++) {
    const position = left[i]!
    const offer = candidates.offers[position]!
    const known = columns.values[offer]!
    const value = Number.isNaN(known) ? valueFor(strategy.offers[offer]!, facts) : known
    if (typeof value === 'number' && value >= 0 && value < Infinity) {
      kept[count] = position
      values[count++] = value
    } else {
      end(candidates, position, stageNumber.value)
    }
  }
  return { left: kept.subarray(0, count), values: values.subarray(0, count) }
}

function plainValues(strategy: Strategy, { offers }: Candidates, left: Int32Array): Float64Array {
  const { values } = columnsOf(strategy)
  const found = new Float64Array(left.length)
  for (let i = 0; i < left.length; i++) found[i] = values[offers[left[i]!]!]!
  return found
}

function valueFor({ value, index }: Offer, facts: Facts): unknown {
  return typeof value === 'number' ? value : value.value(facts, index)
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
  const { c, weights } = contextFactors(strategy, facts, candidates, left)
  const moves = leverMoves(strategy, facts)
  const l = leverFactors(strategy, candidates, left, moves)
  const v = values ?? plainValues(strategy, candidates, left)
  const factors = { positions: left, c, v, l }
  const exploring = exploringOf(strategy, candidates, left, propensities, seed)
  const p =
    exploring?.method === 'thompson'
      ? drawPropensities(exploring.posteriors, createDraws(createRandom(exploring.seed)))
      : propensities.values
  const ranking = rankBy(strategy, facts, candidates, factors, p)
  endUnvalued(candidates, left, ranking.priorities)
  return { ...factors, ...ranking, weights, moves, exploring }
}

/**
 * The contest with propensities drawn anew, where they are drawn: who leaves it makes another, independent draw.
 * @param withdrawn by contestant: 1 where it no longer competes
 */
export function drawAgain(
  strategy: Strategy,
  facts: Facts,
  candidates: Candidates,
  contest: Contest,
  withdrawn: Uint8Array
): Contest {
  const { exploring } = contest
  if (exploring?.method !== 'thompson') return contest
  const random = createRandom(exploring.seed, drawNumber(candidates, withdrawn))
  const p = drawPropensities(exploring.posteriors, createDraws(random))
  const ranking = rankBy(strategy, facts, candidates, contest, p)
  endUnvalued(candidates, contest.positions, ranking.priorities, withdrawn)
  return { ...contest, ...ranking }
}

/** Priorities by these propensities, and the order that they give; changes nothing. */
export function rankBy(
  strategy: Strategy,
  facts: Facts,
  candidates: Candidates,
  factors: Factors,
  p: Float64Array
): Ranking {
  const { positions } = factors
  const priorities = new Float64Array(positions.length)
  for (let i = 0; i < positions.length; i++)
    priorities[i] = priorityOf(strategy, facts, candidates, factors, i, p[i]!)
  return { p, priorities, order: inOrder(strategy, candidates, { positions, priorities, p }) }
}

/** A contestant's priority by this propensity; NaN where the strategy's own formula reads something that is missing. */
export function priorityOf(
  { formula }: Strategy,
  facts: Facts,
  candidates: Candidates,
  { positions, c, v, l }: Factors,
  i: number,
  p: number
): number {
  if (formula === undefined) return p * c[i]! * v[i]! * l[i]!
  return formula.priority(facts, candidates.offers[positions[i]!]!, p, c[i]!, v[i]!, l[i]!) ?? NaN
}

/** Ends those for which the strategy's own formula reads something that is missing. */
function endUnvalued(
  candidates: Candidates,
  positions: Int32Array,
  priorities: Float64Array,
  withdrawn?: Uint8Array
): void {
  for (let i = 0; i < positions.length; i++) {
    if (Number.isNaN(priorities[i]) && withdrawn?.[i] !== 1)
      end(candidates, positions[i]!, stageNumber.value)
  }
}

function exploringOf(
  { exploration, offers }: Strategy,
  candidates: Candidates,
  left: Int32Array,
  propensities: Propensities,
  seed: string
): Exploring | undefined {
  switch (exploration.method) {
    case 'none':
      return undefined
    case 'epsilon':
      return { ...exploration, seed: murmur3(seed) }
    case 'thompson': {
      const posteriors = posteriorsOf(offers, candidates, left, propensities)
      return { method: 'thompson', posteriors, seed: murmur3(seed) }
    }
  }
}

/** L, by contestant. */
function leverFactors(
  { offers }: Strategy,
  candidates: Candidates,
  left: Int32Array,
  moves: readonly LeverMove[]
): Float64Array {
  const l = new Float64Array(left.length)
  for (let i = 0; i < left.length; i++) {
    const offer = offers[candidates.offers[left[i]!]!]!
    l[i] =
      moves.length === 0
        ? offer.leverFactor
        : Math.max(0, (100 + offer.lever + percentFor(moves, offer.index)) / 100)
  }
  return l
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
  const percents = new Float64Array(left.length)
  strategy.contextWeights.forEach(({ condition, weight, offers }, number) => {
    const isForAll = condition.test >= 0
    if (isForAll && facts.tests[condition.test] !== TRUE) return
    const held: number[] = []
    let next = 0
    for (let i = 0; i < left.length; i++) {
      const offer = candidates.offers[left[i]!]!
      next = firstFrom(offers, next, offer)
      if (offers[next] !== offer) continue
      if (!isForAll && condition.holds(facts, offer) !== TRUE) continue
      percents[i]! += weight
      if (!isForAll) held.push(offer)
    }
    if (isForAll) weights.push({ weight: number })
    else if (held.length > 0) weights.push({ weight: number, offers: held })
  })
  for (let i = 0; i < left.length; i++) c[i] = Math.max(0, 1 + percents[i]! / 100)
  return { c, weights }
}

/** The first position, from one on, of a number that is at least another, in a rising list; in steps that double, for it is seldom far. */
function firstFrom(rising: Int32Array, from: number, least: number): number {
  let low = from
  let step = 1
  while (low + step < rising.length && rising[low + step]! < least) {
    low += step
    step *= 2
  }
  let high = Math.min(rising.length, low + step)
  while (low < high) {
    const middle = (low + high) >> 1
    if (rising[middle]! < least) low = middle + 1
    else high = middle
  }
  return low
}

function inOrder(
  strategy: Strategy,
  candidates: Candidates,
  { positions, priorities, p }: Pick<Contest, 'positions' | 'priorities' | 'p'>
): Int32Array {
  return rank(priorities, (a, b) => {
    const one = strategy.offers[candidates.offers[positions[a]!]!]!
    const other = strategy.offers[candidates.offers[positions[b]!]!]!
    if (one.mandatory !== other.mandatory) return one.mandatory
    if (priorities[a] !== priorities[b]) return priorities[a]! > priorities[b]!
    return p[a] === p[b] ? one.id < other.id : p[a]! > p[b]!
  })
}
