import fc from 'fast-check'
import { test } from 'tap'
import { auc, calibrationError, calibrationTable, logLoss } from '../../src/learning/metrics.js'

const labelled = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.constantFrom(0, 1)), {
    minLength: 2,
    maxLength: 60
  })
  .filter(rows => new Set(rows.map(([, label]) => label)).size === 2)

test('AUC is the share of pairs in the right order, ties counting half', async t => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(labelled, rows => {
        const positives = rows.filter(([, label]) => label === 1)
        const negatives = rows.filter(([, label]) => label === 0)
        let right = 0
        for (const [high] of positives) {
          for (const [low] of negatives) right += high > low ? 1 : high === low ? 0.5 : 0
        }
        const expected = right / (positives.length * negatives.length)
        return (
          Math.abs(
            auc(
              rows.map(([score]) => score),
              rows.map(([, label]) => label)
            ) - expected
          ) < 1e-12
        )
      })
    )
  )
})

test('AUC depends on the order of the scores alone', async t => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(labelled, rows => {
        const labels = rows.map(([, label]) => label)
        const scores = rows.map(([score]) => score)
        return (
          auc(scores, labels) ===
          auc(
            scores.map(score => Math.exp(score) - 3),
            labels
          )
        )
      })
    )
  )
})

test('AUC without both labels is not a number', async t => {
  t.ok(Number.isNaN(auc([0.1, 0.2], [1, 1])))
})

test('log loss is the mean negative log likelihood', async t => {
  t.ok(Math.abs(logLoss([0.5, 0.5], [0, 1]) - Math.log(2)) < 1e-15)
  t.ok(Math.abs(logLoss([0.9, 0.2], [1, 0]) + (Math.log(0.9) + Math.log(0.8)) / 2) < 1e-15)
  t.ok(Number.isFinite(logLoss([0], [1])), 'a certain mistake is expensive, not infinite')
})

test('the calibration table holds every row once, in rising parts of equal size', async t => {
  const rows = fc.array(
    fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.constantFrom(0, 1)),
    { minLength: 10, maxLength: 200 }
  )
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(rows, pairs => {
        const probabilities = pairs.map(([p]) => p)
        const labels = pairs.map(([, label]) => label)
        const table = calibrationTable(probabilities, labels, 10)
        const total = table.reduce((sum, bin) => sum + bin.rows, 0)
        const positives = table.reduce((sum, bin) => sum + bin.observed * bin.rows, 0)
        return (
          total === pairs.length &&
          Math.abs(positives - labels.reduce<number>((sum, label) => sum + label, 0)) < 1e-9 &&
          table.every(bin => Math.abs(bin.rows - pairs.length / 10) < 1) &&
          table.every((bin, i) => i === 0 || bin.from >= table[i - 1]!.to)
        )
      })
    )
  )
})

test('the calibration error is the weighted distance between predicted and observed', async t => {
  const bin = { from: 0, to: 1 }
  t.ok(
    Math.abs(
      calibrationError([
        { ...bin, rows: 3, predicted: 0.2, observed: 0.3 },
        { ...bin, rows: 1, predicted: 0.9, observed: 0.4 }
      ]) - 0.2
    ) < 1e-12
  )
})
