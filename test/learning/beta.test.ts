import fc from 'fast-check'
import { test } from 'tap'
import { betaBound, createDraws } from '../../src/learning/beta.js'
import { chiSquareSurvival } from '../../src/learning/chi-square.js'
import { createRandom } from '../../src/learning/random.js'
import { holds } from '../helpers/holds.js'

const DRAWN = 40_000

function sample(draw: () => number): number[] {
  return Array.from({ length: DRAWN }, draw)
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

/** How many standard errors the mean of something drawn lies off what it should be. */
function errorsOff(values: readonly number[], expected: number): number {
  const mean = meanOf(values)
  const spread = Math.sqrt(meanOf(values.map(value => (value - mean) ** 2)))
  return Math.abs(mean - expected) / (spread / Math.sqrt(values.length))
}

/** √n times the largest distance between what was drawn and a distribution: above 1.95 once in a thousand (Kolmogorov). */
function kolmogorov(values: readonly number[], below: (value: number) => number): number {
  const n = values.length
  const farthest = [...values]
    .sort((a, b) => a - b)
    .reduce((most, value, i) => {
      const f = below(value)
      return Math.max(most, Math.abs(f - i / n), Math.abs(f - (i + 1) / n))
    }, 0)
  return farthest * Math.sqrt(n)
}

for (const shape of [0.05, 0.5, 0.999, 1, 2.5, 40]) {
  test(`gamma variables of shape ${shape} have its moments and its distribution`, async t => {
    const draws = createDraws(createRandom(7, Math.round(shape * 1000)))
    const drawn = sample(() => draws.gamma(shape))
    t.ok(drawn.every(value => value >= 0))
    t.ok(errorsOff(drawn, shape) < 4, 'mean')
    t.ok(
      errorsOff(
        drawn.map(value => (value - shape) ** 2),
        shape
      ) < 4,
      'variance'
    )
    t.ok(
      errorsOff(
        drawn.map(value => (value - shape) ** 3),
        2 * shape
      ) < 4,
      'third moment'
    )
    const off = kolmogorov(drawn, value => 1 - chiSquareSurvival(2 * value, 2 * shape))
    t.ok(off < 1.95, `√n D = ${off}`)
  })
}

const BETAS: ReadonlyArray<readonly [a: number, b: number, below: (x: number) => number]> = [
  [0.5, 0.5, x => (2 / Math.PI) * Math.asin(Math.sqrt(x))],
  [0.2, 1, x => x ** 0.2],
  [1, 1, x => x],
  [1, 7, x => 1 - (1 - x) ** 7],
  [2, 2, x => 3 * x * x - 2 * x ** 3],
  [3, 1, x => x ** 3],
  [
    5,
    45,
    x => {
      // At least 5 of 49 uniforms lie below x.
      let term = (1 - x) ** 49
      let less = 0
      for (let k = 0; k < 5; k++) {
        less += term
        term *= ((49 - k) / (k + 1)) * (x / (1 - x))
      }
      return 1 - less
    }
  ]
]

for (const [a, b, below] of BETAS) {
  test(`beta variables of ${a} and ${b} have its moments and its distribution`, async t => {
    const draws = createDraws(createRandom(11, Math.round(a * 100 + b)))
    const drawn = sample(() => draws.beta(a, b))
    t.ok(drawn.every(value => value >= 0 && value <= 1))
    const mean = a / (a + b)
    t.ok(errorsOff(drawn, mean) < 4, 'mean')
    const variance = (mean * (1 - mean)) / (a + b + 1)
    t.ok(
      errorsOff(
        drawn.map(value => (value - mean) ** 2),
        variance
      ) < 4,
      'variance'
    )
    const off = kolmogorov(drawn, below)
    t.ok(off < 1.95, `√n D = ${off}`)
  })
}

test('shapes that hardly are any give 0 and 1 as often as they should, and never nothing', async t => {
  const draws = createDraws(createRandom(3))
  const drawn = sample(() => draws.beta(1e-6, 3e-6))
  t.ok(drawn.every(value => value >= 0 && value <= 1))
  t.ok(errorsOff(drawn, 0.25) < 4)
})

test('the same source gives the same draws', async t => {
  const draw = () => {
    const draws = createDraws(createRandom(5, 9))
    return Array.from({ length: 20 }, (_, i) => draws.beta(0.3 + i, 2))
  }
  t.same(draw(), draw())
})

test('a beta variable exceeds its bound as seldom as is said', async t => {
  const shape = fc.double({ min: 0.06, max: 200, noNaN: true })
  const DRAWS = 2000
  const EXPONENT = 3
  holds(
    t,
    fc.property(shape, shape, fc.integer(), (a, b, seed) => {
      const draws = createDraws(createRandom(seed))
      const bound = betaBound(a, b, EXPONENT)
      let above = 0
      for (let i = 0; i < DRAWS; i++) if (draws.beta(a, b) > bound) above++
      const most = Math.exp(-EXPONENT)
      return bound <= 1 && above / DRAWS <= most + 5 * Math.sqrt((most * (1 - most)) / DRAWS)
    }),
    300
  )
  t.ok(betaBound(50, 450, 16) < 0.2, 'and it is not far off: the mean is 0.1, its deviation 0.013')
})
