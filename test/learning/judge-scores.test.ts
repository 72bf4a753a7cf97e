import fc from 'fast-check'
import { test } from 'tap'
import { compareScores, judgeScores } from '../../src/learning/judge-scores.js'
import { sigmoid } from '../../src/learning/logistic.js'
import { auc, logLoss } from '../../src/learning/metrics.js'
import { createRandom } from '../../src/learning/random.js'
import { holds } from '../helpers/holds.js'

const RESAMPLING = { seed: 1, resamples: 200 }

/** Impressions whose truth is known, and a model that knows it up to some noise. */
function impressions(count: number, noise: number, seed: number, perCustomer = 1) {
  const random = createRandom(seed)
  const truths = Float64Array.from({ length: count }, () => random.normal())
  return {
    customers: Int32Array.from(truths, (_, i) => Math.floor(i / perCustomer)),
    labels: Uint8Array.from(truths, truth => Number(random.chance(sigmoid(truth)))),
    truths: truths.map(sigmoid),
    noisy: truths.map(truth => sigmoid(truth + noise * random.normal()))
  }
}

test('figures are those of the metrics, ties included', t => {
  const row = fc.record({
    label: fc.integer({ min: 0, max: 1 }),
    score: fc.integer({ min: 0, max: 6 }).map(sixth => sixth / 6)
  })
  const property = fc.property(fc.array(row, { minLength: 41, maxLength: 120 }), rows => {
    const labels = rows.map(({ label }) => label)
    const scores = rows.map(({ score }) => score)
    const customers = rows.map((_, i) => i)
    const judged = judgeScores({ customers, labels, scores }, RESAMPLING)
    const few = Math.min(judged.positives, rows.length - judged.positives) < 20
    return (
      few === (judged.auc === undefined) &&
      Math.abs(judged.logLoss - logLoss(scores, labels)) < 1e-12 &&
      (judged.auc === undefined || Math.abs(judged.auc.value - auc(scores, labels)) < 1e-12)
    )
  })
  holds(t, property, 100)
  t.end()
})

test('a better model is told from a worse one, and a model from itself is not', t => {
  const { customers, labels, truths, noisy } = impressions(4000, 2, 7)
  const better = compareScores({ customers, labels, scores: noisy, others: truths }, RESAMPLING)!
  t.ok(better.auc.low > 0 && better.auc.low < better.auc.value, 'it ranks better')
  t.ok(better.logLoss.high < 0 && better.logLoss.value < better.logLoss.high)
  const worse = compareScores({ customers, labels, scores: truths, others: noisy }, RESAMPLING)!
  t.ok(worse.auc.high < 0)
  t.ok(worse.logLoss.low > 0)
  const same = compareScores({ customers, labels, scores: truths, others: truths }, RESAMPLING)!
  t.same(
    [same.auc, same.logLoss],
    [
      { value: 0, low: 0, high: 0 },
      { value: 0, low: 0, high: 0 }
    ]
  )
  t.end()
})

test('intervals hold the truth as often as they say', t => {
  const { labels, truths } = impressions(200_000, 0, 1)
  const truth = auc(truths, labels)
  let held = 0
  for (let seed = 2; seed < 102; seed++) {
    const sample = impressions(400, 0, seed)
    const { low, high } = judgeScores({ ...sample, scores: sample.truths }, RESAMPLING).auc!
    if (low <= truth && truth <= high) held++
  }
  t.ok(held >= 87 && held <= 100, `${held} of 100`)
  t.end()
})

test('many impressions of the same customers tell less than as many customers', t => {
  const alone = impressions(2000, 1, 3)
  const customers = alone.customers.map(customer => Math.floor(customer / 10))
  // Each customer always answers alike.
  const labels = alone.labels.map((_, i) => alone.labels[Math.floor(i / 10) * 10]!)
  const truths = alone.truths.map((_, i) => alone.truths[Math.floor(i / 10) * 10]!)
  const width = (of: ArrayLike<number>): number => {
    const { auc: found } = judgeScores({ customers: of, labels, scores: truths }, RESAMPLING)
    return found!.high - found!.low
  }
  t.ok(width(customers) > 2 * width(alone.customers))
  t.end()
})
