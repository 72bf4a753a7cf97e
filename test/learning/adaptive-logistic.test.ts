import { test } from 'tap'
import { columnsOf, type LearningFeature, type Regression } from '../../src/domain/learning.js'
import {
  beginRegression,
  corrected,
  correctionBy,
  encodeObservation,
  interceptPrecisionOf,
  STANDARDISED_BY,
  varianceBy,
  withObserved,
  withTurned,
  type RegressionSettings
} from '../../src/learning/adaptive-logistic.js'
import { invertPositiveDefinite, solvePositiveDefinite } from '../../src/learning/matrix.js'
import { createRandom } from '../../src/learning/random.js'

function settingsOf(features: readonly LearningFeature[], forget = 1): RegressionSettings {
  const columns = features.reduce((sum, feature) => sum + columnsOf(feature), 1)
  return { features, columns, forget, interceptPrecision: interceptPrecisionOf(0.2, 50) }
}

const ONE = settingsOf([{ type: 'boolean' }])
const sigmoid = (z: number) => 1 / (1 + Math.exp(-z))
const logit = (p: number) => Math.log(p / (1 - p))

/** Learns answers one by one, each turned after it was observed. */
function learnAll(
  settings: RegressionSettings,
  rows: ReadonlyArray<{ start: number; values: readonly unknown[]; y: boolean }>
): Regression {
  let regression = beginRegression(settings)
  rows.forEach((row, i) => {
    regression = withObserved(regression, settings, row, i + 1)
    if (row.y) regression = withTurned(regression, settings, row, i + 1, 1)
  })
  return regression
}

test('with no evidence the start stays what it is', async t => {
  const { weights } = beginRegression(ONE)
  for (const start of [0.01, 0.3, 0.97])
    t.ok(Math.abs(corrected(start, correctionBy(weights, Float64Array.of(1, 1))) - start) < 1e-15)
})

test('one impression is one step of Newton, as written out by hand', async t => {
  const row = { start: 0.2, values: [true] }
  const shown = withObserved(beginRegression(ONE), ONE, row, 1)
  // Λ = diag(8, 1) + .16·[1 1; 1 1], m = Λ⁻¹·[1, 1]·(0 − .2)
  const expected = [8.16, 0.16, 0.16, 1.16]
  t.ok(shown.precision.every((value, i) => Math.abs(value - expected[i]!) < 1e-12))
  const determinant = 8.16 * 1.16 - 0.16 * 0.16
  const step = [(1.16 - 0.16) / determinant, (8.16 - 0.16) / determinant]
  t.ok(Math.abs(shown.weights[0]! + 0.2 * step[0]!) < 1e-12)
  t.ok(Math.abs(shown.weights[1]! + 0.2 * step[1]!) < 1e-12)
  const turned = withTurned(shown, ONE, row, 1, 1)
  t.ok(Math.abs(turned.weights[1]! - 0.8 * step[1]!) < 1e-12)
  const back = withTurned(turned, ONE, row, 1, -1)
  t.ok(Math.abs(back.weights[1]! - shown.weights[1]!) < 1e-12)
})

test('without features it comes to about what the blend says', async t => {
  const plain = settingsOf([])
  const random = createRandom(3)
  const rows = Array.from({ length: 2000 }, () => ({
    start: 0.2,
    values: [],
    y: random.chance(0.3)
  }))
  const { weights } = learnAll(plain, rows)
  const p = corrected(0.2, weights[0]!)
  const positives = rows.filter(({ y }) => y).length
  const blended = (positives + 50 * 0.2) / 2050
  t.ok(Math.abs(p - blended) < 0.01, `${p} and ${blended}`)
})

test('what is learnt one by one is near the whole fit by Newton', async t => {
  const features: LearningFeature[] = [
    { type: 'boolean' },
    { type: 'string', values: ['a', 'b', 'c'] }
  ]
  const settings = settingsOf(features)
  const random = createRandom(11)
  const truth = [0.4, 1.2, -0.8, 0.5, 0]
  const rows = Array.from({ length: 6000 }, () => {
    const values = [random.chance(0.5), ['a', 'b', 'c'][random.integer(3)]!]
    const x = new Float64Array(settings.columns)
    encodeObservation(features, beginRegression(settings), values, 1, x)
    const start = 0.05 + 0.3 * random.uniform()
    const z = logit(start) + correctionBy(Float64Array.from(truth), x)
    return { start, values, x, y: random.chance(sigmoid(z)) }
  })
  const online = learnAll(settings, rows)
  const whole = fitWhole(settings, rows)
  const differences = rows.map(({ start, x }) =>
    Math.abs(
      corrected(start, correctionBy(online.weights, x)) - corrected(start, correctionBy(whole, x))
    )
  )
  t.ok(Math.max(...differences) < 0.005, `by ${Math.max(...differences)} at most`)
})

