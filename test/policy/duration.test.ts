import { test } from 'tap'
import { parseDuration } from '../../src/policy/duration.js'

test('durations are whole days, hours, minutes and seconds', t => {
  t.equal(parseDuration('7d'), 604_800_000)
  t.equal(parseDuration('24h'), 86_400_000)
  t.equal(parseDuration('90m'), 5_400_000)
  t.equal(parseDuration('30s'), 30_000)
  t.equal(parseDuration('1d2h3m4s'), 93_784_000)
  t.end()
})

test('what is no duration is undefined', t => {
  for (const text of [
    '',
    '7',
    'd',
    '0d',
    '-1d',
    '1.5h',
    '7 d',
    '1h1h',
    '30m1h',
    '7w',
    '٣d',
    `${'9'.repeat(400)}d`
  ]) {
    t.equal(parseDuration(text), undefined, text)
  }
  t.end()
})
