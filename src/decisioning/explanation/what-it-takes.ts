import type { Formula } from '../../policy/strategy.js'
import type { Facts } from '../../policy/facts.js'
import { isDeviating } from '../trace/exploration-trace.js'
import { textsOf } from './explanation-texts.js'
import type { Legend } from '../trace/legend.js'
import { thresholdsOf, type Competition, type Threshold } from './priority-needed.js'
import type { Need, Trace } from '../trace/trace.js'

/** A factor that is told must exceed what is needed by more than the noise of floats. */
const MARGIN = 1 + 1e-9
const SEVEN_DIGITS = 1e6
/** Told where hardly more than nothing is enough. */
const LEAST = 1e-6
/** How often a factor is doubled in search of one that is enough. */
const MOST_DOUBLINGS = 60
const BISECTIONS = 60

type Factors = Record<'c' | 'v' | 'l', number>

/** Finds the least of one factor that brings a priority above a threshold; NaN where nothing does. */
type FindFactor = (contestant: number, factor: keyof Factors, above: number) => number

/**
 * What the three best losers of a decision would need to win, the best first, by the ordering without exploration; undefined where
 * its trace does not tell, or where chance has chosen others than the ordering.
 * Worked out from the trace alone, so that it is the same whenever it is asked for.
 */
export function whatItTakes(trace: Trace, legend: Legend): readonly Need[] | undefined {
  const { contest, filling } = trace
  if (contest === null || filling === undefined || isDeviating(trace.exploration)) return undefined
  if (filling.needs !== undefined) return filling.needs()
  const { p, c, v, l } = contest
  return needsOf(trace, legend, (contestant, factor, above) => {
    const one = factor === 'c' ? v : c
    const other = factor === 'l' ? v : l
    return justAbove(above / (p[contestant]! * one[contestant]! * other[contestant]!))
  })
}

/** The same for a strategy's own formula, which can only be asked while the decision's facts are at hand. */
export function whatItTakesBy(
  formula: Formula,
  facts: Facts,
  trace: Trace,
  legend: Legend
): readonly Need[] {
  const contest = trace.contest!
  return needsOf(trace, legend, (contestant, factor, above) => {
    const offer = trace.offers[contest.positions[contestant]!]!
    const p = contest.p[contestant]!
    const own: Factors = {
      c: contest.c[contestant]!,
      v: contest.v[contestant]!,
      l: contest.l[contestant]!
    }
    return findFactor(
      value => {
        const { c, v, l }: Factors = { ...own, [factor]: value }
        return formula.priority(facts, offer, p, c, v, l) ?? NaN
      },
      own[factor],
      above
    )
  })
}

function needsOf(trace: Trace, legend: Legend, find: FindFactor): Need[] {
  const { contest, filling } = trace
  if (contest === null || filling === undefined) return []
  const competition = { trace, contest, filling, legend, texts: textsOf(legend) }
  return thresholdsOf(competition).map(threshold => needOf(threshold, competition, find))
}

function needOf(threshold: Threshold, competition: Competition, find: FindFactor): Need {
  const { contestant, placement, priority: above, reason } = threshold
  if (placement < 0) {
    return {
      contestant,
      placement,
      priority: null,
      value: null,
      lever: null,
      contextWeight: null,
      reason
    }
  }
  const weight = percentOf(find(contestant, 'c', above))
  return {
    contestant,
    placement,
    priority: orNull(justAbove(above)),
    value: orNull(find(contestant, 'v', above)),
    lever: percentOf(find(contestant, 'l', above)),
    contextWeight: weight === null ? null : rounded(weight - heldPercent(contestant, competition)),
    reason: null
  }
}

/** The sum of the context weights that held for a contestant. */
function heldPercent(contestant: number, { trace, contest, legend, texts }: Competition): number {
  const offer = trace.offers[contest.positions[contestant]!]!
  let sum = 0
  for (const { weight, offers } of contest.weights) {
    const isFor =
      offers === undefined ? texts.weights[weight]!.isFor[offer] === 1 : offers.includes(offer)
    if (isFor) sum += legend.weights[weight]!.weight
  }
  return sum
}

/**
 * The least factor by which a formula gives more than a threshold. Formulas are nearly always straight lines in one factor, and
 * two points tell where a line ends; whatever is no line is bisected, as if more of a factor never gave less.
 */
function findFactor(priorityAt: (factor: number) => number, from: number, above: number): number {
  const isEnough = (factor: number): boolean => priorityAt(factor) > above
  const here = priorityAt(from)
  const line = justAbove(from + (above - here) / (priorityAt(from + 1) - here))
  if (line > from && isEnough(line) && !isEnough(from + (line - from) * 0.9999)) return line
  let high = Math.max(from, 1)
  let doublings = 0
  while (!isEnough(high)) {
    if (++doublings > MOST_DOUBLINGS) return NaN
    high *= 2
  }
  let low = from
  for (let i = 0; i < BISECTIONS; i++) {
    const middle = (low + high) / 2
    if (isEnough(middle)) high = middle
    else low = middle
  }
  return justAbove(high)
}

/** The smallest number of 7 digits that clearly lies above another and is a millionth at least; NaN where there is none. */
export function justAbove(number: number): number {
  if (!(number < Infinity)) return NaN
  if (number < LEAST) return LEAST
  let unit = 1
  while (number * unit < SEVEN_DIGITS) unit *= 10
  return Math.ceil(number * MARGIN * unit) / unit
}

/** A factor as the percent that make it: the other way round than L = 1 + percent / 100. */
function percentOf(factor: number): number | null {
  return Number.isNaN(factor) ? null : rounded((factor - 1) * 100)
}

/** Takes the noise of binary fractions away, but never what is needed. */
function rounded(percent: number): number {
  return Math.ceil(percent * 1e9 - 1e-3) / 1e9
}

function orNull(number: number): number | null {
  return Number.isNaN(number) ? null : number
}
