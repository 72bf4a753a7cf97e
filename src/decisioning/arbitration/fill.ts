import { createRandom } from '../../learning/random.js'
import type { Strategy } from '../../policy/strategy.js'
import type { Asked } from '../asked.js'
import type { Contest } from './arbitrate.js'
import { end, stageNumber, type Candidates } from '../candidates.js'
import { explore, type ExploredSlot, type Field, type Seat } from './explore.js'
import { fillExactly } from './fill-exactly.js'
import { FillNetwork } from './fill-network.js'
import { neverPairs, type FillTask } from './fill-task.js'
import { drawNumber } from '../propensity/posteriors.js'

/** By asked placement: the contestants that fill it, the best first but for those that chance has put before them. */
export type Filling = ReadonlyArray<readonly number[]>

/** How the placements are filled. */
export interface Filled {
  readonly filling: Filling
  /** False where the search among offers that exclude each other was cut off, so that there may be a better filling. */
  readonly exact: boolean
  /** How the offers came into their slots, in their order; undefined where nothing is left to chance. */
  readonly explored: readonly ExploredSlot[] | undefined
}

const NOBODY: readonly Seat[] = []

/**
 * Fills the asked placements together, exactly: most mandatory offers, then the highest sum of priority × multiplier, then the
 * fewest fallbacks, then the better offers by the contest's order in the earlier slots. No offer stands twice, at most
 * groupLimit offers of a group stand in the answer, and none beside one that excludes it. What the contest leaves to chance
 * deviates from that.
 *
 * Ends every contestant at `selected` or `outranked`, but for the withdrawn ones: those stay as they are. It may be called again
 * with more of them withdrawn, whatever the filling before came to; then chance chooses anew.
 * @param withdrawn by contestant: 1 where it no longer competes
 */
export function fillPlacements(
  strategy: Strategy,
  asked: Asked,
  candidates: Candidates,
  contest: Contest,
  withdrawn?: Uint8Array
): Filled {
  const order =
    withdrawn === undefined
      ? contest.order
      : contest.order.filter(contestant => withdrawn[contestant] !== 1)
  for (const contestant of order)
    end(candidates, contest.positions[contestant]!, stageNumber.outranked)
  const field = { strategy, asked, candidates, contest, order }
  const best = fillBest(field, NOBODY)
  const filled =
    contest.exploring?.method !== 'epsilon'
      ? best
      : explore(field, best, seats => fillBest(field, seats), {
          share: contest.exploring.share,
          random: createRandom(contest.exploring.seed, drawNumber(candidates, withdrawn))
        })
  filled.filling.forEach((contestants, placement) => {
    for (const contestant of contestants)
      end(candidates, contest.positions[contestant]!, stageNumber.selected, placement)
  })
  return filled
}

/**
 * The best filling whose first slots are taken like this, without exploration. Changes nothing.
 * @param mostNodes how long it may search where offers exclude each other
 */
export function fillBest(field: Field, seats: readonly Seat[], mostNodes?: number): Filled {
  const { asked, strategy } = field
  return asked.placements.length === 1 && strategy.exclusions.never.length === 0
    ? { filling: [takeInOrder(field, seats)], exact: true, explored: undefined }
    : fillTogether(field, seats, mostNodes)
}

/** A single placement takes the best that it may show, as long as they are worth showing. */
function takeInOrder(
  { strategy, asked, candidates, contest: { positions, priorities }, order }: Field,
  seats: readonly Seat[]
): number[] {
  const taken = seats.map(({ contestant }) => contestant)
  const perGroup = new Int32Array(strategy.groups.length)
  for (const contestant of taken)
    perGroup[strategy.offers[candidates.offers[positions[contestant]!]!]!.groupIndex]!++
  const { count } = asked.placements[0]!
  for (let i = 0; i < order.length && taken.length < count; i++) {
    const position = positions[order[i]!]!
    const { groupIndex, mandatory } = strategy.offers[candidates.offers[position]!]!
    if (candidates.rooms[position] === 0 || perGroup[groupIndex]! >= strategy.groupLimit) continue
    if (priorities[order[i]!]! < 0 && !mandatory) break
    if (seats.length > 0 && taken.includes(order[i]!)) continue
    taken.push(order[i]!)
    perGroup[groupIndex]!++
  }
  return taken
}

function fillTogether(field: Field, seats: readonly Seat[], mostNodes?: number): Filled {
  const { asked, order } = field
  const task = taskOf(field)
  const seated = seats.map(({ contestant }) => order.indexOf(contestant))
  const withdrawn = new Uint8Array(task.entrants)
  for (const entrant of seated) {
    if (entrant < 0) continue
    withdrawn[entrant] = 1
    for (const other of task.never[entrant] ?? []) withdrawn[other] = 1
  }
  const taken = seats.map(({ placement }, i) => ({
    placement,
    group: seated[i]! < 0 ? -1 : task.groups[seated[i]!]!
  }))
  const { filling, exact } = fillExactly(new FillNetwork(task), { withdrawn, taken, mostNodes })
  return {
    filling: asked.placements.map((_, placement) => [
      ...seats.flatMap(seat =>
        seat.placement === placement && seat.contestant >= 0 ? [seat.contestant] : []
      ),
      ...filling[placement]!.map(entrant => order[entrant]!)
    ]),
    exact,
    explored: undefined
  }
}

/** The contestants of an order as entrants, so that lower numbers are better. */
function taskOf({
  strategy,
  asked,
  candidates,
  contest: { positions, priorities },
  order
}: Field): FillTask {
  const entrants = order.length
  const task = {
    counts: asked.placements.map(({ count }) => count),
    multipliers: asked.placements.map(({ placement }) => placement.multiplier),
    groupLimit: strategy.groupLimit,
    entrants,
    priorities: new Float64Array(entrants),
    mandatory: new Uint8Array(entrants),
    groups: new Int32Array(entrants),
    rooms: new Uint16Array(entrants)
  }
  const offers = new Int32Array(entrants)
  for (let i = 0; i < entrants; i++) {
    const position = positions[order[i]!]!
    const offer = strategy.offers[candidates.offers[position]!]!
    offers[i] = offer.index
    task.priorities[i] = priorities[order[i]!]!
    task.mandatory[i] = offer.mandatory ? 1 : 0
    task.groups[i] = offer.groupIndex
    task.rooms[i] = candidates.rooms[position]!
  }
  return { ...task, never: neverPairs(strategy.exclusions.never, offers) }
}
