import fc from 'fast-check'
import { test } from 'tap'
import { createCalibration } from '../../src/scoring/calibration.js'

test('without a calibration the output is the probability', t => {
  const calibrate = createCalibration({ method: 'none' })
  t.equal(calibrate(0.25), 0.25)
  t.equal(calibrate(1.5), 1.5, 'and nothing is clamped')
  t.end()
})

test('a sigmoid has the signs of Platt: a = -1 is the logistic function', t => {
  const calibrate = createCalibration({ method: 'sigmoid', a: -1, b: 0 })
  t.equal(calibrate(0), 0.5)
  t.ok(Math.abs(calibrate(2) - 0.8807970779778823) < 1e-15)
  const shifted = createCalibration({ method: 'sigmoid', a: -2, b: 0.5 })
  t.ok(Math.abs(shifted(1) - 1 / (1 + Math.exp(-1.5))) < 1e-15)
  t.equal(calibrate(-1e9), 0)
  t.equal(calibrate(1e9), 1)
  t.ok(Number.isNaN(calibrate(NaN)))
  t.end()
})

test('an isotonic calibration draws straight lines and is level at both ends', t => {
  const calibrate = createCalibration({
    method: 'isotonic',
    points: [
      [0, 0.1],
      [0.5, 0.2],
      [1, 0.8]
    ]
  })
  t.equal(calibrate(-3), 0.1)
  t.equal(calibrate(0), 0.1)
  t.ok(Math.abs(calibrate(0.25) - 0.15) < 1e-15)
  t.equal(calibrate(0.5), 0.2)
  t.ok(Math.abs(calibrate(0.75) - 0.5) < 1e-15)
  t.equal(calibrate(1), 0.8)
  t.equal(calibrate(7), 0.8)
  t.ok(Number.isNaN(calibrate(NaN)))
  t.end()
})

test('an isotonic calibration never falls and never leaves its points', t => {
  const rising = fc
    .array(fc.tuple(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 0, max: 50 })), {
      minLength: 1,
      maxLength: 20
    })
    .map(steps => {
      let x = 0
      let y = 0
      const total = steps.reduce((sum, [, up]) => sum + up, 1)
      return steps.map(([right, up]): [number, number] => [(x += right), (y += up) / total])
    })
  fc.assert(
    fc.property(rising, fc.double({ noNaN: true }), fc.double({ noNaN: true }), (points, a, b) => {
      const calibrate = createCalibration({ method: 'isotonic', points })
      const low = calibrate(Math.min(a, b))
      const high = calibrate(Math.max(a, b))
      return low <= high && low >= points[0]![1] && high <= points.at(-1)![1]
    })
  )
  t.pass('rises for all points tried')
  t.end()
})

test('points that are no rising function into [0,1] are refused', t => {
  const wrong: Array<Array<[number, number]>> = [
    [],
    [[0, 1.2]],
    [[Infinity, 0.5]],
    [
      [0, 0.1],
      [0, 0.2]
    ],
    [
      [0, 0.2],
      [1, 0.1]
    ]
  ]
  for (const points of wrong)
    t.throws(() => createCalibration({ method: 'isotonic', points }), RangeError)
  t.end()
})
