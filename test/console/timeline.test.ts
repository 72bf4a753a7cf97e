import { test } from 'tap'
import {
  lastMinute,
  quantileMs,
  storedOf,
  withReading,
  type Live,
  type Timeline
} from '../../src/console/live/timeline.js'

const START_MS = Date.UTC(2026, 2, 1, 10)

/** A reading `seconds` after the start, of a process that has decided so often. */
function reading(seconds: number, decided: number, process = 'one'): Live {
  return {
    process,
    release: '0.1.0',
    at: new Date(START_MS + seconds * 1000).toISOString(),
    draining: false,
    store: { kind: 'memory', description: 'in memory', trouble: null },
    strategy: {
      version: 1,
      hash: 'abc',
      name: 'small',
      loadedAt: new Date(START_MS).toISOString(),
      models: []
    },
    decisions: { byChannel: { web: decided }, fellBack: {}, degraded: {} },
    events: { click: { stored: decided, duplicate: 1 } },
    limits: {},
    modelFailures: {},
    shed: {},
    stages: { boundsMs: [1, 10], counts: { total: [decided, 0, 0] } }
  }
}

function timelineOf(...readings: readonly Live[]): ReadonlyMap<string, Timeline> {
  return readings.reduce(withReading, new Map<string, Timeline>())
}

test('two readings tell what came between', async t => {
  const [tick, ...others] = timelineOf(reading(0, 100), reading(2, 130)).get('one')!.ticks
  t.strictSame(others, [])
  t.strictSame(tick, {
    atMs: START_MS + 2000,
    seconds: 2,
    decisions: { web: 30 },
    fellBack: {},
    degraded: {},
    events: { click: 30 },
    stages: { total: [30, 0, 0] }
  })
})

test('a long silence leaves a gap, and ten minutes are kept', async t => {
  const gap = timelineOf(reading(0, 0), reading(60, 9), reading(62, 12)).get('one')!
  t.strictSame(
    gap.ticks.map(({ decisions }) => decisions),
    [{ web: 3 }]
  )
  const long = Array.from({ length: 500 }, (_, i) => reading(2 * i, i))
  t.equal(timelineOf(...long).get('one')!.ticks.length, 300)
})

test('every process has a timeline of its own', async t => {
  const both = timelineOf(reading(0, 5), reading(1, 900, 'two'), reading(2, 7))
  t.strictSame([...both.keys()], ['one', 'two'])
  t.strictSame(both.get('one')!.ticks[0]!.decisions, { web: 2 })
  t.strictSame(both.get('two')!.ticks, [])
})

test('the last minute is the sum of its ticks', async t => {
  const readings = Array.from({ length: 61 }, (_, i) => reading(2 * i, i * i))
  const minute = lastMinute(timelineOf(...readings).get('one')!)
  t.equal(minute.seconds, 60)
  t.strictSame(minute.decisions, { web: 60 * 60 - 30 * 30 })
  t.strictSame(minute.stages, { total: [60 * 60 - 30 * 30, 0, 0] })
  t.strictSame(storedOf(reading(0, 4)), { click: 4 })
})

test('a quantile is the bound of its bucket', async t => {
  t.equal(quantileMs([98, 1, 1], [1, 10], 0.5), 1)
  t.equal(quantileMs([98, 1, 1], [1, 10], 0.99), 10)
  t.equal(quantileMs([98, 1, 1], [1, 10], 1), Infinity)
  t.equal(quantileMs([0, 0, 0], [1, 10], 0.5), undefined)
})
