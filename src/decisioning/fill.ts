import type { Strategy } from '../policy/strategy.js'
import type { Asked } from './asked.js'
import type { Contest } from './arbitrate.js'
import { end, stageNumber, type Candidates } from './candidates.js'
import { fillExactly } from './fill-exactly.js'
import { FillNetwork } from './fill-network.js'
import { neverPairs, type FillTask } from './fill-task.js'

/** By asked placement: the contestants that fill it, the best first. */
export type Filling = ReadonlyArray<readonly number[]>

/** How the placements are filled. */
export interface Filled {
  readonly filling: Filling
  /** False where the search among offers that exclude each other was cut off, so that there may be a better filling. */
  readonly exact: boolean
}

/**
 * Fills the asked placements together, exactly: most mandatory offers, then the highest sum of priority × multiplier, then the
 * fewest fallbacks, then the better offers by the contest's order in the earlier slots. No offer stands twice, at most
 * groupLimit offers of a group stand in the answer, and none beside one that excludes it.
 *
 * Ends every contestant at `selected` or `outranked`, but for the withdrawn ones: those stay as they are. It may be called again
 * with more of them withdrawn, whatever the filling before came to.
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
  const filled =
    asked.placements.length === 1 && strategy.exclusions.never.length === 0
      ? { filling: [takeInOrder(strategy, asked, candidates, contest, order)], exact: true }
      : fillTogether(strategy, asked, candidates, contest, order)
  filled.filling.forEach((contestants, placement) => {
    for (const contestant of contestants)
      end(candidates, contest.positions[contestant]!, stageNumber.selected, placement)
  })
  return filled
}

/** A single placement takes the best that it may show, as long as they are worth showing. */
function takeInOrder(
  strategy: Strategy,
  asked: Asked,
  candidates: Candidates,
  { positions, priorities }: Contest,
  order: Int32Array
): number[] {
  const taken: number[] = []
  const perGroup = new Int32Array(strategy.groups.length)
  const { count } = asked.placements[0]!
  for (let i = 0; i < order.length && taken.length < count; i++) {
    const position = positions[order[i]!]!
    const { groupIndex, mandatory } = strategy.offers[candidates.offers[position]!]!
    if (candidates.rooms[position] === 0 || perGroup[groupIndex]! >= strategy.groupLimit) continue
    if (priorities[order[i]!]! < 0 && !mandatory) break
    taken.push(order[i]!)
    perGroup[groupIndex]!++
  }
  return taken
}

function fillTogether(
  strategy: Strategy,
  asked: Asked,
  candidates: Candidates,
  contest: Contest,
  order: Int32Array
): Filled {
  const network = new FillNetwork(taskOf(strategy, asked, candidates, contest, order))
  const { filling, exact } = fillExactly(network)
  return { filling: filling.map(entrants => entrants.map(entrant => order[entrant]!)), exact }
}

/** The contestants of an order as entrants, so that lower numbers are better. */
function taskOf(
  strategy: Strategy,
  asked: Asked,
  candidates: Candidates,
  { positions, priorities }: Contest,
  order: Int32Array
): FillTask {
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
