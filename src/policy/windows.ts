import type { Window } from '../domain/limits.js'
import { parseDuration } from './duration.js'
import type { CalendarUnit, Period, Zone } from './zone.js'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** The longest that each can be: a zone may change to the other side of the date line, which repeats a day. */
const LONGEST_MS: Readonly<Record<CalendarUnit, number>> = {
  day: 2 * DAY_MS,
  week: 8 * DAY_MS,
  month: 32 * DAY_MS
}
/** Periods that are remembered for each calendar window: a few years of days. */
const MOST_KNOWN = 2000

/** What windows mean in a zone: `7d`, `90m`, `day`, `week`, `month`, `total`. undefined for any other text. */
export type Windows = (text: string) => Window | undefined

/** The windows of one strategy. The same text gives the same window, so that all its limits share what it remembers. */
export function createWindows(zone: Zone): Windows {
  const known = new Map<string, Window | undefined>()
  return text => {
    if (!known.has(text)) known.set(text, windowOf(text, zone))
    return known.get(text)
  }
}

function windowOf(text: string, zone: Zone): Window | undefined {
  if (text === 'total') return TOTAL
  if (text === 'day' || text === 'week' || text === 'month') return calendarWindow(text, zone)
  const lengthMs = parseDuration(text)
  if (lengthMs === undefined) return undefined
  return {
    text,
    kind: 'rolling',
    lengthMs,
    startMs: nowMs => nowMs - lengthMs,
    endMs: () => Infinity
  }
}

const TOTAL: Window = {
  text: 'total',
  kind: 'total',
  lengthMs: Infinity,
  startMs: () => -Infinity,
  endMs: () => Infinity
}

function calendarWindow(unit: CalendarUnit, zone: Zone): Window {
  const periodAt = rememberedPeriods(unit, zone)
  return {
    text: unit,
    kind: 'calendar',
    lengthMs: LONGEST_MS[unit],
    // Instants are whole milliseconds.
    startMs: nowMs => periodAt(nowMs).startMs - 1,
    endMs: nowMs => periodAt(nowMs).endMs
  }
}

/**
 * Decisions ask for the same period all day, and folding a history asks for those of its events; a clock of the zone
 * is read only for a period that was not asked for before.
 */
function rememberedPeriods(unit: CalendarUnit, zone: Zone): (momentMs: number) => Period {
  /** By day of UTC: the periods that were met in it. */
  const known = new Map<number, Period[]>()
  let latest: Period = { startMs: 0, endMs: 0 }
  const holds = ({ startMs, endMs }: Period, momentMs: number) =>
    momentMs >= startMs && momentMs < endMs
  return momentMs => {
    if (holds(latest, momentMs)) return latest
    const day = Math.floor(momentMs / DAY_MS)
    const here = known.get(day) ?? []
    const found = here.find(period => holds(period, momentMs))
    latest = found ?? zone.periodAt(unit, momentMs)
    if (found === undefined) {
      if (known.size >= MOST_KNOWN) known.clear()
      known.set(day, [...here, latest])
    }
    return latest
  }
}
