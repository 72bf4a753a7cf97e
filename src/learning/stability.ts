import { sumOf } from './sum.js'

/** What stands in for a share of nothing, so that one empty part does not make the index infinite. */
const LEAST_SHARE = 1e-4
const PARTS = 10

/**
 * The population stability index Σ (q − p) ln(q / p) of two lists of counts over the same parts: 0 where the shares are the same;
 * by custom, below 0.1 nothing happened, above 0.25 much did. NaN where either has no counts.
 */
export function stabilityIndex(before: ArrayLike<number>, after: ArrayLike<number>): number {
  const all = sumOf(before)
  const others = sumOf(after)
  if (all === 0 || others === 0) return NaN
  let index = 0
  for (let i = 0; i < before.length; i++) {
    const p = Math.max(LEAST_SHARE, before[i]! / all)
    const q = Math.max(LEAST_SHARE, after[i]! / others)
    index += (q - p) * Math.log(q / p)
  }
  return index
}

/**
 * The stability index of values, null where missing: numbers over tenths of those before, everything else by its text; what is
 * missing is a part of its own.
 */
export function stabilityOf(before: readonly unknown[], after: readonly unknown[]): number {
  const partOf = before.some(value => typeof value === 'number')
    ? tenthsOf(before.filter(value => typeof value === 'number'))
    : String
  const parts = new Map<string, number>()
  for (const value of [...before, ...after])
    if (!parts.has(partOf(value))) parts.set(partOf(value), parts.size)
  const count = (values: readonly unknown[]): Float64Array => {
    const counts = new Float64Array(parts.size)
    for (const value of values) counts[parts.get(partOf(value))!]! += 1
    return counts
  }
  return stabilityIndex(count(before), count(after))
}

/** Names the part of a value: how many of the tenths' ends lie below it. */
function tenthsOf(numbers: readonly number[]): (value: unknown) => string {
  const sorted = Float64Array.from(numbers).sort()
  const ends = new Set(
    Array.from(
      { length: PARTS - 1 },
      (_, i) => sorted[Math.floor(((i + 1) * sorted.length) / PARTS)]!
    )
  )
  const cuts = [...ends]
  return value =>
    typeof value === 'number' ? String(cuts.filter(cut => cut < value).length) : 'missing'
}
