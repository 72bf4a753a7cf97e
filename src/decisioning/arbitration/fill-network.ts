import type { FillTask } from './fill-task.js'
import { MANDATORY, scaleOf, termOf, type FillingWorth } from './fill-worth.js'

/** A slot that is taken beforehand: by an entrant of a group, which is withdrawn, or (group -1) so that it stays empty. */
export interface TakenSlot {
  readonly placement: number
  readonly group: number
}

/** Standings that one number can tell apart, beside a placement that got an offer; together below 2^53. */
const TIE_BITS = 48
/** Of a path that ends at a placement that had no offer. */
const NOT_EMPTY = 2 ** TIE_BITS

/**
 * Fills placements together, exactly, as long as no entrants exclude each other: the heaviest flow group → entrant → placement,
 * found by successive best paths. Each path puts one more entrant into the answer, moving others on, or dropping one of a full group
 * for another of it.
 *
 * What a path is worth are whole numbers, compared one after the other: mandatory offers with the sum of priority × multiplier,
 * then whether it ends at an empty placement, and which standings (entrants in placements) it takes, a bit each, the better ones
 * in the earlier slots the higher. So there is one best filling, in whatever order it is looked for.
 *
 * Only those standings are considered that filling all slots from one placement's entrants alone, the best first, would take.
 * Any other can be replaced: of the better ones that may stand there, one is neither used nor kept out by its group.
 */
export class FillNetwork {
  readonly task: FillTask
  /** The power of ten by which priority × multiplier is multiplied in sums. */
  readonly scale: number
  /** How many placements path searches have looked at so far. */
  nodes = 0
  readonly #slots: number
  readonly #used: Uint8Array
  /** By placement: slots that are taken beforehand. */
  readonly #taken: Int32Array
  readonly #perGroup: Int32Array
  /** By placement: the standings that are taken. */
  readonly #held: number[][]
  /** By standing, by placement and the best first. */
  readonly #entrantOf: Int32Array
  readonly #sums: Float64Array
  /** By placement: its first standing; one more for the end. */
  readonly #first: Int32Array
  /** By entrant and placement; -1 where it does not stand. */
  readonly #standing: Int32Array
  /** Numbers that a path's worth takes. */
  readonly #width: number
  /** By placement: the worth of the best path that ends there; -Infinity where there is none. */
  readonly #gains: Float64Array
  readonly #trial: Float64Array
  /** By placement: where the best path came from, who left there and who entered here. */
  readonly #from: Int32Array
  readonly #left: Int32Array
  readonly #entered: Int32Array

  constructor(task: FillTask) {
    const placements = task.counts.length
    this.task = task
    this.scale = scaleOf(task.priorities, Math.max(...task.multipliers))
    this.#slots = task.counts.reduce((sum, count) => sum + count, 0)
    this.#used = new Uint8Array(task.entrants)
    this.#taken = new Int32Array(placements)
    this.#perGroup = new Int32Array(groupsOf(task))
    this.#held = task.counts.map(() => [])
    const standings = this.#slots * placements
    this.#entrantOf = new Int32Array(standings)
    this.#sums = new Float64Array(standings)
    this.#first = new Int32Array(placements + 1)
    this.#standing = new Int32Array(task.entrants * placements).fill(-1)
    this.#width = 1 + Math.max(1, Math.ceil(standings / TIE_BITS))
    this.#gains = new Float64Array(placements * this.#width)
    this.#trial = new Float64Array(this.#width)
    this.#from = new Int32Array(placements)
    this.#left = new Int32Array(placements)
    this.#entered = new Int32Array(placements)
  }

