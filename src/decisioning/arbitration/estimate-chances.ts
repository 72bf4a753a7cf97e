import { createDraws, type Draws } from '../../learning/beta.js'
import { createRandom } from '../../learning/random.js'
import type { Strategy } from '../../policy/strategy.js'
import { priorityOf, rankBy, type Exploring } from './arbitrate.js'
import type { Asked } from '../asked.js'
import { stageNumber } from '../candidates.js'
import type { Outcome } from '../choose.js'
import { fillBest } from './fill.js'
import { drawPropensity, mostDrawn } from '../propensity/posteriors.js'

/** An offer in its slot, and how likely it was that drawn propensities put it there. */
export interface DrawnSlot {
  /** The asked placement. */
  readonly placement: number
  readonly contestant: number
  /** Given the slots before; over the slots of an answer their product is the whole answer's. Above 0. */
  readonly probability: number
  readonly standardError: number
}

/** A propensity's drawing, as contests know it. */
export type Drawing = Extract<Exploring, { method: 'thompson' }>

/** How many other answers are drawn for the probabilities of one. */
export const ESTIMATING_DRAWS = 256
/** Their stream; a decision itself draws from others. */
const ESTIMATING = 0x65737469
/** Less than a decision may search: what excludes each other is nearly always found in a few. */
const MOST_NODES = 1000

/**
 * Estimates how likely every slot of an answer was, from other draws of the same propensities: of those that agree in the slots
 * before, the share that agrees in this one too. The decision counts as one of the draws, so that nothing that happened has
 * probability 0: an answer less likely than one in 257 is told as one in 257. Standard errors are Agresti and Coull's. Slots that
 * stay empty count as slots before.
 *
 * Only those compete that did in the end. It takes milliseconds, and tens of them for ten slots: not for the path of a request, and
 * therefore step by step, a draw each. The same seed gives the same.
 */
export function* estimateChances(
  strategy: Strategy,
  asked: Asked,
  outcome: Outcome,
  drawing: Drawing
): Generator<undefined, DrawnSlot[], undefined> {
  const { candidates, contest, filling } = outcome
  const slots = asked.placements.flatMap(({ count }, placement) =>
    Array.from({ length: count }, (_, slot) => ({
      placement,
      slot,
      contestant: filling[placement]![slot] ?? -1
    }))
  )
  if (slots.every(({ contestant }) => contestant < 0)) return []
  const alone = asked.placements.length === 1 && strategy.exclusions.never.length === 0
  const draws = new OtherDraws(strategy, outcome, drawing, alone ? slots[0]!.contestant : -1)
  if (alone && slots.length === 1) {
    const { placement, contestant } = slots[0]!
    let first = 0
    for (let draw = 0; draw < ESTIMATING_DRAWS; draw++) {
      yield
      if (draws.firstStays()) first++
    }
    return [{ placement, contestant, ...shareOf(first, ESTIMATING_DRAWS) }]
  }
  /** By number of slots: the draws that agree in as many, from the first on. */
  const agreeing = new Uint32Array(slots.length + 1)
  agreeing[0] = ESTIMATING_DRAWS
  for (let draw = 0; draw < ESTIMATING_DRAWS; draw++) {
    yield
    const ranking = draws.next()
    if (ranking === undefined) continue
    const order = ranking.order.filter(
      contestant => candidates.stages[contest.positions[contestant]!]! >= stageNumber.outranked
    )
    const field = { strategy, asked, candidates, contest: { ...contest, ...ranking }, order }
    const other = fillBest(field, [], MOST_NODES).filling
    for (const [i, { placement, slot, contestant }] of slots.entries()) {
      if ((other[placement]![slot] ?? -1) !== contestant) break
      agreeing[i + 1]!++
    }
  }
  return slots.flatMap(({ placement, contestant }, i) =>
    contestant < 0 ? [] : [{ placement, contestant, ...shareOf(agreeing[i + 1]!, agreeing[i]!) }]
  )
}

/** Draws of a decision's propensities that it might have met as well. */
class OtherDraws {
  readonly #strategy: Strategy
  readonly #outcome: Outcome
  readonly #posteriors: Drawing['posteriors']
  readonly #draws: Draws
  /** Who stands first in the only placement; -1 where that says nothing about the others. */
  readonly #first: number
  /** The contestants that stand before the first if their priority is higher, by `most` from the highest on. */
  readonly #rivals: readonly number[]
  /** By rival: what its priority does not exceed in any draw that matters. */
  readonly #most: readonly number[]
  readonly #p: Float64Array

  constructor(strategy: Strategy, outcome: Outcome, drawing: Drawing, first: number) {
    this.#strategy = strategy
    this.#outcome = outcome
    this.#posteriors = drawing.posteriors
    this.#draws = createDraws(createRandom(drawing.seed, ESTIMATING))
    this.#first = first
    const rivals = first < 0 ? [] : this.#rivalsOf(first)
    this.#rivals = rivals.map(({ contestant }) => contestant)
    this.#most = rivals.map(({ most }) => most)
    this.#p = new Float64Array(outcome.contest.positions.length)
  }

  /** Draws until it is known whether the first stands before its rivals; most of these cannot reach it, or one of the first few does. */
  firstStays(): boolean {
    const bar = this.#priority(this.#first)
    for (let i = 0; i < this.#rivals.length && this.#most[i]! > bar; i++)
      if (this.#priority(this.#rivals[i]!) > bar) return false
    return true
  }

  /** Another ranking; undefined where the first is beaten: then the rest makes no difference. */
  next(): ReturnType<typeof rankBy> | undefined {
    const { facts, candidates, contest } = this.#outcome
    this.#p.fill(NaN)
    if (this.#first >= 0 && !this.firstStays()) return undefined
    for (let i = 0; i < this.#p.length; i++) if (Number.isNaN(this.#p[i])) this.#priority(i)
    return rankBy(this.#strategy, facts, candidates, contest, this.#p.slice())
  }

  #rivalsOf(first: number): Array<{ readonly contestant: number; readonly most: number }> {
    const { facts, candidates, contest } = this.#outcome
    const isMandatory = (contestant: number): boolean =>
      this.#strategy.offers[candidates.offers[contest.positions[contestant]!]!]!.mandatory
    // A strategy's own formula need not rise with the propensity.
    const rises = this.#strategy.formula === undefined
    return Array.from(contest.positions.keys())
      .filter(
        i =>
          i !== first &&
          candidates.stages[contest.positions[i]!]! >= stageNumber.outranked &&
          isMandatory(i) === isMandatory(first)
      )
      .map(contestant => {
        const p = mostDrawn(this.#posteriors, contestant)
        const most = rises
          ? priorityOf(this.#strategy, facts, candidates, contest, contestant, p)
          : Infinity
        return { contestant, most }
      })
      .sort((a, b) => (a.most === b.most ? 0 : b.most - a.most))
  }

  /** Draws a contestant's propensity. */
  #priority(contestant: number): number {
    const { facts, candidates, contest } = this.#outcome
    const drawn = drawPropensity(this.#posteriors, contestant, this.#draws)
    this.#p[contestant] = drawn
    return priorityOf(this.#strategy, facts, candidates, contest, contestant, drawn)
  }
}

function shareOf(agreeing: number, of: number): { probability: number; standardError: number } {
  const share = (agreeing + 2) / (of + 4)
  return {
    probability: (agreeing + 1) / (of + 1),
    standardError: Math.sqrt((share * (1 - share)) / (of + 4))
  }
}
