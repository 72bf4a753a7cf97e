/**
 * What a filling is worth, to be compared number by number: first the mandatory offers and the sum of priority × multiplier,
 * then the placements that got an offer and, bit by bit, which entrant stands in which slot.
 * All are whole numbers below 2^53, so that sums are exact in any order, and two fillings are never worth the same.
 */
export type Worth = Float64Array

/** The largest term of a sum has this many digits at most: sums of ten terms and ten mandatory offers are exact. */
const TERM_DIGITS = 13
/** Added for a mandatory offer: more than ten of the largest terms. */
export const MANDATORY = 2e14
/** Standings that one number of a worth can tell apart, beside the ten placements that may have got an offer. */
export const TIE_BITS = 48
/** Added to the first of those numbers for a placement that got an offer. */
export const NOT_EMPTY = 2 ** TIE_BITS
/** Powers of ten beyond this are no numbers any more. */
const HIGHEST_POWER = 300

/** Whether one worth is more than another, which begins at `at`. */
export function isMore(one: Worth, other: Worth, at = 0): boolean {
  for (let i = 0; i < one.length; i++) {
    if (one[i] !== other[at + i]) return one[i]! > other[at + i]!
  }
  return false
}

/** Which number of a worth says whether a standing is taken. */
export function tieAt(standing: number): number {
  return 1 + Math.floor(standing / TIE_BITS)
}

/** What a standing adds there: more than all the later ones together. */
export function tieBit(standing: number): number {
  return 2 ** (TIE_BITS - 1 - (standing % TIE_BITS))
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
