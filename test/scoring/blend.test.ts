import { test } from 'tap'
import { blend } from '../../src/scoring/blend.js'

const vectors = [
  { impressions: 10, observed: 0.9, expected: 0.4 },
  { impressions: 50, observed: 0.1, expected: 0.2 },
  { impressions: 200, observed: 0.1, expected: 0.14 }
]

for (const { impressions, observed, expected } of vectors) {
  test(`${impressions} impressions at ${observed} move a start of 0.3 worth 50 to ${expected}`, t => {
    t.ok(Math.abs(blend(0.3, 50, impressions, observed) - expected) < 1e-12)
    t.end()
  })
}

test('without impressions the start stands exactly, whatever its evidence', t => {
  t.equal(blend(0.3, 50, 0, 0.9), 0.3)
  t.equal(blend(0.3, 0, 0, NaN), 0.3)
  t.end()
})
