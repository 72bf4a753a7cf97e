import { binColumns } from './bins.js'
import { cellOf, learnFeatures } from './features.js'
import { auc } from './metrics.js'
import { pickTable, type Table } from './table.js'

/** Fine enough to see a column that has the answer in it, coarse enough to be no lottery. */
const BINS = 64

/**
 * By column: the AUC of a model that knows nothing but this column, the share of positives of each of its categories, or of up to
 * 64 ranges of a number, among the training rows, judged on the other rows. Near 1 for a column that has the answer in it.
 */
export function aloneAucs(table: Table, train: Int32Array, others: Int32Array): number[] {
  const known = pickTable(table, train)
  const asked = pickTable(table, others)
  const codes = codesByColumn(table, train)
  return codes.map(column => {
    const rates = ratesOf(
      train.map(row => column[row]!),
      known.labels
    )
    const none = rates.get(-1)!
    return auc(
      Float64Array.from(others, row => rates.get(column[row]!) ?? none),
      asked.labels
    )
  })
}

/** By column, by row: the number of its category or range. */
function codesByColumn(table: Table, train: Int32Array): Int32Array[] {
  const features = learnFeatures(table, train)
  return table.columns.map((column, i) => {
    if (column.kind === 'category') return column.codes.map(code => code + 1)
    const values = Float64Array.from(column.cells, (_, row) =>
      Number(cellOf(column, features[i]!, row))
    )
    return Int32Array.from(binColumns({ rows: values.length, columns: 1, values }, BINS).codes[0]!)
  })
}

/** Shares of positives by code, drawn in a little to the share of all, which stands under -1. */
function ratesOf(codes: Int32Array, labels: Uint8Array): ReadonlyMap<number, number> {
  const share = labels.reduce((sum, label) => sum + label, 0) / labels.length
  const counts = new Map<number, { rows: number; positives: number }>()
  codes.forEach((code, row) => {
    const { rows, positives } = counts.get(code) ?? { rows: 0, positives: 0 }
    counts.set(code, { rows: rows + 1, positives: positives + labels[row]! })
  })
  const rates = new Map([[-1, share]])
  for (const [code, { rows, positives }] of counts)
    rates.set(code, (positives + share) / (rows + 1))
  return rates
}
