import fc from 'fast-check'
import { test } from 'tap'
import { binColumns } from '../../src/learning/bins.js'
import { histogramOf, sparseRows } from '../../src/learning/histogram.js'
import { matrixOf } from '../../src/learning/matrix.js'
import { holds } from '../helpers/holds.js'

test('sums over some rows are those of adding up every cell', async t => {
  const cell = fc.integer({ min: 0, max: 4 })
  const row = fc.record({
    cells: fc.tuple(cell, cell, cell),
    gradient: fc.integer({ min: -8, max: 8 }),
    taken: fc.boolean()
  })
  holds(
    t,
    fc.property(fc.array(row, { minLength: 1, maxLength: 30 }), rows => {
      const binned = binColumns(matrixOf(rows.map(({ cells }) => cells)), 8)
      const sparse = sparseRows(binned)
      const taken = Int32Array.from(rows.keys()).filter(i => rows[i]!.taken)
      const gradients = Float64Array.from(rows, ({ gradient }) => gradient)
      const found = histogramOf(sparse, taken, gradients, gradients.map(Math.abs))
      const expected = new Float64Array(sparse.offsets.at(-1)!)
      const counts = new Int32Array(expected.length)
      for (const i of taken) {
        binned.codes.forEach((codes, column) => {
          const at = sparse.offsets[column]! + codes[i]!
          expected[at]! += gradients[i]!
          counts[at]!++
        })
      }
      return (
        found.rows.every((count, at) => count === counts[at]) &&
        found.gradients.every((sum, at) => sum === expected[at]) &&
        found.total === taken.length
      )
    }),
    200
  )
})