  /**
   * Fills anew; undefined where it cannot come to a sum of `atLeast`.
   * @param withdrawn by entrant: above 0 where it stays out
   * @param taken not part of what the filling is worth
   */
  fill(
    withdrawn: Uint8Array,
    taken: readonly TakenSlot[] = [],
    atLeast = -Infinity
  ): FillingWorth | undefined {
    for (const held of this.#held) held.length = 0
    this.#used.set(withdrawn)
    this.#findStandings()
    this.#perGroup.fill(0)
    this.#taken.fill(0)
    for (const { placement, group } of taken) {
      this.#taken[placement]!++
      if (group >= 0) this.#perGroup[group]!++
    }
    let sum = 0
    for (let left = this.#slots; left > 0; left--) {
      this.#searchPaths()
      const end = this.#bestEnd()
      if (end < 0) break
      const gain = this.#gains[end * this.#width]!
      // No later path gains more than this one.
      if (sum + gain * left < atLeast) return undefined
      sum += gain
      for (let at = end; at >= 0; at = this.#from[at]!) this.#seat(at)
    }
    const filling = this.#held.map(held =>
      held.map(standing => this.#entrantOf[standing]!).sort((a, b) => a - b)
    )
    return { sum, filling }
  }

  #findStandings(): void {
    const { counts, entrants, rooms, groups, groupLimit } = this.task
    const placements = counts.length
    for (let placement = 0; placement < placements; placement++) {
      for (let i = this.#first[placement]!; i < this.#first[placement + 1]!; i++)
        this.#standing[this.#entrantOf[i]! * placements + placement] = -1
    }
    let found = 0
    for (let placement = 0; placement < placements; placement++) {
      this.#first[placement] = found
      this.#perGroup.fill(0)
      const end = found + this.#slots
      for (let entrant = 0; entrant < entrants && found < end; entrant++) {
        if (this.#used[entrant] !== 0 || (rooms[entrant]! & (1 << placement)) === 0) continue
        if (++this.#perGroup[groups[entrant]!]! > groupLimit) continue
        this.#standing[entrant * placements + placement] = found
        this.#entrantOf[found] = entrant
        this.#sums[found++] = this.#sumOf(entrant, placement)
      }
    }
    this.#first[placements] = found
  }

  #sumOf(entrant: number, placement: number): number {
    const { priorities, multipliers, mandatory } = this.task
    const term = termOf(priorities[entrant]! * multipliers[placement]!, this.scale)
    return mandatory[entrant] === 1 ? term + MANDATORY : term
  }

  /** Bellman and Ford's search for the best path to every placement; no cycle gains anything, so it ends. */
  #searchPaths(): void {
    const placements = this.task.counts.length
    this.nodes += placements
    this.#gains.fill(-Infinity)
    for (let placement = 0; placement < placements; placement++) {
      const standing = this.#firstFree(placement, -1)
      if (standing >= 0) this.#improve(placement, -1, -1, standing)
    }
    for (let improved = placements > 1; improved; ) {
      improved = false
      this.nodes += placements
      for (let placement = 0; placement < placements; placement++) {
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

  /** Takes a path on from one placement to another where that is the best way there so far. */
  #improve(placement: number, from: number, left: number, entered: number): boolean {
    const width = this.#width
    const gains = this.#gains
    const trial = this.#trial
    const at = placement * width
    const before = from < 0 ? 0 : gains[from * width]! - this.#sums[left]!
    trial[0] = before + this.#sums[entered]!
    if (trial[0] < gains[at]!) return false
    for (let i = 1; i < width; i++) trial[i] = from < 0 ? 0 : gains[from * width + i]!
    if (left >= 0) trial[tieAt(left)]! -= tieBit(left)
    trial[tieAt(entered)]! += tieBit(entered)
    if (!isMore(trial, 0, gains, at, width)) return false
    for (let i = 0; i < width; i++) gains[at + i] = trial[i]!
    this.#from[placement] = from
    this.#left[placement] = left
    this.#entered[placement] = entered
    return true
  }

  /** The free slot's placement to which the best path leads; -1 where none gains anything. */
  #bestEnd(): number {
    const width = this.#width
    const gains = this.#gains
    const nothing = this.#trial.fill(0)
    let end = -1
    this.task.counts.forEach((count, placement) => {
      const held = this.#held[placement]!.length + this.#taken[placement]!
      const at = placement * width
      if (held >= count || gains[at] === -Infinity) return
      if (held === 0) gains[at + 1]! += NOT_EMPTY
      const most = end < 0 ? nothing : gains
      if (isMore(gains, at, most, Math.max(end, 0) * width, width)) end = placement
    })
    return end
  }

  #seat(placement: number): void {
    const { groups } = this.task
    const entered = this.#entered[placement]!
    const entrant = this.#entrantOf[entered]!
    const from = this.#from[placement]!
    this.#held[placement]!.push(entered)
    if (from < 0) this.#perGroup[groups[entrant]!]!++
    else {
      const left = this.#left[placement]!
      this.#held[from]!.splice(this.#held[from]!.indexOf(left), 1)
      this.#used[this.#entrantOf[left]!] = 0
    }
    this.#used[entrant] = 1
  }
}

/** Which number of a worth says whether a standing is taken. */
function tieAt(standing: number): number {
  return 1 + Math.floor(standing / TIE_BITS)
}

/** What a standing adds there: more than all the later ones together. */
function tieBit(standing: number): number {
  return 2 ** (TIE_BITS - 1 - (standing % TIE_BITS))
}

/** Whether the numbers from `at` on come to more than another's, compared one after the other. */
function isMore(
  one: Float64Array,
  at: number,
  other: Float64Array,
  otherAt: number,
  width: number
): boolean {
  for (let i = 0; i < width; i++) {
    if (one[at + i] !== other[otherAt + i]) return one[at + i]! > other[otherAt + i]!
  }
  return false
}

function groupsOf({ entrants, groups }: FillTask): number {
  let most = 0
  for (let i = 0; i < entrants; i++) most = Math.max(most, groups[i]! + 1)
  return most
}
