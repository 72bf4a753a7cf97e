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
  const kinds = columns.map(kindOf)
  let size = 0
  columns.forEach((column, i) => {
    size +=
      1 + (kinds[i] === CONSTANT || kinds[i] === COUNTING ? 8 : WIDTHS[kinds[i]!]! * column.length)
  })
  const bytes = new Uint8Array(size)
  const view = new DataView(bytes.buffer)
  let at = 0
  columns.forEach((column, i) => {
    view.setUint8(at, kinds[i]!)
    at = writeColumn(view, at + 1, kinds[i]!, column)
  })
  return bytes
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

function kindOf(column: Column): number {
  let constant = true
  let counting = true
  let whole = true
  let single = true
  let largest = 0
  const first = column[0] ?? 0
  for (let i = 0; i < column.length; i++) {
    const value = column[i]!
    constant = constant && Object.is(value, first)
    counting = counting && value === first + i
    whole = whole && value === (value & 0xffff) && !Object.is(value, -0)
    single = single && (Math.fround(value) === value || Number.isNaN(value))
    if (value > largest) largest = value
  }
  if (constant) return CONSTANT
  if (counting) return COUNTING
  if (whole) return largest < 256 ? BYTES : SHORTS
  return single ? SINGLES : DOUBLES
}

function writeColumn(view: DataView, start: number, kind: number, column: Column): number {
  if (kind === CONSTANT || kind === COUNTING) {
    view.setFloat64(start, column[0] ?? 0, true)
    return start + 8
  }
  const width = WIDTHS[kind]!
  let at = start
  for (let i = 0; i < column.length; i++, at += width) {
    if (kind === BYTES) view.setUint8(at, column[i]!)
    else if (kind === SHORTS) view.setUint16(at, column[i]!, true)
    else if (kind === SINGLES) view.setFloat32(at, column[i]!, true)
    else view.setFloat64(at, column[i]!, true)
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
