import type { Matrix } from './matrix.js'
import type { CategoryColumn, NumberColumn, Table, TableColumn } from './table.js'

/** How a column of a table becomes columns of a matrix, as learnt from the rows that a model is trained on. */
export type Feature = NumberFeature | CategoryFeature

export interface NumberFeature {
  readonly kind: 'number'
  readonly name: string
  /**
   * Stands in where the value is missing, a 32-bit float: the median, or, where values were missing in training too, a number
   * well below all others, so that the model learns what it means not to know.
   */
  readonly missing: number
  /** Rising, 32-bit floats: between two of them a regression follows a straight line, beyond the ends it is level. */
  readonly knots: readonly number[]
}

export interface CategoryFeature {
  readonly kind: 'category'
  readonly name: string
  /** Stands in where the value is missing: the commonest category, or '' where it was missing in training too. */
  readonly missing: string
  /** Each gets a column of its own, 0 or 1; a text that is none of them is 0 in all. */
  readonly categories: readonly string[]
}

/** A piece of a number's way from one knot to the next: (value − from) × scale, kept within [0, 1]. */
export interface Segment {
  /** Position of the number among the features. */
  readonly feature: number
  /** 32-bit floats. */
  readonly from: number
  readonly scale: number
}

/** Straight pieces that a number is cut into; more of them gain nothing on 45,000 rows. */
const MOST_SEGMENTS = 12

/** Learns every column's feature from the rows at the given positions. */
export function learnFeatures({ columns }: Table, rows: Int32Array): Feature[] {
  return columns.map(column =>
    column.kind === 'number' ? learnNumber(column, rows) : learnCategory(column, rows)
  )
}

function learnNumber({ name, cells }: NumberColumn, rows: Int32Array): NumberFeature {
  const all = Float64Array.from(rows, row => cells[row]!)
  const known = all.filter(cell => !Number.isNaN(cell)).sort()
  if (known.length === 0) return { kind: 'number', name, missing: 0, knots: [0] }
  const knots = knotsOf(known)
  if (known.length === all.length)
    return { kind: 'number', name, missing: known[known.length >> 1]!, knots }
  const missing = farBelow(known[0]!, known.at(-1)!)
  return { kind: 'number', name, missing, knots: [missing, ...knots] }
}

/** All values where they are few, else quantiles. */
function knotsOf(sorted: Float64Array): number[] {
  const distinct = [...new Set(sorted)]
  if (distinct.length <= MOST_SEGMENTS + 1) return distinct
  const quantiles = Array.from(
    { length: MOST_SEGMENTS + 1 },
    (_, i) => sorted[Math.round((i * (sorted.length - 1)) / MOST_SEGMENTS)]!
  )
  return [...new Set(quantiles)]
}

/** A whole number below the least value by at least the range of them all. */
function farBelow(least: number, most: number): number {
  return Math.fround(Math.floor(least - (most - least) - 1))
}

function learnCategory(
  { name, categories, codes }: CategoryColumn,
  rows: Int32Array
): CategoryFeature {
  const counts = new Int32Array(categories.length)
  let missing = 0
  for (const row of rows) {
    const code = codes[row]!
    if (code < 0) missing++
    else counts[code]!++
  }
  const known = categories.filter((_, code) => counts[code]! > 0)
  if (missing > 0) return { kind: 'category', name, missing: '', categories: ['', ...known.sort()] }
  const commonest = categories[counts.indexOf(Math.max(...counts))] ?? ''
  return { kind: 'category', name, missing: commonest, categories: known.sort() }
}

/** The pieces of all numbers, in the order of their features and knots. */
export function segmentsOf(features: readonly Feature[]): Segment[] {
  return features.flatMap((feature, position) =>
    feature.kind === 'category'
      ? []
      : feature.knots.slice(1).map((knot, i) => {
          const from = feature.knots[i]!
          return { feature: position, from, scale: Math.fround(1 / (knot - from)) }
        })
  )
}

/** The table as a regression sees it: the segments of all numbers, then a column a category. */
export function encodeSegments(table: Table, features: readonly Feature[]): Matrix {
  const segments = segmentsOf(features)
  return encode(table, features, segments.length, (values, columns) => {
    segments.forEach(({ feature, from, scale }, at) => {
      const { missing } = features[feature] as NumberFeature
      const { cells } = table.columns[feature] as NumberColumn
      for (let row = 0; row < cells.length; row++) {
        const cell = cells[row]!
        // Step by step in 32-bit floats, as the model's file computes it.
        const above = Math.fround((Number.isNaN(cell) ? missing : cell) - from)
        values[row * columns + at] = Math.min(1, Math.max(0, Math.fround(above * scale)))
      }
    })
  })
}

/** The table as trees see it: the numbers, then a column a category. */
export function encodeNumbers(table: Table, features: readonly Feature[]): Matrix {
  const numbers = features.filter(feature => feature.kind === 'number')
  return encode(table, features, numbers.length, (values, columns) => {
    numbers.forEach(({ missing }, at) => {
      const { cells } = table.columns[at] as NumberColumn
      for (let row = 0; row < cells.length; row++)
        values[row * columns + at] = Number.isNaN(cells[row]!) ? missing : cells[row]!
    })
  })
}

/** Leaves the first `numbers` columns to `fill`, and adds one for every category. */
function encode(
  { columns: from, labels }: Table,
  features: readonly Feature[],
  numbers: number,
  fill: (values: Float64Array, columns: number) => void
): Matrix {
  const columns = features.reduce(
    (sum, feature) => sum + (feature.kind === 'category' ? feature.categories.length : 0),
    numbers
  )
  const values = new Float64Array(labels.length * columns)
  fill(values, columns)
  let at = numbers
  features.forEach((feature, i) => {
    if (feature.kind === 'number') return
    const column = from[i] as CategoryColumn
    const place = column.categories.map(text => feature.categories.indexOf(text))
    const standIn = feature.categories.indexOf(feature.missing)
    column.codes.forEach((code, row) => {
      const category = code < 0 ? standIn : place[code]!
      if (category >= 0) values[row * columns + at + category] = 1
    })
    at += feature.categories.length
  })
  return { rows: labels.length, columns, values }
}

/** What a model is fed for one row of a column: a 32-bit float or a text. */
export function cellOf(column: TableColumn, feature: Feature, row: number): number | string {
  if (column.kind === 'number') {
    const cell = column.cells[row]!
    return Number.isNaN(cell) ? feature.missing : cell
  }
  return column.categories[column.codes[row]!] ?? feature.missing
}
