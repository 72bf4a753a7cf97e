import fc from 'fast-check'
import { test } from 'tap'
import { measure } from '../../src/learning/bootstrap.js'
import { evaluate } from '../../src/learning/evaluation.js'
import type { LoggedDecision } from '../../src/learning/off-policy.js'
import { holds } from '../helpers/holds.js'
import { sumsOf, valuesOf } from '../helpers/logged-decisions.js'

const close = (a: number, b: number): boolean =>
  Math.abs(a - b) <= 1e-12 * Math.max(1, Math.abs(a), Math.abs(b))

const SMALL: readonly LoggedDecision[] = [
  { reward: 1, loggedProbability: 0.5, newProbability: 0.8 },
  { reward: 0, loggedProbability: 0.5, newProbability: 0.2 },
  { reward: 1, loggedProbability: 0.25, newProbability: 0.5 },
  { reward: 0, loggedProbability: 0.25, newProbability: 0.1 }
]

/** Rows as a log may hold them. */
const decision = fc.record({
  reward: fc.double({ min: -1, max: 1, noNaN: true }),
  loggedProbability: fc.double({ min: 0.1, max: 1, noNaN: true }),
  newProbability: fc.double({ min: 0.001, max: 1, noNaN: true }),
  predicted: fc.double({ min: -1, max: 1, noNaN: true }),
  expected: fc.double({ min: -1, max: 1, noNaN: true })
})
const log = fc.array(decision, { minLength: 1, maxLength: 60 })

test('four decisions give what one can compute by hand', async t => {
  const values = valuesOf(SMALL)
  t.equal(values['ips']?.toFixed(4), '0.9000')
  t.equal(values['snips']?.toFixed(4), '0.8182')
  t.strictSame(Object.keys(values), ['ips', 'ips_clipped_10', 'snips'])
  const { weights } = evaluate(sumsOf(SMALL), { seed: 1, resamples: 200 })
  t.equal(weights.effectiveSampleSize.toFixed(3), '2.814')
  t.equal(weights.mean, 1.1)
  t.equal(weights.largest, 2)
  t.equal(weights.largestShare.toFixed(4), '0.4545')
  t.equal(weights.zeroShare, 0)
})

test('a reward model enters the estimators as their formulas say', async t => {
  const rows = [
    { reward: 1, loggedProbability: 0.05, newProbability: 0.6, predicted: 0.5, expected: 0.4 },
    { reward: 0, loggedProbability: 0.5, newProbability: 0.25, predicted: 0.25, expected: 0.2 }
  ]
  // Weights 12 and 0.5, residuals 0.5 and -0.25, expectations 0.3 in the mean.
  const by = (first: number, second: number): number => 0.3 + (first * 0.5 - second * 0.25) / 2
  const values = valuesOf(rows)
  const expected: Record<string, number> = {
    ips: 6,
    ips_clipped_10: 5,
    snips: 12 / 12.5,
    dm: 0.3,
    dr: by(12, 0.5),
    sndr: 0.3 + (12 * 0.5 - 0.5 * 0.25) / 12.5,
    switch_dr_1: by(0, 0.5),
    switch_dr_10: by(0, 0.5),
    dr_os_1: by(12 / 145, 0.5 / 1.25),
    dr_os_100: by(1200 / 244, 50 / 100.25)
  }
  t.strictSame(Object.keys(values), Object.keys(expected))
  for (const [id, value] of Object.entries(expected)) t.ok(close(values[id]!, value), id)
})

test('a policy evaluated on its own log has the mean reward', async t => {
  const property = fc.property(log, decisions => {
    const values = valuesOf(
      decisions.map(each => ({ ...each, newProbability: each.loggedProbability }))
    )
    const mean = decisions.reduce((sum, { reward }) => sum + reward, 0) / decisions.length
    // Every weight is 1, which stands at the lower threshold and still counts.
    return (
      close(values['ips']!, mean) &&
      close(values['snips']!, mean) &&
      close(values['switch_dr_1']!, values['dr']!)
    )
  })
  holds(t, property, 200)
})

test('SNIPS does not depend on the scale of the weights', async t => {
  const property = fc.property(log, fc.double({ min: 0.01, max: 1, noNaN: true }), (rows, scale) =>
    close(
      valuesOf(rows)['snips']!,
      valuesOf(rows.map(each => ({ ...each, newProbability: each.newProbability * scale })))[
        'snips'
      ]!
    )
  )
  holds(t, property, 200)
})

test('with a model that predicts every reward, all that use it give its expectation', async t => {
  const property = fc.property(log, decisions => {
    const values = valuesOf(decisions.map(each => ({ ...each, predicted: each.reward })))
    return Object.entries(values)
      .filter(([id]) => !id.includes('ips'))
      .every(([, value]) => close(value, values['dm']!))
  })
  holds(t, property, 200)
})

test('with a model that predicts nothing, DR is IPS and SNDR is SNIPS', async t => {
  const property = fc.property(log, decisions => {
    const values = valuesOf(decisions.map(each => ({ ...each, predicted: 0, expected: 0 })))
    return close(values['dr']!, values['ips']!) && close(values['sndr']!, values['snips']!)
  })
  holds(t, property, 200)
})

test('the order of the decisions does not matter', async t => {
  const property = fc.property(log, decisions => {
    const forwards = valuesOf(decisions)
    const backwards = valuesOf([...decisions].reverse())
    return Object.entries(forwards).every(([id, value]) => close(value, backwards[id]!))
  })
  holds(t, property, 200)
})

test('the effective sample size is between one and the number of decisions', async t => {
  const property = fc.property(log, decisions => {
    const { weights } = evaluate(sumsOf(decisions), { seed: 1, resamples: 200 })
    const size = weights.effectiveSampleSize
    return size >= 1 - 1e-12 && size <= decisions.length * (1 + 1e-12)
  })
  holds(t, property, 100)
})

test('what the log itself shows is the mean of its rewards', async t => {
  const { logged } = sumsOf(SMALL)
  t.equal(measure(logged, [1, 1, 1, 1]).value, 0.5)
})
