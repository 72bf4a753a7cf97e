import type { Strategy } from '../policy/strategy.js'
import type { Asked } from './asked.js'
import type { Contest } from './arbitrate.js'
import { end, stageNumber, type Candidates } from './candidates.js'

/** By asked placement: the contestants that fill it, the best first. */
export type Filling = ReadonlyArray<readonly number[]>

/**
 * Fills the asked placements together: no offer twice, at most groupLimit offers of a group.
 * The best contestant takes the free slot with the highest multiplier that it may stand in, then the next best, and so on;
 * equal multipliers fall to the placement asked for first. Contestants that find no slot are outranked.
 */
export function fillPlacements(
  strategy: Strategy,
  asked: Asked,
  candidates: Candidates,
  contest: Contest
): Filling {
  const filling: number[][] = asked.placements.map(() => [])
  const perGroup = new Int32Array(strategy.groups.length)
  let free = asked.placements.reduce((sum, { count }) => sum + count, 0)
  for (const contestant of contest.order) {
    const position = contest.positions[contestant]!
    const offer = strategy.offers[candidates.offers[position]!]!
    const slot =
      free > 0 && perGroup[offer.groupIndex]! < strategy.groupLimit
        ? bestRoom(asked, candidates.rooms[position]!, filling)
        : -1
    if (slot < 0) {
      end(candidates, position, stageNumber.outranked)
      continue
    }
    filling[slot]!.push(contestant)
    perGroup[offer.groupIndex]!++
    free--
    end(candidates, position, stageNumber.selected, slot)
  }
  return filling
}

function bestRoom(asked: Asked, rooms: number, filling: readonly (readonly number[])[]): number {
  let best = -1
  let bestMultiplier = -Infinity
  for (let i = 0; i < asked.placements.length; i++) {
    const { placement, count } = asked.placements[i]!
    if (
      (rooms & (1 << i)) === 0 ||
      filling[i]!.length >= count ||
      placement.multiplier <= bestMultiplier
    )
      continue
    best = i
    bestMultiplier = placement.multiplier
  }
  return best
}
