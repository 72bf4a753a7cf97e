import type { FeaturePlan, PlannedColumn, RangeTally, TensorInput } from './plan.js'

/** The cells of one tensor, row after row. */
export type Cells = Float32Array | Float64Array | Int32Array | BigInt64Array | Uint8Array | string[]

/** One tensor to fill. */
interface TensorColumns {
  readonly input: TensorInput
  readonly cells: Cells
}

/** Writes the rows of one decision into the tensors of a run that it may share with others, the first at row `firstRow`. */
export type EncodeRows = (columns: readonly TensorColumns[], firstRow: number) => void

/** What is counted while encoding. */
export interface EncodeCounters {
  /** A string outside the declared choices; it is passed to the model all the same. */
  unknownCategory(input: string): void
  /** A number that an integer tensor cannot hold; it was cut towards zero, or to the end of the range. */
  truncated(input: string): void
}

/** What one plan adds to a run: a row for each of the first `count` offers. */
export interface Side<F> {
  readonly plan: FeaturePlan<F>
  readonly offers: Int32Array
  readonly count: number
  readonly counters: EncodeCounters
}

/** A value that stands in several columns of one tensor, in all rows alike, and is not counted. */
export interface CommonValue<F> {
  readonly planned: PlannedColumn<F>
  readonly columns: Int32Array
}

/**
 * Encodes one row for each of the first `count` offers. Columns that do not depend on the offer are computed once and
 * copied down. When no column does (`plan.perOffer` false), one row serves all offers: pass a count of 1.
 * The facts are read when the returned function runs, not now. It throws when a value is missing that the plan
 * was told cannot be.
 */
export function encodeRows<F>(
  plan: FeaturePlan<F>,
  facts: F,
  offers: Int32Array,
  count: number,
  counters: EncodeCounters
): EncodeRows {
  const side = { plan, offers, count, counters }
  return (columns, firstRow) => {
    if (count === 0) return
    writeShared(side, facts, columns, firstRow)
    for (let t = 0; t < columns.length; t++) copyDown(columns[t]!, firstRow, count)
    writeByOffer(side, facts, columns, firstRow)
  }
}

/**
 * Encodes several plans side by side into the same rows, as many as the longest side has; what stands in a shorter side's columns
 * further down is of no account. Otherwise as encodeRows.
 */
export function encodeSides<F>(
  common: ReadonlyArray<CommonValue<F>>,
  sides: ReadonlyArray<Side<F>>,
  facts: F,
  rows: number
): EncodeRows {
  return (tensors, firstRow) => {
    if (rows === 0) return
    for (const { planned, columns } of common) {
      const { input, cells } = tensors[planned.tensor]!
      const value = valueOf(planned, facts, 0)
      const from = firstRow * input.width
      for (let i = 0; i < columns.length; i++)
        writeCell(cells, from + columns[i]!, value, planned, UNCOUNTED)
    }
    for (const side of sides) writeShared(side, facts, tensors, firstRow)
    for (let t = 0; t < tensors.length; t++) copyDown(tensors[t]!, firstRow, rows)
    for (const side of sides) writeByOffer(side, facts, tensors, firstRow)
  }
}

const UNCOUNTED: EncodeCounters = { unknownCategory: () => undefined, truncated: () => undefined }

/** Writes what all rows have alike, into the first of them. */
function writeShared<F>(
  { plan, offers, counters }: Side<F>,
  facts: F,
  columns: readonly TensorColumns[],
  firstRow: number
): void {
  const firstOffer = offers[0] ?? 0
  for (let i = 0; i < plan.shared.length; i++) {
    const planned = plan.shared[i]!
    const { input, cells } = columns[planned.tensor]!
    const at = firstRow * input.width + planned.column
    writeCell(cells, at, valueOf(planned, facts, firstOffer), planned, counters)
  }
}

function writeByOffer<F>(
  { plan, offers, count, counters }: Side<F>,
  facts: F,
  columns: readonly TensorColumns[],
  firstRow: number
): void {
  for (let i = 0; i < plan.byOffer.length; i++) {
    const planned = plan.byOffer[i]!
    const { input, cells } = columns[planned.tensor]!
    let at = firstRow * input.width + planned.column
    for (let row = 0; row < count; row++, at += input.width) {
      writeCell(cells, at, valueOf(planned, facts, offers[row]!), planned, counters)
    }
  }
}

/** Repeats the first row `count` times, doubling what is there with each copy. */
function copyDown({ input, cells }: TensorColumns, firstRow: number, count: number): void {
  const from = firstRow * input.width
  const end = from + count * input.width
  for (let filled = input.width; from + filled < end; filled *= 2) {
    cells.copyWithin(from + filled, from, Math.min(from + filled, end - filled))
  }
}

function valueOf<F>(planned: PlannedColumn<F>, facts: F, offer: number): unknown {
  const known = planned.source.value(facts, offer)
  if (planned.range !== undefined && typeof known === 'number') count(known, planned.range)
  const value = known ?? planned.missing
  if (value === undefined) {
    throw new Error(`${planned.label} of input ${planned.input} has no value and no \`missing\`.`)
  }
  return value
}

function count(value: number, range: RangeTally): void {
  range.values++
  if (value < range.least || value > range.greatest) range.outside++
}

function writeCell<F>(
  cells: Cells,
  at: number,
  value: unknown,
  planned: PlannedColumn<F>,
  counters: EncodeCounters
): void {
  if (cells instanceof Float32Array || cells instanceof Float64Array) {
    cells[at] = Number(value)
  } else if (Array.isArray(cells)) {
    const text = String(value)
    if (planned.known !== undefined && !planned.known.has(text))
      counters.unknownCategory(planned.input)
    cells[at] = text
  } else if (cells instanceof Uint8Array) {
    cells[at] = value === true ? 1 : 0
  } else if (cells instanceof Int32Array) {
    cells[at] = wholeNumber(Number(value), INT32_MIN, INT32_MAX, planned, counters)
  } else {
    cells[at] = BigInt(wholeNumber(Number(value), INT64_MIN, INT64_MAX, planned, counters))
  }
}

const INT32_MIN = -(2 ** 31)
const INT32_MAX = 2 ** 31 - 1
const INT64_MIN = -(2 ** 63)
/** The largest float64 below 2⁶³. */
const INT64_MAX = 2 ** 63 - 1024

/** The value as an integer tensor can hold it; what had to be changed for that is counted. */
function wholeNumber<F>(
  value: number,
  min: number,
  max: number,
  planned: PlannedColumn<F>,
  counters: EncodeCounters
): number {
  if (Number.isInteger(value) && value >= min && value <= max) return value
  counters.truncated(planned.input)
  if (Number.isNaN(value)) return 0
  return Math.min(max, Math.max(min, Math.trunc(value)))
}
