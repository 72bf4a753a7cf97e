/** The largest term of a sum has this many digits at most: sums of ten terms and ten mandatory offers are exact. */
const TERM_DIGITS = 13
/** Added for a mandatory offer: more than ten of the largest terms. */
export const MANDATORY = 2e14
/** Powers of ten beyond this are no numbers any more. */
const HIGHEST_POWER = 300

/** What a filling is worth. */
export interface FillingWorth {
  /** Whole units of priority × multiplier, and MANDATORY for each mandatory offer: exact in any order. */
  readonly sum: number
  /** By placement: its entrants, the best first. */
  readonly filling: ReadonlyArray<readonly number[]>
}

/**
 * Whether a filling is better: by mandatory offers and the sum of priority × multiplier, then by fewer placements without any offer,
 * then by the better offers standing in the earlier slots. Two different fillings are never alike.
 */
export function isBetter(one: FillingWorth, other: FillingWorth): boolean {
  if (one.sum !== other.sum) return one.sum > other.sum
  const empty = emptyIn(one.filling)
  const otherEmpty = emptyIn(other.filling)
  if (empty !== otherEmpty) return empty < otherEmpty
  for (let placement = 0; placement < one.filling.length; placement++) {
    const held = one.filling[placement]!
    const otherHeld = other.filling[placement]!
    for (let rank = 0; rank < Math.max(held.length, otherHeld.length); rank++) {
      const entrant = held[rank] ?? Infinity
      const otherEntrant = otherHeld[rank] ?? Infinity
      if (entrant !== otherEntrant) return entrant < otherEntrant
    }
  }
  return false
}

function emptyIn(filling: FillingWorth['filling']): number {
  return filling.reduce((count, { length }) => (length === 0 ? count + 1 : count), 0)
}

/**
 * The power of ten that gives the largest term its digits; terms are rounded to whole units of its inverse.
 * A power of ten, so that sums of decimals that are equal on paper are equal.
 */
export function scaleOf(priorities: ArrayLike<number>, highestMultiplier: number): number {
  let largest = 0
  for (let i = 0; i < priorities.length; i++) largest = Math.max(largest, Math.abs(priorities[i]!))
  const term = Math.min(Number.MAX_VALUE, largest * highestMultiplier)
  return term === 0 ? 0 : Math.min(HIGHEST_POWER, TERM_DIGITS - 1 - Math.floor(Math.log10(term)))
}

/** A term in units. Negative powers are divided by, for 10^-1 is no float. */
export function termOf(term: number, scale: number): number {
  const finite = Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, term))
  return Math.round(scale >= 0 ? finite * 10 ** scale : finite / 10 ** -scale)
}

/** Units as the sum of priority × multiplier that they stand for. */
export function sumOf(units: number, scale: number): number {
  return scale >= 0 ? units / 10 ** scale : units * 10 ** -scale
}
