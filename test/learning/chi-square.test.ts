import fc from 'fast-check'
import { test } from 'tap'
import { chiSquareSurvival, goodnessOfFit } from '../../src/learning/chi-square.js'
import { createRandom } from '../../src/learning/random.js'

function near(actual: number, wanted: number, tolerance: number): boolean {
  return Math.abs(actual - wanted) <= tolerance * wanted
}

test('with two degrees of freedom the survival is exp(-x/2), and with four (1 + x/2) exp(-x/2)', async t => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1200, noNaN: true }), x => {
      return (
        near(chiSquareSurvival(x, 2), Math.exp(-x / 2), 1e-11) &&
        near(chiSquareSurvival(x, 4), (1 + x / 2) * Math.exp(-x / 2), 1e-11)
      )
    })
  )
  t.pass()
})

test('the closed forms of odd degrees differ by one term: Q(3) = Q(1) + sqrt(2x/π) exp(-x/2)', async t => {
  fc.assert(
    fc.property(fc.double({ min: 1e-3, max: 60, noNaN: true }), x => {
      const term = Math.sqrt((2 * x) / Math.PI) * Math.exp(-x / 2)
      return near(chiSquareSurvival(x, 3), chiSquareSurvival(x, 1) + term, 1e-10)
    })
  )
  t.pass()
})

test('with one degree of freedom the survival is that of a squared normal variable, erfc(sqrt(x/2))', async t => {
  // erfc to twelve digits: Abramowitz and Stegun, table 7.1.
  for (const [z, erfc] of [
    [0.1, 0.887537083982],
    [0.5, 0.479500122187],
    [1, 0.15729920705],
    [1.5, 0.033894853525],
    [2, 0.004677734981]
  ] as const)
    t.ok(near(chiSquareSurvival(2 * z * z, 1), erfc, 1e-9), `erfc(${z})`)
})

test('the table of critical values is met', async t => {
  for (const [x, degrees, p] of [
    [3.841458821, 1, 0.05],
    [6.634896601, 1, 0.01],
    [10.82756617, 1, 0.001],
    [9.210340372, 2, 0.01],
    [7.814727903, 3, 0.05],
    [16.266236196, 3, 0.001],
    [18.307038053, 10, 0.05],
    [124.342113404, 100, 0.05]
  ] as const)
    t.ok(near(chiSquareSurvival(x, degrees), p, 1e-8), `${x} with ${degrees} is ${p}`)
})

test('the survival falls from 1 to 0', async t => {
  for (const degrees of [1, 2, 3, 9, 50]) {
    t.equal(chiSquareSurvival(0, degrees), 1)
    t.equal(chiSquareSurvival(Infinity, degrees), 0)
  }
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 500, noNaN: true }),
      fc.double({ min: 1e-6, max: 50, noNaN: true }),
      fc.integer({ min: 1, max: 60 }),
      (x, more, degrees) => {
        const p = chiSquareSurvival(x, degrees)
        // Neighbouring values may come from the series and the fraction.
        return p >= 0 && p <= 1 && chiSquareSurvival(x + more, degrees) <= p * (1 + 1e-12)
      }
    )
  )
  t.pass()
})

test('counts as expected have a statistic of nothing, and categories of share 0 are left out', async t => {
  t.same(goodnessOfFit([50, 50], [1, 1]), { chiSquare: 0, degreesOfFreedom: 1, pValue: 1 })
  t.same(goodnessOfFit([30, 0, 70], [0.3, 0, 0.7]).degreesOfFreedom, 1)
  t.same(goodnessOfFit([], [1, 1]), { chiSquare: 0, degreesOfFreedom: 1, pValue: 1 })
  t.same(goodnessOfFit([7], [1]), { chiSquare: 0, degreesOfFreedom: 0, pValue: 1 })
  t.ok(near(goodnessOfFit([60, 40], [1, 1]).chiSquare, 4, 1e-12))
})

test('a sample of 60:40 is told from 50:50, and one of 50:50 is not', async t => {
  const random = createRandom(11)
  const sample = (share: number): number[] => {
    let first = 0
    for (let i = 0; i < 2000; i++) if (random.chance(share)) first++
    return [first, 2000 - first]
  }
  let alarms = 0
  for (let i = 0; i < 1000; i++) {
    if (goodnessOfFit(sample(0.6), [0.5, 0.5]).pValue >= 0.001) t.fail('60:40 went unnoticed')
    if (goodnessOfFit(sample(0.5), [0.5, 0.5]).pValue < 0.001) alarms++
  }
  t.ok(alarms <= 5, `${alarms} false alarms in 1,000`)
})
