import fc from 'fast-check'
import { test } from 'tap'
import { fitIsotonic, fitPlatt } from '../../src/learning/calibrate.js'
import { sigmoid } from '../../src/learning/logistic.js'
import { createRandom } from '../../src/learning/random.js'
import { createCalibration } from '../../src/scoring/calibration.js'

test('Platt finds the line that the labels were drawn from', async t => {
  const random = createRandom(4)
  const scores = Array.from({ length: 40_000 }, () => random.normal() * 2)
  const labels = scores.map(score => (random.chance(sigmoid(1.5 * score - 0.7)) ? 1 : 0))
  const { a, b } = fitPlatt(scores, labels)
  t.ok(Math.abs(a + 1.5) < 0.05, `a ${a}`)
  t.ok(Math.abs(b - 0.7) < 0.05, `b ${b}`)
})

test('Platt keeps the sum of the predictions near the sum of its targets', async t => {
  const scores = [1, 2, 3, 4, 5, 6]
  const labels = [0, 0, 1, 0, 1, 1]
  const calibrate = createCalibration({ method: 'sigmoid', ...fitPlatt(scores, labels) })
  const sum = scores.reduce((total, score) => total + calibrate(score), 0)
  t.ok(Math.abs(sum - (3 * (4 / 5) + 3 * (1 / 5))) < 1e-6)
})

test('Platt answers labels that a score separates without running away', async t => {
  const { a } = fitPlatt([-2, -1, 1, 2], [0, 0, 1, 1])
  t.ok(Number.isFinite(a) && a < 0)
})

test('isotonic points rise, lie in [0, 1] and hold the steps asked for', async t => {
  const rows = fc
    .array(fc.tuple(fc.integer({ min: 0, max: 40 }), fc.constantFrom(0, 1)), {
      minLength: 10,
      maxLength: 200
    })
    .filter(pairs => new Set(pairs.map(([, label]) => label)).size === 2)
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(rows, fc.integer({ min: 1, max: 30 }), (pairs, minRows) => {
        const points = fitIsotonic(
          pairs.map(([score]) => score),
          pairs.map(([, label]) => label),
          minRows
        )
        const rising = points.every(
          ([x, y], i) => i === 0 || (x > points[i - 1]![0] && y >= points[i - 1]![1])
        )
        return (
          rising &&
          points.length * minRows <= Math.max(pairs.length, minRows) &&
          points.every(([, y]) => y >= 0 && y <= 1)
        )
      })
    )
  )
})

test('isotonic pools neighbours in the wrong order', async t => {
  t.same(fitIsotonic([1, 2, 3, 4], [0, 1, 0, 1], 1), [
    [1, 0],
    [2.5, 0.5],
    [4, 1]
  ])
})

test('rows of equal score stay in one step', async t => {
  t.same(fitIsotonic([1, 1, 1, 2], [0, 1, 0, 1], 2), [[1.25, 0.5]])
})
