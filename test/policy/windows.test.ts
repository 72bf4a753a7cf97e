import fc from 'fast-check'
import { test } from 'tap'
import { createWindows } from '../../src/policy/windows.js'
import { createZone, type CalendarUnit } from '../../src/policy/zone.js'
import { holds } from '../helpers/holds.js'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const STEP_MS = HOUR_MS / 2

const ZONES = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'Asia/Kolkata',
  'Pacific/Apia',
  'Australia/Lord_Howe',
  'America/Santiago',
  'Asia/Beirut'
]

function windowIn(zone: string, text: string) {
  return createWindows(createZone(zone)!)(text)!
}

/** The date that the zone's calendars show, as a number that grows: 20260301. */
function dateReader(timeZone: string): (momentMs: number) => number {
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short' })
  return momentMs => Number(format.format(momentMs).replaceAll('-', ''))
}

/** Names the day, the week (by its Monday) or the month of a date. */
function unitOf(unit: CalendarUnit, date: number): number {
  if (unit === 'day') return date
  if (unit === 'month') return Math.floor(date / 100)
  const day = Date.UTC(Math.floor(date / 10_000), (Math.floor(date / 100) % 100) - 1, date % 100)
  return day - ((new Date(day).getUTCDay() + 6) % 7) * DAY_MS
}

/**
 * The first moment of the unit that a moment lies in, found by looking at the calendar every half hour.
 * A date that comes again when clocks are put back belongs to the day that has begun already.
 */
function naiveStart(unit: CalendarUnit, dateAt: (momentMs: number) => number, nowMs: number) {
  const reachMs = { day: 3, week: 9, month: 34 }[unit] * DAY_MS
  let newest = 0
  let startMs = NaN
  for (
    let atMs = Math.floor((nowMs - reachMs) / STEP_MS) * STEP_MS;
    atMs <= nowMs;
    atMs += STEP_MS
  ) {
    const here = unitOf(unit, dateAt(atMs))
    if (here <= newest) continue
    newest = here
    startMs = atMs
  }
  return startMs
}

/** Instants around the turns of clocks, and any others, of the years 2005 to 2035. */
function instants(timeZone: string): fc.Arbitrary<number> {
  const firstMs = Date.UTC(2005, 0, 1)
  const format = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' })
  const turns: number[] = []
  let before = ''
  for (let atMs = firstMs; atMs < Date.UTC(2035, 0, 1); atMs += DAY_MS) {
    const offset = format.formatToParts(atMs).find(({ type }) => type === 'timeZoneName')!.value
    if (before !== '' && offset !== before) turns.push(atMs)
    before = offset
  }
  const any = fc.integer({ min: firstMs, max: Date.UTC(2035, 0, 1) })
  const within = fc.integer({ min: -3 * DAY_MS, max: 3 * DAY_MS })
  return turns.length === 0
    ? any
    : fc.oneof(
        any,
        fc.tuple(fc.constantFrom(...turns), within).map(([turn, off]) => turn + off)
      )
}

for (const zone of ZONES) {
  test(`the day, week and month of an instant are those of the calendar in ${zone}`, async t => {
    const dateAt = dateReader(zone)
    const windows = createWindows(createZone(zone)!)
    const check = (unit: CalendarUnit) => (nowMs: number) => {
      const window = windows(unit)!
      const startMs = window.startMs(nowMs) + 1
      const endMs = window.endMs(nowMs)
      return (
        startMs === naiveStart(unit, dateAt, nowMs) &&
        endMs > nowMs &&
        endMs - startMs <= window.lengthMs &&
        naiveStart(unit, dateAt, endMs) === endMs &&
        window.startMs(endMs) + 1 === endMs
      )
    }
    holds(t, fc.property(instants(zone), check('day')), 300)
    holds(t, fc.property(instants(zone), check('week')), 130)
    holds(t, fc.property(instants(zone), check('month')), 60)
  })
}

test('a day on which clocks are put forward has 23 hours, one on which they are put back 25', async t => {
  const day = windowIn('Europe/Berlin', 'day')
  const lengthAt = (text: string) => {
    const atMs = Date.parse(text)
    return (day.endMs(atMs) - day.startMs(atMs) - 1) / HOUR_MS
  }
  t.equal(lengthAt('2026-03-29T12:00:00Z'), 23)
  t.equal(lengthAt('2026-10-25T12:00:00Z'), 25)
  t.equal(lengthAt('2026-06-01T12:00:00Z'), 24)
})

test('a week starts on Monday', async t => {
  const week = windowIn('America/New_York', 'week')
  t.equal(week.startMs(Date.parse('2026-03-08T23:00:00Z')) + 1, Date.parse('2026-03-02T05:00:00Z'))
  t.equal(week.endMs(Date.parse('2026-03-08T23:00:00Z')), Date.parse('2026-03-09T04:00:00Z'))
})

test('a date that a zone left out belongs to no window', async t => {
  // Samoa went from the 29th to the 31st of December 2011.
  const day = windowIn('Pacific/Apia', 'day')
  const turnMs = Date.parse('2011-12-30T10:00:00Z')
  t.equal(day.endMs(turnMs - 1), turnMs)
  t.equal(day.startMs(turnMs), turnMs - 1)
  t.equal(day.endMs(turnMs) - turnMs, DAY_MS)
})

test('a rolling window reaches back by its length, a total one for ever', async t => {
  const rolling = windowIn('UTC', '90m')
  t.match(rolling, { kind: 'rolling', lengthMs: 90 * 60_000, text: '90m' })
  t.equal(rolling.startMs(1e12), 1e12 - 90 * 60_000)
  t.equal(rolling.endMs(1e12), Infinity)
  const total = windowIn('UTC', 'total')
  t.match(total, { kind: 'total', lengthMs: Infinity })
  t.equal(total.startMs(1e12), -Infinity)
  t.equal(createWindows(createZone('UTC')!)('fortnight'), undefined)
})

test('asking for the same day again costs no reading of the calendar', async t => {
  const zone = createZone('Europe/Berlin')!
  let read = 0
  const counting = {
    ...zone,
    periodAt: (...asked: Parameters<typeof zone.periodAt>) => {
      read++
      return zone.periodAt(...asked)
    }
  }
  const windows = createWindows(counting)
  const nowMs = Date.parse('2026-03-01T10:00:00Z')
  for (let i = 0; i < 100; i++) {
    windows('day')!.startMs(nowMs + i * 60_000)
    windows('day')!.startMs(nowMs - DAY_MS + i * 60_000)
  }
  t.equal(read, 2)
})