/** The maximum of the posterior over all rows at once. */
function fitWhole(
  { columns, interceptPrecision }: RegressionSettings,
  rows: ReadonlyArray<{ start: number; x: Float64Array; y: boolean }>
): Float64Array {
  let weights = new Float64Array(columns)
  for (let round = 0; round < 25; round++) {
    const precision = new Float64Array(columns * columns)
    const gradient = new Float64Array(columns)
    for (let i = 0; i < columns; i++) {
      const begun = i === 0 ? interceptPrecision : 1
      precision[i * (columns + 1)] = begun
      gradient[i] = -begun * weights[i]!
    }
    for (const { start, x, y } of rows) {
      const p = corrected(start, correctionBy(weights, x))
      for (let i = 0; i < columns; i++) {
        gradient[i]! += x[i]! * (Number(y) - p)
        for (let j = 0; j < columns; j++) precision[i * columns + j]! += p * (1 - p) * x[i]! * x[j]!
      }
    }
    const step = solvePositiveDefinite(precision, gradient)
    weights = weights.map((weight, i) => weight + step[i]!)
  }
  return weights
}

test('numbers count once their spread is known, and no further than three spreads', async t => {
  const features: LearningFeature[] = [{ type: 'number' }]
  const settings = settingsOf(features)
  let regression = beginRegression(settings)
  for (let i = 1; i <= STANDARDISED_BY; i++)
    regression = withObserved(regression, settings, { start: 0.2, values: [i % 2 ? 10 : 30] }, i)
  t.ok(Math.abs(regression.means[0]! - 20) < 1e-9)
  const x = new Float64Array(2)
  const encoded = (value: unknown, seen: number) => {
    encodeObservation(features, regression, [value], seen, x)
    return x[1]
  }
  t.equal(encoded(30, STANDARDISED_BY), 0)
  t.ok(Math.abs(encoded(30, STANDARDISED_BY + 1)! - 1) < 1e-9)
  t.equal(encoded(1e9, STANDARDISED_BY + 1), 3)
  t.equal(encoded(null, STANDARDISED_BY + 1), 0)
  const frozen = withObserved(regression, settings, { start: 0.2, values: [1e6] }, 101)
  t.equal(frozen.means[0], regression.means[0])
})

test('strings that are not declared and missing values contribute nothing', async t => {
  const features: LearningFeature[] = [{ type: 'string', values: ['a', 'b'] }, { type: 'boolean' }]
  const x = new Float64Array(4).fill(9)
  const begun = beginRegression(settingsOf(features))
  encodeObservation(features, begun, ['z', null], 1, x)
  t.same([...x], [1, 0, 0, 0])
  encodeObservation(features, begun, ['b', true], 1, x)
  t.same([...x], [1, 0, 1, 1])
})

test('the variance shrinks with what was seen, and forgetting keeps it from vanishing', async t => {
  const variance = (forget: number, impressions: number) => {
    const settings = settingsOf([], forget)
    let regression = beginRegression(settings)
    for (let i = 1; i <= impressions; i++)
      regression = withObserved(regression, settings, { start: 0.2, values: [] }, i)
    return varianceBy(0.2, invertPositiveDefinite(regression.precision, 1), Float64Array.of(1))
  }
  t.ok(Math.abs(variance(1, 0) - 0.16 ** 2 / 8) < 1e-15)
  t.ok(variance(1, 500) < variance(1, 50) && variance(1, 50) < variance(1, 0))
  t.ok(variance(0.98, 2000) > variance(1, 2000))
})

test('an inverse times its matrix is one', async t => {
  const random = createRandom(5)
  const n = 6
  const rows = Array.from({ length: 20 }, () => Array.from({ length: n }, () => random.uniform()))
  const a = new Float64Array(n * n)
  for (const row of rows)
    for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) a[i * n + j]! += row[i]! * row[j]!
  const inverse = invertPositiveDefinite(a, n)
  let largest = 0
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) {
      let sum = 0
      for (let k = 0; k < n; k++) sum += a[i * n + k]! * inverse[k * n + j]!
      largest = Math.max(largest, Math.abs(sum - (i === j ? 1 : 0)))
    }
  t.ok(largest < 1e-8)
})
