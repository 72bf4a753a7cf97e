import fc from 'fast-check'
import { test } from 'tap'
import { packColumns, unpackColumns } from '../../../src/decisioning/trace/column-codec.js'

test('columns are read as they were written, to the last bit', async t => {
  const column = fc.oneof(
    fc.array(fc.double()),
    fc.array(fc.integer({ min: 0, max: 255 })),
    fc.array(fc.integer({ min: -1, max: 70_000 })),
    fc.array(fc.float()),
    fc
      .tuple(fc.integer(), fc.nat(50))
      .map(([first, length]) => Array.from({ length }, (_, i) => first + i)),
    fc
      .tuple(fc.double(), fc.nat(50))
      .map(([value, length]) => new Array<number>(length).fill(value))
  )
  fc.assert(
    fc.property(fc.array(column, { maxLength: 6 }), columns => {
      const read = unpackColumns(
        packColumns(columns),
        columns.map(({ length }) => length)
      )
      t.ok(
        read.every(
          (own, i) =>
            own.every((value, j) => Object.is(value, columns[i]![j])) &&
            own.length === columns[i]!.length
        )
      )
    }),
    { numRuns: 1000 }
  )
})

test('a constant and a counting column take nine bytes whatever their length', async t => {
  t.equal(packColumns([new Float64Array(1000).fill(1)]).length, 9)
  t.equal(packColumns([Array.from({ length: 1000 }, (_, i) => i)]).length, 9)
})
