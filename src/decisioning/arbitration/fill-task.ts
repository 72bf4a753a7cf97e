/**
 * What competes for which slots, in columns: entrants stand in the order of the tie rule, the best first.
 * A higher number never comes before a lower one where all else is equal.
 */
export interface FillTask {
  /** Slots by placement, in the order of the request. */
  readonly counts: readonly number[]
  /** What a priority is worth, by placement. */
  readonly multipliers: readonly number[]
  /** Most entrants of one group in the answer; Infinity where not limited. */
  readonly groupLimit: number
  readonly entrants: number
  /** By entrant; never NaN. */
  readonly priorities: ArrayLike<number>
  /** By entrant: 1 where it must be shown if it can be. */
  readonly mandatory: ArrayLike<number>
  readonly groups: ArrayLike<number>
  /** By entrant: bit i is set where it may stand in the i-th placement. */
  readonly rooms: ArrayLike<number>
  /** By entrant: those that may not stand in the same answer. Empty where there are no such pairs at all. */
  readonly never: ReadonlyArray<readonly number[] | undefined>
}

/** The offers that exclude each other, as entrants: `never` by offer index, `offers` the offer indices of the entrants. */
export function neverPairs(
  never: ReadonlyArray<ArrayLike<number> | undefined>,
  offers: Int32Array
): FillTask['never'] {
  if (never.length === 0) return []
  const entrantOf = new Map<number, number>()
  offers.forEach((offer, entrant) => entrantOf.set(offer, entrant))
  const pairs = Array.from(offers, offer => {
    const others = Array.from(never[offer] ?? []).flatMap(other => entrantOf.get(other) ?? [])
    return others.length === 0 ? undefined : others
  })
  return pairs.some(others => others !== undefined) ? pairs : []
}
