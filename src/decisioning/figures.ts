/** 000 to 999. Putting digits together from a table costs a quarter of what printing a float does. */
const THREE = Array.from({ length: 1000 }, (_, number) => String(number).padStart(3, '0'))
const MILLION = 1e6
/** Below this the digits before the point are few enough for whole-number arithmetic to be exact. */
const LARGEST = 1e9

/** A number as JSON with 6 decimals at the most; null for what JSON has no number for. */
export function figure(value: number): string {
  if (Number.isInteger(value)) return JSON.stringify(value)
  if (!(value >= 0 && value < LARGEST)) return JSON.stringify(value)
  let whole = Math.floor(value)
  let millionths = Math.round((value - whole) * MILLION)
  if (millionths === MILLION) {
    whole++
    millionths = 0
  }
  return `${whole}.${THREE[(millionths / 1000) | 0]!}${THREE[millionths % 1000]!}`
}
