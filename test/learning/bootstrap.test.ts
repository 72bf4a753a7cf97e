import fc from 'fast-check'
import { test } from 'tap'
import { bootstrapIntervals, measure, type Statistic } from '../../src/learning/bootstrap.js'
import { createRandom } from '../../src/learning/random.js'
import { holds } from '../helpers/holds.js'

/** The mean of values that each stand in a block of their own. */
function meanOf(values: readonly number[]): Statistic {
  const rows = new Float64Array(values.length).fill(1)
  return { base: rows.map(() => 0), rows, correction: Float64Array.from(values), scale: rows }
}

const once = (statistic: Statistic): Float64Array => new Float64Array(statistic.rows.length).fill(1)

function normals(count: number): number[] {
  const random = createRandom(4)
  return Array.from({ length: count }, () => random.normal())
}

test("a mean's standard error is the spread over the root of the number", async t => {
  const { value, standardError } = measure(meanOf([1, 2, 3, 6]), [1, 1, 1, 1])
  t.equal(value, 3)
  t.ok(Math.abs(standardError - Math.sqrt((4 + 1 + 0 + 9) / 4 / 4)) < 1e-15)
})

test('a block counts as often as it was drawn', async t => {
  const drawn = measure(meanOf([1, 2, 3, 6]), [2, 0, 1, 1])
  const { value, standardError } = measure(meanOf([1, 1, 3, 6]), [1, 1, 1, 1])
  t.same(drawn, { value, standardError })
})

test("a ratio's standard error follows from the influence of each block", async t => {
  const correction = Float64Array.of(1, 0, 2)
  const scale = Float64Array.of(2, 1, 1)
  const rows = Float64Array.of(1, 1, 1)
  const { value, standardError } = measure({ base: rows, rows, correction, scale }, [1, 1, 1])
  // 3 of 4 beyond the base of 1; influences (1 - 1.5, 0 - 0.75, 2 - 0.75) / 4.
  t.equal(value, 1.75)
  t.equal(standardError, Math.sqrt(0.5 ** 2 + 0.75 ** 2 + 1.25 ** 2) / 4)
})

test('for values without skewness the interval is the normal one', async t => {
  const statistic = meanOf(normals(2000))
  const { value, standardError } = measure(statistic, once(statistic))
  const [interval] = bootstrapIntervals([statistic], { seed: 1, resamples: 2000 })
  const { low, high } = interval!
  t.ok(Math.abs((value - low) / standardError - 1.96) < 0.15)
  t.ok(Math.abs((high - value) / standardError - 1.96) < 0.15)
})

test('for rare rewards the interval reaches further up than down', async t => {
  const statistic = meanOf(Array.from({ length: 1000 }, (_, i) => (i % 50 === 0 ? 1 : 0)))
  const [interval] = bootstrapIntervals([statistic], { seed: 1, resamples: 1000 })
  const { low, high } = interval!
  t.ok(low > 0 && high - 0.02 > 1.2 * (0.02 - low), `${low} to ${high}`)
})

test('another unit and another zero move the interval as they move the values', async t => {
  const values = normals(60)
  const [plain] = bootstrapIntervals([meanOf(values)], { seed: 3, resamples: 200 })
  const property = fc.property(
    fc.double({ min: 0.01, max: 100, noNaN: true }),
    fc.double({ min: -100, max: 100, noNaN: true }),
    (unit, zero) => {
      const moved = meanOf(values.map(value => unit * value + zero))
      const [interval] = bootstrapIntervals([moved], { seed: 3, resamples: 200 })
      const near = (a: number, b: number): boolean => Math.abs(a - b) < 1e-9 * (unit + 100)
      return (
        near(interval!.low, unit * plain!.low + zero) &&
        near(interval!.high, unit * plain!.high + zero)
      )
    }
  )
  holds(t, property, 30)
})

test('statistics are measured on the same resamples', async t => {
  const statistic = meanOf(normals(100))
  const alone = bootstrapIntervals([statistic], { seed: 5, resamples: 300 })
  const together = bootstrapIntervals([statistic, statistic], { seed: 5, resamples: 300 })
  t.same(together, [...alone, ...alone])
})

test('an end that no resample bounds is not finite, and no spread is no interval', async t => {
  const one = meanOf(Array.from({ length: 100 }, (_, i) => (i === 0 ? 1 : 0)))
  const constant = meanOf(Array.from({ length: 100 }, () => 0.5))
  const [single, same] = bootstrapIntervals([one, constant], { seed: 1, resamples: 400 })
  t.equal(single!.high, Infinity)
  t.same(same, { low: 0.5, high: 0.5 })
})
