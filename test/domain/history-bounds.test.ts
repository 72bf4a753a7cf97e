import { deepStrictEqual, equal } from 'node:assert/strict'
import fc from 'fast-check'
import { test } from 'tap'
import {
  foldIntoHours,
  hourStartMs,
  KEPT_HOURS,
  newestFirst
} from '../../src/domain/history-bounds.js'
import { holds } from '../helpers/holds.js'

test('newest first is by time, and later arrivals first among equals', async t => {
  t.strictSame([...newestFirst([1, 2, 2, 3])], [3, 2, 1, 0])
  t.strictSame([...newestFirst([3, 1, 3, 2])], [2, 0, 3, 1])
  holds(
    t,
    fc.property(fc.array(fc.nat(20)), times => {
      const naive = times
        .map((timeMs, i) => ({ timeMs, i }))
        .sort((a, b) => b.timeMs - a.timeMs || b.i - a.i)
        .map(({ i }) => i)
      deepStrictEqual([...newestFirst(times)], naive)
    }),
    50
  )
})

test('folding keeps the number of events, hour by hour', async t => {
  const events = fc.array(
    fc.record({ timeMs: fc.nat(50 * 3_600_000), type: fc.nat(2), offer: fc.nat(2) })
  )
  holds(
    t,
    fc.property(events, events, (first, second) => {
      const hours = foldIntoHours(foldIntoHours([], first), second)
      for (const { startMs, type, offer, count } of hours) {
        equal(
          [...first, ...second].filter(
            event =>
              hourStartMs(event.timeMs) === startMs && event.type === type && event.offer === offer
          ).length,
          count
        )
      }
      equal(
        hours.reduce((sum, { count }) => sum + count, 0),
        first.length + second.length
      )
    }),
    50
  )
})

test('the oldest hours are forgotten beyond the bound', async t => {
  const hours = foldIntoHours(
    [],
    Array.from({ length: KEPT_HOURS + 10 }, (_, i) => ({
      timeMs: i * 3_600_000,
      type: 0,
      offer: 0
    }))
  )
  t.equal(hours.length, KEPT_HOURS)
  t.equal(hours.at(-1)?.startMs, 10 * 3_600_000)
})
