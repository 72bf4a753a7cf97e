import type { FillNetwork, TakenSlot } from './fill-network.js'
import type { FillTask } from './fill-task.js'
import { isBetter, type FillingWorth } from './fill-worth.js'

/** Path searches may look at this many placements before a search among `never` pairs ends with the best found: after 10 to 50 ms. */
const MOST_NODES = 100_000

/** The best filling of a task. */
export interface ExactFilling extends FillingWorth {
  /** False where the search among `never` pairs was cut off, so that there may be a better one. */
  readonly exact: boolean
}

/** What is decided beforehand. */
export interface Beforehand {
  /** By entrant: 1 where it stays out. */
  readonly withdrawn?: Uint8Array
  readonly taken?: readonly TakenSlot[]
  /** After how many nodes a search among `never` pairs ends with the best found; 100,000 when absent. */
  readonly mostNodes?: number | undefined
}

/**
 * The one filling that is best: by mandatory offers, then by the sum of priority × multiplier, then by placements that got an offer,
 * then by the better offers standing in the earlier slots.
 *
 * Without `never` pairs this is one flow. With them the flow that ignores them is a bound: where it places a pair, two branches
 * follow, one without all that the better one excludes, and one without the better one itself.
 * All searches on one network share its allowance of nodes.
 */
export function fillExactly(network: FillNetwork, beforehand: Beforehand = {}): ExactFilling {
  const { task } = network
  const out = new Uint8Array(task.entrants)
  if (beforehand.withdrawn !== undefined) out.set(beforehand.withdrawn)
  let best: FillingWorth | undefined
  const { mostNodes = MOST_NODES } = beforehand
  let exact = true

  function branch(): void {
    const found = network.fill(out, beforehand.taken, best?.sum)
    if (found === undefined || (best !== undefined && !isBetter(found, best))) return
    const excluding = task.never.length === 0 ? -1 : firstExcluding(task, found.filling)
    if (excluding < 0) {
      best = found
      return
    }
    withdraw(task.never[excluding]!, 1)
    branch()
    withdraw(task.never[excluding]!, -1)
    // Asked for only now: the first branches always end at a filling.
    if (network.nodes >= mostNodes) {
      exact = false
      return
    }
    withdraw([excluding], 1)
    branch()
    withdraw([excluding], -1)
  }
  /** Counted, for an entrant may be kept out by several others at once. */
  function withdraw(entrants: readonly number[], by: number): void {
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
