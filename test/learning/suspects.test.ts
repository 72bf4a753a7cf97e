import { test } from 'tap'
import { permutationImportance } from '../../src/learning/importance.js'
import { createRandom } from '../../src/learning/random.js'
import { aloneAucs } from '../../src/learning/suspects.js'
import type { Table } from '../../src/learning/table.js'

const random = createRandom(4)
const labels = Uint8Array.from({ length: 2000 }, () => Number(random.chance(0.3)))
const table: Table = {
  labels,
  columns: [
    { kind: 'number', name: 'noise', cells: Float64Array.from(labels, () => random.normal()) },
    // High and low for yes, in the middle for no: no straight line sees it.
    {
      kind: 'number',
      name: 'outer',
      cells: Float64Array.from(labels, label =>
        label === 1 ? (random.chance(0.5) ? 1 : -1) * (3 + random.uniform()) : random.uniform()
      )
    },
    {
      kind: 'number',
      name: 'filled',
      cells: Float64Array.from(labels, label => (label ? 7 : NaN))
    },
    {
      kind: 'category',
      name: 'answer',
      categories: ['taken', 'refused'],
      codes: Int32Array.from(labels, label => 1 - label)
    }
  ]
}
const rows = Int32Array.from(labels.keys())

test('a column that has the answer in it stands out by itself, whatever its form', async t => {
  const [noise, outer, filled, answer] = aloneAucs(
    table,
    rows.filter(row => row < 1000),
    rows.filter(row => row >= 1000)
  )
  t.ok(Math.abs(noise! - 0.5) < 0.06, `noise ${noise}`)
  t.ok(outer! > 0.99, `outer ${outer}`)
  t.equal(filled, 1)
  t.equal(answer, 1)
})

test('what a model does not look at has no importance, and what it lives by has all', async t => {
  const scoresOf = ({ columns }: Table) => {
    const [, outer] = columns
    return outer?.kind === 'number' ? outer.cells.map(Math.abs) : []
  }
  const [noise, outer] = permutationImportance(table, scoresOf, 1)
  t.equal(noise, 0)
  t.ok(Math.abs(outer! - 0.5) < 0.05, `${outer}`)
  t.same(permutationImportance(table, scoresOf, 1), permutationImportance(table, scoresOf, 1))
})
