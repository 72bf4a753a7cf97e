import { createLineSplitter } from '../decisioning/customers/line-splitter.js'
import { CommandRefused } from './shell.js'

/** A line of a longer one is a fault of its row, so that a file without newlines cannot fill the memory. */
const LONGEST_LINE_BYTES = 1024 * 1024
/** A row may go on over lines up to here, in characters. */
const LONGEST_ROW_CHARACTERS = 1024 * 1024

const QUOTE = '"'

/** One row, by the line it begins on, the header's being 1: as many cells as the header has, or why it has none. */
export type CsvRow =
  | { readonly line: number; readonly cells: readonly string[]; readonly fault?: undefined }
  | { readonly line: number; readonly cells?: undefined; readonly fault: string }

/** A file with a header. */
export interface Csv {
  /** The columns' names, all different and none empty, without spaces around them. */
  readonly header: readonly string[]
  /** The rows in the order of the file, read while they are asked for; to be used up once. */
  readonly rows: AsyncIterable<CsvRow>
}

export interface CsvOptions {
  /** What messages call the file. */
  readonly name: string
  /** One character between cells; a comma when absent. */
  readonly separator?: string
}

/**
 * Reads comma-separated values as RFC 4180 has them: UTF-8 with or without a byte order mark, lines ended by LF or CRLF, a cell in
 * quotes where it holds the separator, quotes (doubled) or line ends (read as LF). A quote inside a cell that does not begin with
 * one is an ordinary character. Empty lines are passed over. Memory stays bounded whatever the length of the file.
 *
 * A row that is wrong on its own line is told as a fault and the next is read. Throws CommandRefused where the rest of the file
 * could not be trusted: no header or a bad one, a quote that is never closed, and a wrong row that goes on over several lines.
 */
export async function readCsv(
  pieces: AsyncIterable<Uint8Array>,
  { name, separator = ',' }: CsvOptions
): Promise<Csv> {
  const found = rowsOf(pieces, name, separator)
  const first = await found.next()
  if (first.done === true) throw new CommandRefused(`${name} is empty; a header is needed`)
  const header = headerOf(first.value, name)
  return { header, rows: keepLength(found, header.length, name) }
}

/** A row as it is read, of whatever number of cells. */
interface OpenRow {
  readonly line: number
  readonly cells: string[]
  /** What is read of a quoted cell that the end of a line did not end. */
  quoted: string | undefined
  characters: number
}

type ReadRow = CsvRow & { readonly lastLine: number }

async function* rowsOf(
  pieces: AsyncIterable<Uint8Array>,
  name: string,
  separator: string
): AsyncGenerator<ReadRow, void> {
  const splitter = createLineSplitter(LONGEST_LINE_BYTES)
  let open: OpenRow | undefined

  function* rowsIn(lines: ReturnType<typeof splitter.split>): Generator<ReadRow> {
    for (const { number, text, fault } of lines) {
      if (open === undefined && text === '') continue
      const row: OpenRow = open ?? { line: number, cells: [], quoted: undefined, characters: 0 }
      const { line, cells } = row
      const wrong = fault ?? readLine(row, text, separator)
      open = wrong === undefined && row.quoted !== undefined ? row : undefined
      if ((open?.characters ?? 0) > LONGEST_ROW_CHARACTERS) throw neverClosed(line, name)
      if (open !== undefined) continue
      if (wrong === undefined) yield { line, cells, lastLine: number }
      else yield refuseSeveralLines({ line, fault: wrong, lastLine: number }, name)
    }
  }

  for await (const piece of pieces) yield* rowsIn(splitter.split(piece))
  yield* rowsIn(splitter.end())
  if (open !== undefined) throw neverClosed(open.line, name)
}

/** Adds a line to a row. `quoted` stays set where a quoted cell goes on in the next line. Answers what is wrong, if anything. */
function readLine(row: OpenRow, text: string, separator: string): string | undefined {
  row.characters += text.length + 1
  let at = 0
  for (;;) {
    if (row.quoted === undefined && text[at] === QUOTE) {
      row.quoted = ''
      at++
    }
    if (row.quoted === undefined) {
      const end = text.indexOf(separator, at)
      row.cells.push(text.slice(at, end < 0 ? text.length : end))
      if (end < 0) return undefined
      at = end + 1
      continue
    }
    const close = text.indexOf(QUOTE, at)
    row.quoted += close < 0 ? `${text.slice(at)}\n` : text.slice(at, close)
    if (close < 0) return undefined
    at = close + 1
    if (text[at] === QUOTE) {
      row.quoted += QUOTE
      at++
      continue
    }
    row.cells.push(row.quoted)
    row.quoted = undefined
    if (at === text.length) return undefined
    if (text[at] !== separator) return 'has text between a closing quote and the next separator'
    at++
  }
}

function neverClosed(line: number, name: string): CommandRefused {
  return new CommandRefused(`${name}, line ${line}: a quote is opened here and not closed`)
}

/** A missing quote may have swallowed rows; passing over them would lose them without a word. */
function refuseSeveralLines<R extends { line: number; lastLine: number; fault: string }>(
  row: R,
  name: string
): R {
  if (row.line === row.lastLine) return row
  throw new CommandRefused(
    `${name}: the row from line ${row.line} to line ${row.lastLine} ${row.fault}; is a quote missing there?`
  )
}

function headerOf({ line, cells, fault }: CsvRow, name: string): readonly string[] {
  const refused = (sentence: string): CommandRefused =>
    new CommandRefused(`${name}, line ${line}: ${sentence}`)
  if (fault !== undefined) throw refused(`the header ${fault}`)
  const header = cells.map(cell => cell.trim())
  if (header.includes('')) throw refused(`column ${header.indexOf('') + 1} has no name`)
  const twice = header.find((column, i) => header.indexOf(column) !== i)
  if (twice !== undefined) throw refused(`two columns are called "${twice}"`)
  return header
}

/** Tells rows of another length than the header's as faults. */
async function* keepLength(
  rows: AsyncIterable<ReadRow>,
  length: number,
  name: string
): AsyncGenerator<CsvRow, void> {
  for await (const { lastLine, ...row } of rows) {
    if (row.cells === undefined || row.cells.length === length) {
      yield row
      continue
    }
    const fault = `has ${row.cells.length} cells where the header has ${length}`
    yield refuseSeveralLines({ line: row.line, fault, lastLine }, name)
  }
}
