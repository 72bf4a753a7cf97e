import fc from 'fast-check'
import { test } from 'tap'
import { figure } from '../../src/decisioning/figures.js'

test('a figure is printed to 6 decimals, and always as JSON', async t => {
  for (const [value, text] of [
    [0, '0'],
    [80, '80'],
    [9.6, '9.600000'],
    [0.9999999, '1.000000'],
    [-2.5, '-2.5'],
    [1e300, '1e+300'],
    [NaN, 'null'],
    [Infinity, 'null']
  ] as const)
    t.equal(figure(value), text)
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 1e8, noNaN: true }),
      value => Math.abs((JSON.parse(figure(value)) as number) - value) <= 5.1e-7
    )
  )
  fc.assert(fc.property(fc.double(), value => JSON.parse(figure(value)) !== undefined))
})
