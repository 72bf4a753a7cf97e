import { TRUE, type Facts } from '../../policy/facts.js'
import { leverMoves, percentFor, type LeverMove } from '../arbitration/lever-moves.js'
import type { Valued } from '../arbitration/arbitrate.js'
import type { Asked } from '../asked.js'
import type { Candidates } from '../candidates.js'
import type { Snapshot } from '../snapshot.js'
import { Highest } from './highest.js'
import { FEW, type ShortlistPlan, type ToldRows } from './shortlist-plan.js'

/** Candidates that are scored, because they may win or nearly do. */
export interface Shortlist {
  readonly valued: Valued
  /** What the priority of those that are not scored cannot exceed. */
  readonly atMost: number
}

/** How many the best losers are that people ask about, with some to spare. */
const BEST_LOSERS = 8
/** How far rounding may carry a score beyond 0 and 1 before its model counts as broken. */
const TOLERANCE = 1e-6
/** Of no offer. */
const NOBODY = -2

/**
 * Leaves only those candidates that may fill a slot, or be among the best losers: of the others it is certain, by bounds of their
 * scores, that so many come before them. The answer is the same as if all were scored, and so are the best losers.
 *
 * A candidate cannot fill a slot of a placement before which as many come as there are slots in the answer, counting no more of each
 * group than may stand in it: whatever the filling, one of those is free. Offers that exclude each other do not count.
 *
 * The rest stay what they are, outranked and unscored; undefined where all are to be scored.
 */
export function shortlist(
  { strategy, shortlist: plan }: Snapshot,
  asked: Asked,
  facts: Facts,
  candidates: Candidates,
  valued: Valued,
  control: boolean
): Shortlist | undefined {
  const { left } = valued
  if (plan === undefined || left.length <= FEW || asked.explain === 'full') return undefined
  const moves = leverMoves(strategy, facts)
  const moved = movedOffers(moves)
  meetClasses(plan, candidates, left)
  if (!control && !boundScores(plan, facts)) return undefined
  contextsOf(plan, strategy, facts)
  boundPriorities(plan, facts, percentFor(moves, NOBODY), control)
  const bar = barOf(plan, strategy.groupLimit, asked, candidates, left, moved)
  return bar === -Infinity ? undefined : above(plan, bar, asked, candidates, valued, moved)
}

/** Finds the classes of the candidates, and the rows that tell their scores. */
function meetClasses(plan: ShortlistPlan, { offers }: Candidates, left: Int32Array): void {
  const { met, metClasses, alike, told, classes } = plan
  const { classOf, bounds, rows } = alike
  const decision = ++plan.decisions
  for (const each of told) each.count = 0
  let count = 0
  for (let i = 0; i < left.length; i++) {
    const number = classOf[offers[left[i]!]!]!
    classes[i] = number
    if (met[number] === decision) continue
    met[number] = decision
    metClasses[count++] = number
    const row = rows[number]!
    if (row < 0) continue
    const asked = told[bounds[number]!]!
    if (asked.met[row] === decision) continue
    asked.met[row] = decision
    asked.asked[asked.count++] = row
  }
  plan.metCount = count
}

/** False where the facts do not tell the scores. */
function boundScores({ told }: ShortlistPlan, facts: Facts): boolean {
  return told.every(
    ({ bounds, asked, count, low, high }: ToldRows) =>
      count === 0 || bounds.bound(facts, asked.subarray(0, count), low, high)
  )
}

function contextsOf(
  { contexts, alike: { weightSets } }: ShortlistPlan,
  { contextWeights }: Snapshot['strategy'],
  { tests }: Facts
): void {
  for (let set = 0; set < weightSets.length; set++) {
    let percent = 0
    for (const number of weightSets[set]!) {
      const { condition, weight } = contextWeights[number]!
      if (tests[condition.test] === TRUE) percent += weight
    }
    contexts[set] = Math.max(0, 1 + percent / 100)
  }
}

/** By class: what its priority lies between, each product in the order of the priority's own, so that rounding keeps it there. */
function boundPriorities(
  plan: ShortlistPlan,
  facts: Facts,
  percent: number,
  control: boolean
): void {
  const { alike, told, contexts, low, high, metClasses, metCount } = plan
  for (let i = 0; i < metCount; i++) {
    const number = metClasses[i]!
    if (alike.mandatory[number] === 1) {
      low[number] = Infinity
      high[number] = Infinity
      continue
    }
    const c = contexts[alike.weightSetOf[number]!]!
    const v = valueOf(plan, facts, number)
    const lever = (100 + alike.levers[number]! + percent) / 100
    const l = percent === 0 ? alike.leverFactors[number]! : Math.max(0, lever)
    const row = alike.rows[number]!
    const isPrior = control || alike.modelled[number] === 0
    const rows = row < 0 || isPrior ? undefined : told[alike.bounds[number]!]!
    const least = isPrior ? alike.priors[number]! : (rows?.low[row] ?? -TOLERANCE)
    const most = isPrior ? alike.priors[number]! : (rows?.high[row] ?? 1 + TOLERANCE)
    low[number] = least * c * v * l
    high[number] = most * c * v * l
  }
}

