/** How far ahead of our clock something told may claim to have happened. */
export const FUTURE_TOLERANCE_MS = 5 * 60_000

/** The sentence for a text that parseTime refuses. */
export const NOT_A_TIME =
  'is not an RFC 3339 time of the years 1970 to 9999, such as 2026-03-01T10:00:00Z'

const RFC_3339 =
  /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9})\d*)?(?:[Zz]|([+-])(\d\d):(\d\d))$/
const LAST_MS = Date.UTC(9999, 11, 31, 23, 59, 59, 999)
/** Nobody writes fractions longer than that; the bound keeps the pattern's work small. */
const LONGEST_TIME = 64

/**
 * Milliseconds since 1970 (UTC) of an RFC 3339 time, what is finer than a millisecond cut off; undefined when the text is none.
 * Strict: date, time and offset must be there, the day must exist, and a leap second (:60) is refused because no clock here has it.
 */
export function parseTime(text: string): number | undefined {
  const parts = text.length <= LONGEST_TIME ? RFC_3339.exec(text) : null
  if (parts === null) return undefined
  const [year, month, day, hour, minute, second] = parts.slice(1, 7).map(Number) as SixNumbers
  const offsetHour = Number(parts[9] ?? 0)
  const offsetMinute = Number(parts[10] ?? 0)
  if (hour > 23 || minute > 59 || second > 59 || offsetHour > 23 || offsetMinute > 59)
    return undefined
  const date = new Date(Date.UTC(year, month - 1, day))
  date.setUTCFullYear(year) // Date.UTC reads years below 100 as 19xx
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined
  const millisecond = Math.floor(Number(`0.${parts[7] ?? '0'}`) * 1000)
  const offsetMs = (offsetHour * 60 + offsetMinute) * 60_000 * (parts[8] === '-' ? -1 : 1)
  const timeMs =
    date.getTime() + ((hour * 60 + minute) * 60 + second) * 1000 + millisecond - offsetMs
  return timeMs >= 0 && timeMs <= LAST_MS ? timeMs : undefined
}

type SixNumbers = [number, number, number, number, number, number]

/** RFC 3339 in UTC with milliseconds, as all answers show times. */
export function formatTime(timeMs: number): string {
  return new Date(timeMs).toISOString()
}
