import { FillNetwork, isMore, type FillTask, type TakenSlot, type Worth } from './fill-network.js'

/** Path searches may look at this many placements before a search among `never` pairs ends with the best found: a few milliseconds. */
const MOST_NODES = 100_000

/** The best filling of a task. */
export interface ExactFilling {
  /** By placement: its entrants, the best first. */
  readonly filling: readonly (readonly number[])[]
  readonly worth: Worth
  /** False where the search among `never` pairs was cut off, so that there may be a better one. */
  readonly exact: boolean
}

/**
 * The one filling that is best: by mandatory offers, then by the sum of priority × multiplier, then by placements that got an offer,
 * then by the better offers standing in the earlier slots.
 *
 * Without `never` pairs this is one flow. With them the flow that ignores them is a bound: where it places a pair, two branches
 * follow, one without the other half of every pair of the better one, and one without the better one itself.
 * @param withdrawn by entrant: 1 where it must stay out. Only entrants with `never` pairs, and the one that has taken `taken`
 */
export function fillExactly(
  task: FillTask,
  withdrawn?: Uint8Array,
  taken?: TakenSlot
): ExactFilling {
  const network = new FillNetwork(task)
  const out = new Uint8Array(task.entrants)
  if (withdrawn !== undefined) out.set(withdrawn)
  let best: ExactFilling | undefined
  let exact = true

  function branch(): void {
    network.fill(out, taken)
    if (best !== undefined && !isMore(network.worth, best.worth)) return
    const filling = network.filling()
    const excluding = task.never.length === 0 ? -1 : firstExcluding(task, filling)
    if (excluding < 0) {
      best = { filling, worth: network.worth.slice(), exact }
      return
    }
    withdrawAll(task.never[excluding]!, 1)
    branch()
    withdrawAll(task.never[excluding]!, -1)
    if (network.nodes >= MOST_NODES) {
      exact = false
      return
    }
    withdrawAll([excluding], 1)
    branch()
    withdrawAll([excluding], -1)
  }
  /** Counted, for an entrant may be kept out by several others at once. */
  function withdrawAll(entrants: readonly number[], by: number): void {
    for (const entrant of entrants) out[entrant]! += by
  }

  branch()
  return { ...best!, exact }
}

/** The best entrant that stands in the answer together with one that it excludes; -1 where there is none. */
function firstExcluding(
  { never, entrants }: FillTask,
  filling: readonly (readonly number[])[]
): number {
  const placed = new Uint8Array(entrants)
  for (const held of filling) for (const entrant of held) placed[entrant] = 1
  for (let entrant = 0; entrant < entrants; entrant++) {
    if (placed[entrant] === 1 && never[entrant]?.some(other => placed[other] === 1) === true)
      return entrant
  }
  return -1
}
