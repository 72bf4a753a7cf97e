import { auc } from './metrics.js'
import { createRandom } from './random.js'
import { pickCells, type Table } from './table.js'

/**
 * How much each column matters to a model: by how much the AUC falls when the column's cells are dealt out to other rows, the
 * rest left as it is (Breiman 2001). Near 0 for a column that the model does without, or whose message other columns carry too.
 * @param scoresOf the model's scores of all rows of a table
 */
export function permutationImportance(
  table: Table,
  scoresOf: (table: Table) => ArrayLike<number>,
  seed: number
): number[] {
  const whole = auc(scoresOf(table), table.labels)
  return table.columns.map((column, i) => {
    const order = shuffled(table.labels.length, createRandom(seed, i))
    const columns = table.columns.with(i, pickCells(column, order))
    return whole - auc(scoresOf({ ...table, columns }), table.labels)
  })
}

function shuffled(length: number, random: ReturnType<typeof createRandom>): Int32Array {
  const order = Int32Array.from({ length }, (_, i) => i)
  for (let i = length - 1; i > 0; i--) {
    const j = random.integer(i + 1)
    const other = order[j]!
    order[j] = order[i]!
    order[i] = other
  }
  return order
}
