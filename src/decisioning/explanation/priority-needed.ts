import { stageNumber } from '../candidates.js'
import { fillExactly } from '../arbitration/fill-exactly.js'
import { FillNetwork, type TakenSlot } from '../arbitration/fill-network.js'
import { neverPairs, type FillTask } from '../arbitration/fill-task.js'
import { MANDATORY, sumOf } from '../arbitration/fill-worth.js'
import type { ExplanationTexts } from './explanation-texts.js'
import type { Legend } from '../trace/legend.js'
import type { ContestTrace, FillingTrace, Trace } from '../trace/trace.js'

/** How many losers are told what they would need: as many as an agent sees. */
const MOST_LOSERS = 3

/** Above which priority an outranked offer would win, all else being equal. */
export interface Threshold {
  readonly contestant: number
  /** The asked placement in which the least is enough; -1 where nothing is. */
  readonly placement: number
  /** NaN where nothing is. */
  readonly priority: number
  /** Why nothing is, for people. */
  readonly reason: string | null
}

const MANDATORY_HOLD = 'a mandatory offer would have to make room for it'
/** In units of a sum: more than its terms are rounded by. */
const ROUNDED_BY = 12
const CUT_OFF = 'the search among offers that exclude each other was cut off'

/** A decision in which something competed, and who is who in it. */
export interface Competition {
  readonly trace: Trace
  readonly contest: ContestTrace
  readonly filling: FillingTrace
  readonly legend: Legend
  readonly texts: ExplanationTexts
}

/**
 * The three best outranked offers, each with the priority above which it would stand in the best filling.
 * Its winning takes a slot and leaves the others to fill the rest: what they lose by that is what its priority has to bring in.
 */
export function thresholdsOf(competition: Competition): Threshold[] {
  const { contest, trace, filling, legend } = competition
  const winners: number[] = []
  const losers: number[] = []
  for (let i = 0; i < contest.order.length; i++) {
    const contestant = contest.order[i]!
    const stage = trace.stages[contest.positions[contestant]!]
    if (stage === stageNumber.selected) winners.push(contestant)
    else if (stage === stageNumber.outranked && losers.length < MOST_LOSERS) losers.push(contestant)
  }
  if (losers.length === 0) return []
  return filling.counts.length === 1 && legend.hasNever !== true
    ? losers.map(loser => againstTheLast(loser, winners, competition))
    : againstTheRest(losers, competition)
}

/** In a single placement a loser has to beat the last winner, or the last of its group where that is full. */
function againstTheLast(
  loser: number,
  winners: readonly number[],
  competition: Competition
): Threshold {
  const { contest, filling, legend } = competition
  const { groups } = competition.texts
  const group = groups[offerOf(loser, competition)]
  let last = winners.length < filling.counts[0]! ? undefined : winners.at(-1)
  if (filling.groupLimit !== Infinity) {
    const own = winners.filter(winner => groups[offerOf(winner, competition)] === group)
    if (own.length >= filling.groupLimit) last = own.at(-1)
  }
  const isMandatory = (contestant: number): boolean =>
    legend.offers[offerOf(contestant, competition)]!.mandatory
  if (last !== undefined && isMandatory(last) && !isMandatory(loser))
    return { contestant: loser, placement: -1, priority: NaN, reason: MANDATORY_HOLD }
  // Where slots are left it lost for being worth less than nothing.
  const priority = last === undefined ? 0 : contest.priorities[last]!
  return { contestant: loser, placement: 0, priority, reason: null }
}

function againstTheRest(losers: readonly number[], competition: Competition): Threshold[] {
  const { task, entrantOf } = taskOf(competition)
  const network = new FillNetwork(task)
  const all = fillExactly(network)
  const known = new Map<string, number>()
  let exact = all.exact

  /**
   * What the others can be worth when an entrant has taken a slot. Where nobody excludes anybody no loser comes in beside another
   * of its group, so it is the same for all of a group, and where groups are not limited for all.
   */
  function worthBeside(entrant: number, taken: TakenSlot): number {
    const who = task.never.length > 0 ? entrant : task.groupLimit < Infinity ? taken.group : 0
    const key = `${taken.placement} ${who}`
    const found = known.get(key)
    if (found !== undefined) return found
    const withdrawn = new Uint8Array(task.entrants)
    withdrawn[entrant] = 1
    for (const other of task.never[entrant] ?? []) withdrawn[other] = 1
    const beside = fillExactly(network, { withdrawn, taken: [taken] })
    exact = exact && beside.exact
    known.set(key, beside.sum)
    return beside.sum
  }

  return losers.map(contestant => {
    const entrant = entrantOf[contestant]!
    let best = { placement: -1, priority: NaN }
    for (let placement = 0; placement < task.counts.length && exact; placement++) {
      if ((task.rooms[entrant]! & (1 << placement)) === 0) continue
      const beside = worthBeside(entrant, { placement, group: task.groups[entrant]! })
      const loss = all.sum - beside - (task.mandatory[entrant] === 1 ? MANDATORY : 0)
      // More than a sum can be: a mandatory offer would have to go.
      if (loss > MANDATORY / 2) continue
      const sum = loss > 0 ? sumOf(loss + ROUNDED_BY, network.scale) : 0
      const priority = sum / task.multipliers[placement]!
      if (best.placement < 0 || priority < best.priority) best = { placement, priority }
    }
    if (!exact) return { contestant, placement: -1, priority: NaN, reason: CUT_OFF }
    return { contestant, ...best, reason: best.placement < 0 ? MANDATORY_HOLD : null }
  })
}

function offerOf(contestant: number, { trace, contest }: Competition): number {
  return trace.offers[contest.positions[contestant]!]!
}

/** What was filled, from what the trace kept of it. */
function taskOf(competition: Competition): { task: FillTask; entrantOf: Int32Array } {
  const { trace, contest, filling, legend, texts } = competition
  const entrantOf = new Int32Array(contest.positions.length).fill(-1)
  const competing: number[] = []
  for (let i = 0; i < contest.order.length; i++) {
    const contestant = contest.order[i]!
    if (trace.stages[contest.positions[contestant]!]! < stageNumber.outranked) continue
    entrantOf[contestant] = competing.length
    competing.push(contestant)
  }
  const offers = Int32Array.from(competing, contestant => offerOf(contestant, competition))
  const never = legend.hasNever === true ? legend.offers.map(offer => offer.never) : []
  return {
    entrantOf,
    task: {
      counts: filling.counts,
      multipliers: filling.multipliers,
      groupLimit: filling.groupLimit,
      entrants: competing.length,
      priorities: Float64Array.from(competing, contestant => contest.priorities[contestant]!),
      mandatory: Uint8Array.from(offers, offer => (legend.offers[offer]!.mandatory ? 1 : 0)),
      groups: Int32Array.from(offers, offer => texts.groups[offer]!),
      rooms: Uint16Array.from(
        competing,
        contestant => filling.rooms[contest.positions[contestant]!]!
      ),
      never: neverPairs(never, offers)
    }
  }
}
