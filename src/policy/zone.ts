/** A time zone: what a date of the strategy's files means. */
export interface Zone {
  readonly name: string
  /**
   * Milliseconds since 1970 of an RFC 3339 instant, or of the first moment of a day in this zone (`2026-01-01`),
   * which is not midnight where clocks jump over it. undefined where the text is neither.
   */
  parse(text: string): number | undefined
  /** The day, week (from Monday) or month of the zone's calendar that an instant lies in. Costs tens of microseconds. */
  periodAt(unit: CalendarUnit, momentMs: number): Period
}

export type CalendarUnit = 'day' | 'week' | 'month'

/** The instants from startMs up to, and without, endMs. */
export interface Period {
  readonly startMs: number
  readonly endMs: number
}

/** The zone of an IANA name such as Europe/Berlin; undefined where there is none of this name. */
export function createZone(name: string): Zone | undefined {
  const format = clockOf(name)
  if (format === undefined) return undefined
  const known = new Map<string, number | undefined>()
  return {
    name,
    parse(text) {
      if (!known.has(text)) known.set(text, parse(text, format))
      return known.get(text)
    },
    periodAt: (unit, momentMs) => periodAt(unit, momentMs, format)
  }
}

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const INSTANT =
  /^(\d{4})-(\d\d)-(\d\d)(?:[Tt](\d\d):(\d\d):(\d\d)(\.\d{1,9})?(?:[Zz]|([+-])(\d\d):(\d\d)))?$/

function parse(text: string, clock: Intl.DateTimeFormat): number | undefined {
  const match = INSTANT.exec(text)
  if (match === null) return undefined
  const [
    ,
    year,
    month,
    day,
    hour,
    minute,
    second,
    fraction = '0',
    sign,
    offsetHours = '0',
    offsetMinutes = '0'
  ] = match
  const dayMs = Date.UTC(Number(year), Number(month) - 1, Number(day))
  // Date.UTC takes the 31st of February for a day in March.
  if (!new Date(dayMs).toISOString().startsWith(`${year}-${month}-${day}`)) return undefined
  if (hour === undefined) return startOfDay(dayMs, clock)
  if (
    Number(hour) > 23 ||
    Number(minute) > 59 ||
    Number(second) > 59 ||
    Number(offsetHours) > 23 ||
    Number(offsetMinutes) > 59
  )
    return undefined
  const timeMs =
    Number(hour) * HOUR_MS +
    Number(minute) * 60_000 +
    Number(second) * 1000 +
    Math.floor(Number(fraction) * 1000)
  const offsetMs = Number(offsetHours) * HOUR_MS + Number(offsetMinutes) * 60_000
  return dayMs + timeMs - (sign === '-' ? -offsetMs : offsetMs)
}

/** The first moment of a day, given as the milliseconds of its midnight in UTC. */
function startOfDay(dayMs: number, clock: Intl.DateTimeFormat): number {
  // Zones lie between UTC−12 and UTC+14, so that these two moments enclose the midnight looked for.
  const before = offsetMs(dayMs - 15 * HOUR_MS, clock)
  const after = offsetMs(dayMs + 13 * HOUR_MS, clock)
  // The greater offset is the earlier moment: it wins where clocks are put back over midnight, so that it comes twice.
  for (const offset of [Math.max(before, after), Math.min(before, after)]) {
    const moment = dayMs - offset
    if (offsetMs(moment, clock) === offset) return moment
  }
  // Clocks are put forward over midnight: the day starts when they are.
  return dayMs - before
}

function periodAt(unit: CalendarUnit, momentMs: number, clock: Intl.DateTimeFormat): Period {
  const readMs = momentMs + offsetMs(momentMs, clock)
  let next = firstDay(unit, Math.floor(readMs / DAY_MS) * DAY_MS, 0)
  let startMs = 0
  let endMs = startOfDay(next, clock)
  // More than one step where clocks are put back over midnight: the old date is read again after the new one has begun.
  while (endMs <= momentMs) {
    next = firstDay(unit, next, 1)
    startMs = endMs
    endMs = startOfDay(next, clock)
  }
  return { startMs, endMs }
}

/** The first day of the unit that a day lies in, or of one `later`; days are the milliseconds of their midnight in UTC. */
function firstDay(unit: CalendarUnit, dayMs: number, later: 0 | 1): number {
  if (unit === 'day') return dayMs + later * DAY_MS
  if (unit === 'week') {
    // The 1st of January 1970 was a Thursday.
    const sinceMonday = (((dayMs / DAY_MS + 3) % 7) + 7) % 7
    return dayMs + (7 * later - sinceMonday) * DAY_MS
  }
  const day = new Date(dayMs)
  return Date.UTC(day.getUTCFullYear(), day.getUTCMonth() + later, 1)
}

/** How far the zone's clocks are ahead of UTC at a moment. */
function offsetMs(momentMs: number, clock: Intl.DateTimeFormat): number {
  const parts: Record<string, number> = {}
  for (const { type, value } of clock.formatToParts(momentMs)) parts[type] = Number(value)
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(momentMs / 1000) * 1000
}

function clockOf(timeZone: string): Intl.DateTimeFormat | undefined {
  try {
    return new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric'
    })
  } catch (error) {
    // The only way to ask whether a zone exists.
    if (error instanceof RangeError) return undefined
    throw error
  }
}