function valueOf({ alike }: ShortlistPlan, facts: Facts, number: number): number {
  const expression = alike.expressions[number]
  return expression === undefined
    ? alike.values[number]!
    : Number(expression.value(facts, alike.offers[number]!))
}

/** Offers with a lever of their own now: their classes do not speak for them. */
function movedOffers(moves: readonly LeverMove[]): ReadonlySet<number> | undefined {
  const moved = new Set(moves.flatMap(({ offers }) => (offers ?? []).map(([offer]) => offer)))
  return moved.size === 0 ? undefined : moved
}

/** How many are looked for above those that are left out. */
function wantedFor({ placements }: Asked): number {
  return placements.reduce((sum, { count }) => sum + count, BEST_LOSERS)
}

/** Whoever is below it in every placement is left out; -Infinity where nobody is. */
function barOf(
  { alike, low, classes }: ShortlistPlan,
  groupLimit: number,
  asked: Asked,
  { offers, rooms }: Candidates,
  left: Int32Array,
  moved: ReadonlySet<number> | undefined
): number {
  const { groups, excluding } = alike
  const highest = asked.placements.map(() => new Highest(wantedFor(asked), groupLimit))
  for (let placement = 0; placement < highest.length; placement++) {
    const here = highest[placement]!
    const room = 1 << placement
    for (let i = 0; i < left.length; i++) {
      const number = classes[i]!
      if (!(low[number]! > here.lowest) || excluding[number] === 1) continue
      const position = left[i]!
      if ((rooms[position]! & room) === 0 || moved?.has(offers[position]!) === true) continue
      here.add(low[number]!, groups[number]!)
    }
  }
  return Math.min(...highest.map(({ lowest }) => lowest))
}

function above(
  plan: ShortlistPlan,
  bar: number,
  asked: Asked,
  candidates: Candidates,
  { left, values }: Valued,
  moved: ReadonlySet<number> | undefined
): Shortlist {
  const { high, classes } = plan
  const { offers } = candidates
  const kept: number[] = []
  for (let i = 0; i < left.length; i++) {
    if (high[classes[i]!]! < bar && moved?.has(offers[left[i]!]!) !== true) continue
    kept.push(i)
  }
  const { enough, mostLeft } = thin(plan, kept, wantedFor(asked), candidates, left, moved)
  const valued = {
    left: Int32Array.from(enough, i => left[i]!),
    values: values && Float64Array.from(enough, i => values[i]!)
  }
  return { valued, atMost: Math.max(mostLeft, mostBelow(plan, bar)) }
}

/** What the classes below the bar reach at most. */
function mostBelow({ high, metClasses, metCount }: ShortlistPlan, bar: number): number {
  let most = 0
  for (let i = 0; i < metCount; i++) {
    const here = high[metClasses[i]!]!
    if (here < bar && here > most) most = here
  }
  return most
}

/** Of those that are alike in all, and may stand in the same placements, the first by id are enough. */
function thin(
  { alike, high, classes }: ShortlistPlan,
  kept: readonly number[],
  wanted: number,
  { offers, rooms }: Candidates,
  left: Int32Array,
  moved: ReadonlySet<number> | undefined
): { readonly enough: readonly number[]; readonly mostLeft: number } {
  if (kept.length <= 2 * wanted) return { enough: kept, mostLeft: 0 }
  const { idRanks, excluding, rows, modelled } = alike
  const byKind = new Map<number, number[]>()
  for (const i of kept) {
    const offer = offers[left[i]!]!
    const number = classes[i]!
    // The same row gives the same score; of mandatory ones nobody knows the priority.
    const isTold = rows[number]! >= 0 || modelled[number] === 0
    if (!isTold || excluding[number] === 1 || high[number] === Infinity) continue
    if (moved?.has(offer) === true) continue
    const kind = number * 65536 + rooms[left[i]!]!
    const others = byKind.get(kind)
    if (others === undefined) byKind.set(kind, [i])
    else others.push(i)
  }
  const out = new Set<number>()
  let mostLeft = 0
  const rankOf = (i: number): number => idRanks[offers[left[i]!]!]!
  for (const kind of byKind.values()) {
    if (kind.length <= wanted) continue
    mostLeft = Math.max(mostLeft, high[classes[kind[0]!]!]!)
    kind.sort((a, b) => rankOf(a) - rankOf(b))
    for (let i = wanted; i < kind.length; i++) out.add(kind[i]!)
  }
  return { enough: out.size === 0 ? kept : kept.filter(i => !out.has(i)), mostLeft }
}
