import { test } from 'tap'
import { stepwise } from '../../src/decisioning/in-turns.js'

/** A work of some steps that counts them. */
function counting(steps: number, each = (): void => undefined) {
  const seen = { steps: 0 }
  function* work(): Generator<undefined, string, undefined> {
    for (let i = 0; i < steps; i++) {
      seen.steps++
      each()
      yield
    }
    return 'done'
  }
  return { seen, work: stepwise(work()) }
}

test('a work is done once, whoever asks for it and however', async t => {
  const { seen, work } = counting(1000)
  t.equal(seen.steps, 0)
  const waited = work.finishInTurns()
  t.equal(work.finish(), 'done')
  t.equal(await waited, 'done')
  t.equal(await work.finishInTurns(), 'done')
  t.equal(seen.steps, 1000)
})

test('what waits is let go first, again and again', async t => {
  const { seen, work } = counting(60, () => {
    const untilMs = performance.now() + 0.3
    while (performance.now() < untilMs);
  })
  const between: number[] = []
  const waited = work.finishInTurns()
  while (seen.steps < 60) {
    between.push(seen.steps)
    await new Promise(resolve => setImmediate(resolve))
  }
  t.equal(await waited, 'done')
  t.ok(between.length > 5, `${between.length} turns`)
})
