/*
 * Columns of numbers as few bytes, exactly: a decision's trace is mostly columns that are constant, count up or hold small numbers.
 * A column is a kind, then its numbers; how many there are is known from elsewhere.
 */
const CONSTANT = 0
const COUNTING = 1
const BYTES = 2
const SHORTS = 3
const SINGLES = 4
const DOUBLES = 5

/** Bytes that a column of one kind takes a number. */
const WIDTHS = [0, 0, 1, 2, 4, 8]

/** Any column of numbers. */
export type Column = ArrayLike<number>

/** Writes columns one after the other. */
export function packColumns(columns: readonly Column[]): Uint8Array {
  const longest = columns.reduce((most, { length }) => Math.max(most, length), 0)
  const most = columns.reduce((sum, { length }) => sum + 1 + 8 * Math.max(1, length), 0)
  // All columns are read as one type of array: reading one of many types, element by element, is several times slower.
  const numbers = new Float64Array(longest)
  const bytes = new Uint8Array(most)
  const view = new DataView(bytes.buffer)
  let at = 0
  for (const column of columns) {
    numbers.set(column)
    const kind = kindOf(numbers, column.length)
    view.setUint8(at, kind)
    at = writeColumn(view, at + 1, kind, numbers, column.length)
  }
  return bytes.slice(0, at)
}

/** Reads columns of the given lengths, in the order in which they were written. Throws a RangeError when the bytes end early. */
export function unpackColumns(bytes: Uint8Array, lengths: readonly number[]): Float64Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = 0
  return lengths.map(length => {
    const kind = view.getUint8(at++)
    const column = new Float64Array(length)
    at = readColumn(view, at, kind, column)
    return column
  })
}

function kindOf(numbers: Float64Array, length: number): number {
  let constant = true
  let counting = true
  let whole = true
  let single = true
  let largest = 0
  const first = numbers[0] ?? 0
  for (let i = 0; i < length; i++) {
    const value = numbers[i]!
    constant = constant && Object.is(value, first)
    counting = counting && value === first + i
    whole = whole && value === (value & 0xffff) && !Object.is(value, -0)
    single = single && (Math.fround(value) === value || Number.isNaN(value))
    if (!constant && !counting && !whole && !single) return DOUBLES
    if (value > largest) largest = value
  }
  if (constant) return CONSTANT
  if (counting) return COUNTING
  if (whole) return largest < 256 ? BYTES : SHORTS
  return SINGLES
}

function writeColumn(
  view: DataView,
  start: number,
  kind: number,
  numbers: Float64Array,
  length: number
): number {
  if (kind === CONSTANT || kind === COUNTING) {
    view.setFloat64(start, length === 0 ? 0 : numbers[0]!, true)
    return start + 8
  }
  const width = WIDTHS[kind]!
  let at = start
  for (let i = 0; i < length; i++, at += width) {
    if (kind === BYTES) view.setUint8(at, numbers[i]!)
    else if (kind === SHORTS) view.setUint16(at, numbers[i]!, true)
    else if (kind === SINGLES) view.setFloat32(at, numbers[i]!, true)
    else view.setFloat64(at, numbers[i]!, true)
  }
  return at
}

function readColumn(view: DataView, start: number, kind: number, column: Float64Array): number {
  if (kind === CONSTANT || kind === COUNTING) {
    const first = view.getFloat64(start, true)
    for (let i = 0; i < column.length; i++) column[i] = kind === CONSTANT ? first : first + i
    return start + 8
  }
  const width = WIDTHS[kind]
  if (width === undefined) throw new RangeError(`columns of kind ${kind} are not known`)
  let at = start
  for (let i = 0; i < column.length; i++, at += width) {
    if (kind === BYTES) column[i] = view.getUint8(at)
    else if (kind === SHORTS) column[i] = view.getUint16(at, true)
    else if (kind === SINGLES) column[i] = view.getFloat32(at, true)
    else column[i] = view.getFloat64(at, true)
  }
  return at
}
