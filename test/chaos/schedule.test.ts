import { test } from 'tap'
import { FAULTS } from './faults.js'
import { scheduleOf } from './schedule.js'

test('the same seed makes the same schedule, and another seed another one', async t => {
  const shown = (seed: number) =>
    scheduleOf(seed, 300, FAULTS).map(({ fault, atMs, place }) => [fault.name, atMs, place])
  t.strictSame(shown(1), shown(1))
  t.notSame(shown(1), shown(2))
})

test('faults follow each other with time to recover, all of them before one comes again', async t => {
  for (const seed of [1, 2, 3]) {
    const schedule = scheduleOf(seed, 300, FAULTS)
    const first = schedule.slice(0, FAULTS.length).map(({ fault }) => fault.name)
    t.equal(new Set(first).size, FAULTS.length)
    schedule.forEach(({ fault, atMs, overMs }, i) => {
      const next = schedule[i + 1]?.atMs ?? 300_000
      if (overMs > next || overMs - atMs < fault.lastsMs + fault.asked.wholeAgainMs)
        t.fail(`${fault.name} at ${atMs} has no time to recover before ${next}`)
    })
  }
  t.strictSame(scheduleOf(1, 3, FAULTS), [], 'what does not fit is left out')
})
