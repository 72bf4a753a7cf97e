import { stat } from 'node:fs/promises'
import { extname } from 'node:path'
import { createLineSplitter } from '../../decisioning/customers/line-splitter.js'
import { boundsFault } from '../../decisioning/json-bounds.js'
import { readCsv } from '../csv.js'
import { piecesOf } from '../input.js'
import type { Parts } from '../parts.js'
import { CommandRefused, type Shell } from '../shell.js'

const LONGEST_LINE_BYTES = 64 * 1024

/** One row of a list: what it says by name, or why it says nothing. */
export interface ListRow {
  /** From 1: the line of a text file that the row begins on, the row of a Parquet file. */
  readonly line: number
  readonly members?: Readonly<Record<string, unknown>>
  readonly fault?: string
}

/** Customers to decide for. */
export interface CustomerList {
  /** In the order of the file, read while they are asked for; to be used up once. */
  readonly rows: AsyncIterable<ListRow>
  /** True where a row is a record of columns, of which some may be about something else. */
  readonly isTable: boolean
  /** How much of the list has been read, from 0 to 1; undefined where its length is not known. */
  readShare(): number | undefined
}

export type ListFormat = 'ndjson' | 'csv' | 'parquet'

/** The format that a file's name ends with; the standard streams (`-`) carry NDJSON. Throws CommandRefused. */
export function formatOf(file: string): ListFormat {
  if (file === '-') return 'ndjson'
  const ending = extname(file).slice(1).toLowerCase()
  if (ending === 'ndjson' || ending === 'jsonl') return 'ndjson'
  if (ending === 'csv' || ending === 'parquet') return ending
  throw new CommandRefused(
    `${file}: the name must end with .ndjson, .csv or .parquet, which says what it holds`
  )
}

export interface ListPlace {
  readonly file: string
  /** Between the cells of a CSV file. */
  readonly separator: string
}

/** Opens a list. Throws CommandRefused where it cannot be read. */
export async function openList(
  { file, separator }: ListPlace,
  shell: Shell,
  { tableFiles }: Pick<Parts, 'tableFiles'>
): Promise<CustomerList> {
  const format = formatOf(file)
  if (format === 'parquet') return openParquet(file, tableFiles)
  const bytes = file === '-' ? undefined : await sizeOf(file)
  const meter = new Meter(piecesOf(file, shell), bytes)
  if (format === 'ndjson')
    return { rows: rowsOfLines(meter.pieces()), isTable: false, readShare: () => meter.share() }
  const { header, rows } = await readCsv(meter.pieces(), { name: file, separator })
  return { rows: rowsOfCells(header, rows), isTable: true, readShare: () => meter.share() }
}

/** The bytes of a file. Throws CommandRefused where there is none. */
export async function sizeOf(file: string): Promise<number> {
  try {
    return (await stat(file)).size
  } catch (error) {
    throw unreadable(file, error)
  }
}

function unreadable(file: string, error: unknown): CommandRefused {
  return new CommandRefused(
    `${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`
  )
}

/** Counts what goes by. */
class Meter {
  readonly #pieces: AsyncIterable<Uint8Array>
  readonly #bytes: number | undefined
  #read = 0

  constructor(pieces: AsyncIterable<Uint8Array>, bytes: number | undefined) {
    this.#pieces = pieces
    this.#bytes = bytes
  }

  async *pieces(): AsyncGenerator<Uint8Array> {
    for await (const piece of this.#pieces) {
      this.#read += piece.length
      yield piece
    }
  }

  share(): number | undefined {
    return this.#bytes === undefined ? undefined : this.#read / Math.max(1, this.#bytes)
  }
}

async function* rowsOfLines(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<ListRow> {
  const splitter = createLineSplitter(LONGEST_LINE_BYTES)
  function* rowsIn(lines: ReturnType<typeof splitter.split>): Generator<ListRow> {
    for (const { number, text, fault } of lines) {
      if (fault !== undefined) yield { line: number, fault: `the line ${fault}` }
      else if (text.trim() !== '') yield rowOfText(number, text)
    }
  }
  for await (const piece of pieces) yield* rowsIn(splitter.split(piece))
  yield* rowsIn(splitter.end())
}

/** A text alone is the customer's id. */
function rowOfText(line: number, text: string): ListRow {
  try {
    const value: unknown = JSON.parse(text)
    const unbounded = boundsFault(value)
    if (unbounded !== undefined)
      return { line, fault: `the line ${unbounded.pointer} ${unbounded.detail}` }
    if (typeof value === 'string') return { line, members: { customer: value } }
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return { line, members: value as Record<string, unknown> }
    return { line, fault: 'the line is neither a request nor the id of a customer' }
  } catch {
    return { line, fault: 'the line is no JSON' }
  }
}

async function* rowsOfCells(
  header: readonly string[],
  rows: Awaited<ReturnType<typeof readCsv>>['rows']
): AsyncGenerator<ListRow> {
  for await (const { line, cells, fault } of rows) {
    if (fault !== undefined) yield { line, fault: `the row ${fault}` }
    else yield { line, members: Object.fromEntries(header.map((name, i) => [name, cells[i]!])) }
  }
}

async function openParquet(file: string, tables: Parts['tableFiles']): Promise<CustomerList> {
  await sizeOf(file)
  const count = await tables.count(file).catch((error: unknown) => {
    throw unreadable(file, error)
  })
  let line = 0
  async function* rows(): AsyncGenerator<ListRow> {
    for await (const text of tables.read(file)) {
      line++
      yield { line, members: JSON.parse(text) as Record<string, unknown> }
    }
  }
  return { rows: rows(), isTable: true, readShare: () => line / Math.max(1, count) }
}
