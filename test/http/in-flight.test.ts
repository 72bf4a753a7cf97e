import { test } from 'tap'
import { InFlightCap } from '../../src/http/in-flight.js'

/** What a decision may take where its request says nothing. */
const DECISION_MS = 100

/**
 * A process that works on one thing after another, `workMs` each, beside `waitMs` of waiting for a store, in virtual time. Answers the cap
 * over what it is asked.
 */
function simulate({ workMs, waitMs }: { workMs: number; waitMs: number }) {
  let nowMs = 1000
  let idleMs = 0
  let since = { nowMs, idleMs }
  const cap = new InFlightCap({
    clock: () => nowMs,
    utilization(startAnew) {
      const passed = nowMs - since.nowMs
      const busy = passed === 0 ? 0 : 1 - (idleMs - since.idleMs) / passed
      if (startAnew) since = { nowMs, idleMs }
      return busy
    }
  })
  /** What the store answers at which time, and since when it is in flight; in this order. */
  const waiting: Array<{ atMs: number; sinceMs: number }> = []
  /** Asks at a steady rate for a while. */
  const ask = (perSecond: number, seconds: number, waitsMs = waitMs) => {
    const endMs = nowMs + seconds * 1000
    let dueMs = nowMs
    const tookMs: number[] = []
    let refused = 0
    while (nowMs < endMs) {
      for (; dueMs <= nowMs; dueMs += 1000 / perSecond) {
        if (!cap.hasRoom('web', 'key')) refused++
        else {
          cap.enter('key')
          const atMs = nowMs + waitsMs
          const after = waiting.findLastIndex(other => other.atMs <= atMs)
          waiting.splice(after + 1, 0, { atMs, sinceMs: nowMs })
        }
      }
      const [next] = waiting
      if (next === undefined || next.atMs > nowMs) {
        const untilMs = Math.min(dueMs, endMs, next?.atMs ?? Infinity)
        idleMs += untilMs - nowMs
        nowMs = untilMs
        continue
      }
      waiting.shift()
      nowMs += workMs
      tookMs.push(nowMs - next.sinceMs)
      cap.leave('key', tookMs.at(-1))
    }
    const sorted = tookMs.sort((a, b) => a - b)
    return { answered: sorted.length, refused, p99Ms: sorted[Math.floor(sorted.length * 0.99)]! }
  }
  return { cap, ask }
}

test('while a process has time, nobody is turned away', async t => {
  const { ask } = simulate({ workMs: 0.25, waitMs: 0.5 })
  t.equal(ask(500, 5).refused, 0)
  t.equal(ask(2400, 5).refused, 0)
})

test('at three times what a process can do it does all that it can, and what it lets in is answered soon', async t => {
  const { ask, cap } = simulate({ workMs: 0.25, waitMs: 0.5 })
  ask(500, 5)
  ask(12_000, 2)
  const steady = ask(12_000, 5)
  t.ok(steady.answered > 0.97 * 5 * 4000, `${steady.answered} answered`)
  t.ok(steady.p99Ms < DECISION_MS, `p99 ${steady.p99Ms} ms`)
  t.ok(cap.cap > 100 && cap.cap < 300, `a cap of ${cap.cap}`)
  ask(500, 1)
  t.equal(ask(500, 5).refused, 0)
})

test('a process that is flooded from its first moment finds its cap as well', async t => {
  const { ask } = simulate({ workMs: 1, waitMs: 0.5 })
  ask(3000, 2)
  const steady = ask(3000, 5)
  t.ok(steady.answered > 0.97 * 5 * 1000, `${steady.answered} answered`)
  t.ok(steady.p99Ms < DECISION_MS, `p99 ${steady.p99Ms} ms`)
})

test('a store that becomes slow is no reason to turn anybody away', async t => {
  const { ask } = simulate({ workMs: 0.25, waitMs: 0.5 })
  ask(500, 5)
  t.equal(ask(500, 5, 100).refused, 0)
  t.equal(ask(500, 5, 1000).refused, 0)
  t.equal(ask(500, 5).refused, 0)
})

/** A process without a moment's rest, with so much of a class and key in flight. */
function busyWith(count: number, key = 'flood'): InFlightCap {
  let nowMs = 1000
  const cap = new InFlightCap({ clock: () => (nowMs += 0.01), utilization: () => 1 })
  for (let i = 0; i < count; i++) cap.enter(key)
  return cap
}

test('what is less urgent is turned away sooner, agents last of all', async t => {
  const letIn = (count: number) =>
    (['agent', 'web', 'batch', 'simulation'] as const).filter(of =>
      busyWith(count).hasRoom(of, 'flood')
    )
  t.same(letIn(127), ['agent', 'web', 'batch', 'simulation'])
  t.same(letIn(128), ['agent', 'web', 'batch'])
  t.same(letIn(192), ['agent', 'web'])
  t.same(letIn(256), ['agent'])
  t.same(letIn(512), [])
})

test('a key that floods leaves others their share', async t => {
  const cap = busyWith(256)
  t.equal(cap.hasRoom('web', 'flood'), false)
  let entered = 0
  for (; cap.hasRoom('web', 'other') && entered < 1000; entered++) cap.enter('other')
  t.equal(entered, 128)
  for (; entered > 0; entered--) cap.leave('other', undefined)
  t.equal(cap.inFlight, 256)
  t.equal(cap.hasRoom('web', 'flood'), false)
})
