import {
  isMore,
  MANDATORY,
  NOT_EMPTY,
  scaleOf,
  termOf,
  TIE_BITS,
  tieAt,
  tieBit,
  type Worth
} from './fill-worth.js'
import type { FillTask } from './fill-task.js'

/** A slot that is taken beforehand, by an entrant of a group. */
export interface TakenSlot {
  readonly placement: number
  readonly group: number
}

/**
 * Fills placements together, exactly, while no two entrants exclude each other: the heaviest flow group → entrant → placement,
 * found by successive best paths. Each path puts one more entrant into the answer, moving others on or dropping one of a full group.
 * As ties are part of the worth, there is exactly one best filling, whatever the order in which it is looked for.
 *
 * Only the standings are considered that a filling of all slots from one placement's entrants alone, the best first, would take.
 * Any other could be replaced: of the better ones that may stand there, one is neither used nor kept out by its group.
 * (Entrants with `never` pairs replace nobody, so they are considered, but not counted.)
 */
export class FillNetwork {
  /** How many placements path searches have looked at so far. */
  nodes = 0
  readonly worth: Worth
  readonly task: FillTask
  /** The power of ten by which priority × multiplier is multiplied in sums. */
  readonly scale: number
  readonly #slots: number
  /** Standings, an entrant in a placement each: by placement, the best first. */
  readonly #entrantOf: Int32Array
  /** By placement: its first standing; one more for the end. */
  readonly #first: Int32Array
  /** By entrant and placement; -1 where it may not stand. */
  readonly #standing: Int32Array
  readonly #sums: Float64Array
  /** By placement: the standings that are taken. */
  readonly #held: number[][]
  readonly #used: Uint8Array
  readonly #perGroup: Int32Array
  readonly #width: number
  /** By placement, `width` numbers each: what one more arriving there is worth. */
  readonly #gains: Float64Array
  readonly #trial: Float64Array
  /** By placement: where the best path came from, whom it displaced there and who entered here. */
  readonly #from: Int32Array
  readonly #left: Int32Array
  readonly #entered: Int32Array

