import fc from 'fast-check'
import { test } from 'tap'
import { rank } from '../../../src/decisioning/arbitration/rank.js'

test('contestants are ranked as a sort with the same order ranks them', async t => {
  const priority = fc.oneof(
    fc.double(),
    fc.constantFrom(0, -0, 1, 1 + 2 ** -50, 2, Infinity, -Infinity, NaN, 5e-324)
  )
  fc.assert(
    fc.property(
      fc.array(fc.tuple(priority, fc.integer({ min: 0, max: 2 })), { maxLength: 60 }),
      pairs => {
        const priorities = Float64Array.from(pairs, ([value]) => value)
        const tiers = pairs.map(([, tier]) => tier)
        const compare = (a: number, b: number): number =>
          tiers[a]! - tiers[b]! ||
          (priorities[a] === priorities[b] ? 0 : priorities[b]! > priorities[a]! ? 1 : -1) ||
          a - b
        const wanted = pairs
          .map((_, i) => i)
          .filter(i => !Number.isNaN(priorities[i]))
          .sort(compare)
        t.same([...rank(priorities, (a, b) => compare(a, b) < 0)], wanted)
      }
    ),
    { numRuns: 1000 }
  )
})

test('ten thousand alike priorities are put in order without comparing each with each', t => {
  const count = 10_000
  const priorities = new Float64Array(count).fill(7)
  let comparisons = 0
  // An order that has nothing to do with where they stand; 7,919 shares no factor with their number.
  const place = (i: number): number => (i * 7_919) % count
  const order = rank(priorities, (a, b) => {
    comparisons++
    return place(a) < place(b)
  })
  t.ok(order.every((contestant, i) => place(contestant) === i))
  t.ok(comparisons < 40 * count, `${comparisons} comparisons`)
  t.end()
})
