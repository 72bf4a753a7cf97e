const UNIT_MS: Readonly<Record<string, number>> = {
  d: 86_400_000,
  h: 3_600_000,
  m: 60_000,
  s: 1000
}
const DURATION = /^(?:\d{1,9}[dhms]){1,4}$/

/**
 * Milliseconds of a duration as strategies write it: whole numbers of days (24 h), hours, minutes and seconds,
 * the largest unit first: `7d`, `24h`, `90m`, `30s`, `1h30m`. undefined where the text is no such duration or is zero.
 */
export function parseDuration(text: string): number | undefined {
  if (!DURATION.test(text)) return undefined
  let totalMs = 0
  let smallestMs = Infinity
  for (const [, count = '', unit = ''] of text.matchAll(/(\d+)([dhms])/g)) {
    const unitMs = UNIT_MS[unit] ?? Infinity
    if (unitMs >= smallestMs) return undefined
    smallestMs = unitMs
    totalMs += Number(count) * unitMs
  }
  return totalMs > 0 ? totalMs : undefined
}

/** A length of time as strategies write it, in whole seconds: 7d, 1h30m. */
export function durationText(ms: number): string {
  let leftMs = ms
  let text = ''
  for (const [unit, unitMs] of Object.entries(UNIT_MS)) {
    const count = Math.floor(leftMs / unitMs)
    if (count > 0) text += `${count}${unit}`
    leftMs -= count * unitMs
  }
  return text
}
