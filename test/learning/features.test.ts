import { test } from 'tap'
import {
  cellOf,
  encodeNumbers,
  encodeSegments,
  learnFeatures,
  segmentsOf
} from '../../src/learning/features.js'
import { rowOf } from '../../src/learning/matrix.js'
import type { Table } from '../../src/learning/table.js'

const all = (table: Table) => Int32Array.from(table.labels.keys())
const numbers = (...cells: number[]): Table => {
  return {
    columns: [{ kind: 'number', name: 'n', cells: Float64Array.from(cells) }],
    labels: new Uint8Array(cells.length)
  }
}

test('a number goes from knot to knot in straight pieces and is level beyond the ends', async t => {
  const table = numbers(0, 10, 30)
  const features = learnFeatures(table, all(table))
  t.same(features, [{ kind: 'number', name: 'n', missing: 10, knots: [0, 10, 30] }])
  const asked = numbers(-5, 0, 5, 10, 20, 30, 99)
  const x = encodeSegments(asked, features)
  t.same(
    Array.from({ length: x.rows }, (_, row) =>
      [...rowOf(x, row)].map(cell => Number(cell.toFixed(6)))
    ),
    [
      [0, 0],
      [0, 0],
      [0.5, 0],
      [1, 0],
      [1, 0.5],
      [1, 1],
      [1, 1]
    ]
  )
})

test('where numbers were missing, not to know is a step of its own, far below the others', async t => {
  const table = numbers(4, NaN, 6)
  const features = learnFeatures(table, all(table))
  t.same(features, [{ kind: 'number', name: 'n', missing: 1, knots: [1, 4, 6] }])
  t.same([...encodeSegments(table, features).values], [1, 0, 0, 0, 1, 1])
  t.same([...encodeNumbers(table, features).values], [4, 1, 6])
  t.equal(cellOf(table.columns[0]!, features[0]!, 1), 1)
})

test('many different numbers are cut at quantiles', async t => {
  const table = numbers(...Array.from({ length: 1000 }, (_, i) => i ** 2))
  const segments = segmentsOf(learnFeatures(table, all(table)))
  t.equal(segments.length, 12)
  t.equal(segments[6]!.from, 500 ** 2)
})

test('a text has a column a category; what training did not see is 0 in all of them', async t => {
  const table: Table = {
    columns: [
      {
        kind: 'category',
        name: 'c',
        categories: ['b', 'a', 'new'],
        codes: Int32Array.from([0, 1, 0, -1, 2])
      }
    ],
    labels: new Uint8Array(5)
  }
  const known = learnFeatures(table, Int32Array.from([0, 1, 2]))
  t.same(known, [{ kind: 'category', name: 'c', missing: 'b', categories: ['a', 'b'] }])
  t.same([...encodeNumbers(table, known).values], [0, 1, 1, 0, 0, 1, 0, 1, 0, 0])
  const blank = learnFeatures(table, Int32Array.from([0, 1, 2, 3]))
  t.same(blank, [{ kind: 'category', name: 'c', missing: '', categories: ['', 'a', 'b'] }])
  t.equal(cellOf(table.columns[0]!, blank[0]!, 3), '')
  t.equal(cellOf(table.columns[0]!, blank[0]!, 4), 'new')
})
