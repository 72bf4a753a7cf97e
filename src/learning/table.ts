/** Rows to learn from, by column. */
export interface Table {
  /** Numbers before categories: the order in which a model's file joins them. */
  readonly columns: readonly TableColumn[]
  /** By row: 1 where the answer was the positive one, else 0. */
  readonly labels: Uint8Array
}

export type TableColumn = NumberColumn | CategoryColumn

export interface NumberColumn {
  readonly kind: 'number'
  readonly name: string
  /** By row, as 32-bit floats, which is what models are fed; NaN where missing. */
  readonly cells: Float64Array
}

export interface CategoryColumn {
  readonly kind: 'category'
  readonly name: string
  /** All texts that occur, each once. */
  readonly categories: readonly string[]
  /** By row: the position of its text among the categories; -1 where missing. */
  readonly codes: Int32Array
}

/** The rows at the given positions, in that order. */
export function pickTable({ columns, labels }: Table, positions: Int32Array): Table {
  return {
    columns: columns.map(column => pickCells(column, positions)),
    labels: pickLabels(labels, positions)
  }
}

/** The cells at the given positions, in that order. */
export function pickCells(column: TableColumn, positions: Int32Array): TableColumn {
  return column.kind === 'number'
    ? { ...column, cells: Float64Array.from(positions, row => column.cells[row]!) }
    : { ...column, codes: positions.map(row => column.codes[row]!) }
}

export function pickLabels(labels: Uint8Array, positions: Int32Array): Uint8Array {
  return Uint8Array.from(positions, row => labels[row]!)
}
