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