  constructor(task: FillTask) {
    const placements = task.counts.length
    this.task = task
    this.#slots = task.counts.reduce((sum, count) => sum + count, 0)
    this.#first = new Int32Array(placements + 1)
    this.#standing = new Int32Array(task.entrants * placements).fill(-1)
    this.#entrantOf = Int32Array.from(this.#findStandings())
    this.scale = scaleOf(task.priorities, Math.max(...task.multipliers))
    this.#sums = this.#sumsOf()
    this.#width = 1 + Math.max(1, Math.ceil(this.#entrantOf.length / TIE_BITS))
    this.#held = task.counts.map(() => [])
    this.#used = new Uint8Array(task.entrants)
    this.#perGroup = new Int32Array(groupsOf(task))
    this.#gains = new Float64Array(placements * this.#width)
    this.#trial = new Float64Array(this.#width)
    this.worth = new Float64Array(this.#width)
    this.#from = new Int32Array(placements)
    this.#left = new Int32Array(placements)
    this.#entered = new Int32Array(placements)
  }

  /**
   * Fills anew without the withdrawn entrants (by entrant: above 0 where withdrawn). Who may be withdrawn: any with a `never` pair,
   * and the one that has taken `taken`. Its worth is in `worth`, without the taken slot's.
   */
  fill(withdrawn: Uint8Array, taken?: TakenSlot): void {
    for (const held of this.#held) held.length = 0
    this.#used.set(withdrawn)
    this.#perGroup.fill(0)
    this.worth.fill(0)
    if (taken !== undefined) this.#perGroup[taken.group]!++
    for (let slot = 0; slot < this.#slots; slot++) {
      this.#searchPaths()
      if (!this.#takeBestPath(taken?.placement ?? -1)) return
    }
  }

  /** By placement: its entrants, the best first. */
  filling(): number[][] {
    return this.#held.map(held =>
      held.map(standing => this.#entrantOf[standing]!).sort((a, b) => a - b)
    )
  }

  #findStandings(): number[] {
    const { counts, entrants, rooms, groups, groupLimit, never } = this.task
    const found: number[] = []
    const perGroup = new Int32Array(groupsOf(this.task))
    for (let placement = 0; placement < counts.length; placement++) {
      this.#first[placement] = found.length
      perGroup.fill(0)
      let better = 0
      for (let entrant = 0; entrant < entrants && better < this.#slots; entrant++) {
        const group = groups[entrant]!
        if ((rooms[entrant]! & (1 << placement)) === 0 || perGroup[group]! >= groupLimit) continue
        this.#standing[entrant * counts.length + placement] = found.length
        found.push(entrant)
        if (never[entrant] !== undefined) continue
        perGroup[group]!++
        better++
      }
    }
    this.#first[counts.length] = found.length
    return found
  }

  #sumsOf(): Float64Array {
    const { counts, multipliers, priorities, mandatory } = this.task
    const sums = new Float64Array(this.#entrantOf.length)
    for (let placement = 0; placement < counts.length; placement++) {
      for (let i = this.#first[placement]!; i < this.#first[placement + 1]!; i++) {
        const entrant = this.#entrantOf[i]!
        sums[i] =
          termOf(priorities[entrant]! * multipliers[placement]!, this.scale) +
          (mandatory[entrant] === 1 ? MANDATORY : 0)
      }
    }
    return sums
  }

  /** Bellman and Ford's search for the best path to every placement; no cycle gains anything, so it ends. */
  #searchPaths(): void {
    const { counts } = this.task
    this.#gains.fill(-Infinity)
    for (let placement = 0; placement < counts.length; placement++) {
      const standing = this.#firstFree(placement, -1)
      if (standing >= 0) this.#improve(placement, -1, -1, standing)
    }
    for (let improved = counts.length > 1; improved; ) {
      improved = false
      for (let placement = 0; placement < counts.length; placement++) {
        this.nodes++
        if (this.#gains[placement * this.#width] === -Infinity) continue
        for (const standing of this.#held[placement]!)
          improved = this.#passOn(placement, standing) || improved
      }
    }
  }

  /** One more arrives at a placement: whoever stands there may move to another, or make room for one of its full group. */
  #passOn(placement: number, standing: number): boolean {
    const { counts, groups, groupLimit } = this.task
    const entrant = this.#entrantOf[standing]!
    const group = groups[entrant]!
    const full = this.#perGroup[group]! >= groupLimit
    let improved = false
    for (let next = 0; next < counts.length; next++) {
      if (next === placement) continue
      const moved = this.#standing[entrant * counts.length + next]!
      if (moved >= 0) improved = this.#improve(next, placement, standing, moved) || improved
      const other = full ? this.#firstFree(next, group) : -1
      if (other >= 0) improved = this.#improve(next, placement, standing, other) || improved
    }
    return improved
  }

  /** The best standing in a placement whose entrant is free: of any group that is not full (-1), or of one group. */
  #firstFree(placement: number, group: number): number {
    const { groups, groupLimit } = this.task
    for (let i = this.#first[placement]!; i < this.#first[placement + 1]!; i++) {
      const entrant = this.#entrantOf[i]!
      if (this.#used[entrant] !== 0) continue
      const own = groups[entrant]!
      if (group < 0 ? this.#perGroup[own]! < groupLimit : own === group) return i
    }
    return -1
  }

  #improve(placement: number, from: number, left: number, entered: number): boolean {
    const width = this.#width
    const before = from < 0 ? 0 : this.#gains[from * width]! - this.#sums[left]!
    const sum = before + this.#sums[entered]!
    const at = placement * width
    if (sum < this.#gains[at]!) return false
    const trial = this.#trial
    trial[0] = sum
    for (let i = 1; i < width; i++) trial[i] = from < 0 ? 0 : this.#gains[from * width + i]!
    if (left >= 0) trial[tieAt(left)]! -= tieBit(left)
    trial[tieAt(entered)]! += tieBit(entered)
    if (!isMore(trial, this.#gains, at)) return false
    this.#gains.set(trial, at)
    this.#from[placement] = from
    this.#left[placement] = left
    this.#entered[placement] = entered
    return true
  }

  /** Follows the best path that ends at a free slot; false when none gains anything. */
  #takeBestPath(takenAt: number): boolean {
    const { counts } = this.task
    const best = new Float64Array(this.#width)
    let end = -1
    for (let placement = 0; placement < counts.length; placement++) {
      const held = this.#held[placement]!.length + (placement === takenAt ? 1 : 0)
      const at = placement * this.#width
      if (held >= counts[placement]! || this.#gains[at] === -Infinity) continue
      if (held === 0) this.#gains[at + 1]! += NOT_EMPTY
      if (!isMore(this.#gains.subarray(at, at + this.#width), best, 0)) continue
      best.set(this.#gains.subarray(at, at + this.#width))
      end = placement
    }
    if (end < 0) return false
    for (let i = 0; i < this.#width; i++) this.worth[i]! += best[i]!
    for (let placement = end; placement >= 0; placement = this.#from[placement]!) {
      this.#seat(placement)
    }
    return true
  }

  #seat(placement: number): void {
    const { groups } = this.task
    const entered = this.#entered[placement]!
    const entrant = this.#entrantOf[entered]!
    this.#held[placement]!.push(entered)
    const from = this.#from[placement]!
    if (from < 0) this.#perGroup[groups[entrant]!]!++
    else {
      const left = this.#left[placement]!
      this.#held[from]!.splice(this.#held[from]!.indexOf(left), 1)
      this.#used[this.#entrantOf[left]!] = 0
    }
    this.#used[entrant] = 1
  }
}

function groupsOf({ entrants, groups }: FillTask): number {
  let most = 0
  for (let i = 0; i < entrants; i++) most = Math.max(most, groups[i]! + 1)
  return most
}
