import fc from 'fast-check'
import { test } from 'tap'
import { formatTime, parseTime } from '../../src/decisioning/times.js'

test('every spelling that RFC 3339 allows is read', async t => {
  const noonMs = Date.UTC(2026, 2, 1, 12)
  for (const text of [
    '2026-03-01T12:00:00Z',
    '2026-03-01t12:00:00z',
    '2026-03-01T12:00:00.0Z',
    '2026-03-01T12:00:00+00:00',
    '2026-03-01T12:00:00-00:00',
    '2026-03-01T13:30:00+01:30',
    '2026-02-28T19:00:00-17:00'
  ]) {
    t.equal(parseTime(text), noonMs, text)
  }
})

test('fractions finer than a millisecond are cut off', async t => {
  t.equal(parseTime('1970-01-01T00:00:00.1Z'), 100)
  t.equal(parseTime('1970-01-01T00:00:00.0019Z'), 1)
  t.equal(parseTime('1970-01-01T00:00:00.999999999999Z'), 999)
})

test('texts that are no RFC 3339 time are refused', async t => {
  for (const text of [
    '',
    '2026-03-01',
    '2026-03-01T12:00:00',
    '2026-03-01T12:00Z',
    '2026-03-01 12:00:00Z',
    '2026-3-1T12:00:00Z',
    '2026-03-01T12:00:00.Z',
    '2026-03-01T12:00:00,5Z',
    '2026-03-01T12:00:00+0100',
    '2026-03-01T12:00:00+24:00',
    '2026-03-01T12:00:00+01:60',
    '2026-02-29T12:00:00Z',
    '2026-04-31T12:00:00Z',
    '2026-00-10T12:00:00Z',
    '2026-13-10T12:00:00Z',
    '2026-01-00T12:00:00Z',
    '2026-03-01T24:00:00Z',
    '2026-03-01T12:60:00Z',
    '2016-12-31T23:59:60Z',
    ' 2026-03-01T12:00:00Z',
    '2026-03-01T12:00:00Z\n',
    '٢٠٢٦-03-01T12:00:00Z',
    `2026-03-01T12:00:00.${'1'.repeat(100)}Z`
  ]) {
    t.equal(parseTime(text), undefined, text)
  }
})

test('the years 1970 to 9999 are read, in UTC, and no others', async t => {
  t.equal(parseTime('1970-01-01T00:00:00Z'), 0)
  t.equal(parseTime('1969-12-31T23:59:59.999Z'), undefined)
  t.equal(parseTime('1970-01-01T00:00:00+00:01'), undefined)
  t.equal(parseTime('9999-12-31T23:59:59.999Z'), Date.UTC(9999, 11, 31, 23, 59, 59, 999))
  t.equal(parseTime('9999-12-31T23:59:59-00:01'), undefined)
  t.equal(parseTime('0071-01-01T00:00:00Z'), undefined)
  t.equal(parseTime('2024-02-29T00:00:00Z'), Date.UTC(2024, 1, 29))
})

test('what is shown is read back to the millisecond', async t => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: Date.UTC(9999, 11, 31) }),
      timeMs => parseTime(formatTime(timeMs)) === timeMs
    )
  )
  t.pass()
})
