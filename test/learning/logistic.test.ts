import fc from 'fast-check'
import { test } from 'tap'
import { fitLogistic, logisticScore, sigmoid } from '../../src/learning/logistic.js'
import { matrixOf, rowOf, solvePositiveDefinite } from '../../src/learning/matrix.js'
import { createRandom } from '../../src/learning/random.js'

/** Rows of one column: `counts` of exposed positives, exposed negatives, other positives, other negatives. */
function table(counts: readonly [number, number, number, number]) {
  const cells = [
    [1, 1],
    [1, 0],
    [0, 1],
    [0, 0]
  ] as const
  const rows = counts.flatMap((count, i) => Array.from({ length: count }, () => cells[i]!))
  return { x: matrixOf(rows.map(([exposed]) => [exposed])), labels: rows.map(([, label]) => label) }
}

test('on a 2 × 2 table the coefficient is the log odds ratio', async t => {
  const count = fc.integer({ min: 1, max: 60 })
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(fc.tuple(count, count, count, count), counts => {
        const [a, b, c, d] = counts
        const { x, labels } = table(counts)
        const { intercept, coefficients } = fitLogistic(x, labels, { ridge: 0 })
        return (
          Math.abs(coefficients[0]! - Math.log((a * d) / (b * c))) < 1e-7 &&
          Math.abs(intercept - Math.log(c / d)) < 1e-7
        )
      }),
      { numRuns: 60 }
    )
  )
})

test('without a ridge the predictions sum to the positives, column by column', async t => {
  const random = createRandom(3)
  const rows = Array.from({ length: 400 }, () => [
    random.normal() * 100 + 50,
    random.normal(),
    random.uniform()
  ])
  const labels = rows.map(([a, b]) => (random.chance(sigmoid((a! - 50) / 80 + b! - 1)) ? 1 : 0))
  const x = matrixOf(rows)
  const model = fitLogistic(x, labels, { ridge: 0 })
  for (let column = -1; column < x.columns; column++) {
    let gradient = 0
    for (let i = 0; i < x.rows; i++) {
      gradient +=
        (labels[i]! - sigmoid(logisticScore(model, rowOf(x, i)))) *
        (column < 0 ? 1 : rows[i]![column]!)
    }
    t.ok(Math.abs(gradient) < 1e-5, `column ${column}: ${gradient}`)
  }
})

test('the scale and origin of a column do not change the predictions', async t => {
  const random = createRandom(8)
  const rows = Array.from({ length: 200 }, () => [random.normal(), random.normal()])
  const labels = rows.map(([a]) => (random.chance(sigmoid(a!)) ? 1 : 0))
  const plain = fitLogistic(matrixOf(rows), labels)
  const stretched = rows.map(([a, b]) => [a! * 1000 - 5, b! / 1000])
  const other = fitLogistic(matrixOf(stretched), labels)
  rows.forEach((row, i) => {
    t.ok(Math.abs(logisticScore(plain, row) - logisticScore(other, stretched[i]!)) < 1e-8)
  })
})

test('a ridge makes coefficients smaller and leaves the mean prediction alone', async t => {
  const { x, labels } = table([30, 10, 15, 45])
  const free = fitLogistic(x, labels, { ridge: 0 })
  const held = fitLogistic(x, labels, { ridge: 20 })
  t.ok(Math.abs(held.coefficients[0]!) < Math.abs(free.coefficients[0]!))
  const mean =
    [1, 0].reduce(
      (sum, exposed) => sum + sigmoid(logisticScore(held, [exposed])) * (exposed === 1 ? 40 : 60),
      0
    ) / 100
  t.ok(Math.abs(mean - 0.45) < 1e-9)
})

test('labels that a column separates settle with a ridge and are refused without', async t => {
  const x = matrixOf([[1], [2], [3], [4]])
  t.ok(fitLogistic(x, [0, 0, 1, 1], { ridge: 0.1 }).coefficients[0]! > 0)
  t.throws(() => fitLogistic(x, [0, 0, 1, 1], { ridge: 0 }), RangeError)
})

test('columns that depend on each other need a ridge', async t => {
  const x = matrixOf([
    [1, 0],
    [0, 1],
    [1, 0],
    [0, 1],
    [1, 0]
  ])
  t.throws(() => fitLogistic(x, [1, 0, 0, 1, 1], { ridge: 0 }), /depend on each other/)
  const { coefficients } = fitLogistic(x, [1, 0, 0, 1, 1], { ridge: 1 })
  t.ok(Math.abs(coefficients[0]! + coefficients[1]!) < 1e-9, 'the ridge shares the effect')
})

test('a column that never changes gets no weight', async t => {
  const { coefficients } = fitLogistic(
    matrixOf([
      [7, 1],
      [7, 2],
      [7, 3],
      [7, 2]
    ]),
    [0, 1, 1, 0]
  )
  t.equal(coefficients[0], 0)
})

test('labels other than 0 and 1, or all alike, are refused', async t => {
  const x = matrixOf([[1], [2]])
  t.throws(() => fitLogistic(x, [1, 1]), /alike/)
  t.throws(() => fitLogistic(x, [0, 2]), /labels are 0 and 1/)
  t.throws(() => fitLogistic(x, [0]), /2 rows and 1 labels/)
  t.throws(() => matrixOf([[1], [2, 3]]), /Row 1 has 2 columns/)
})

test('a positive definite system is solved', async t => {
  const x = solvePositiveDefinite(Float64Array.of(4, 2, 2, 3), Float64Array.of(2, 5))
  t.ok(Math.abs(x[0]! + 0.5) < 1e-12 && Math.abs(x[1]! - 2) < 1e-12)
})
