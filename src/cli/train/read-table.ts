import type { Table, TableColumn } from '../../learning/table.js'
import type { Csv } from '../csv.js'
import { CommandRefused } from '../shell.js'
import type { BoundColumn } from './bind-columns.js'
import { labelsOf } from './target.js'

/** Cells that are read at most: what fits into the memory of a small machine, several times over. */
const MOST_CELLS = 30_000_000
const FEWEST_ROWS = 200
/** Rows of each answer. */
const FEWEST_OF_AN_ANSWER = 40
/** A text with more different values than that is a name or a number, no category. */
const MOST_CATEGORIES = 100

/** What a file was read as. */
export interface ReadTable {
  readonly table: Table
  /** The columns of the table, in its order: those that are always the same are left out. */
  readonly columns: readonly BoundColumn[]
  /** Names of columns that are always the same. */
  readonly constant: readonly string[]
  /** The target's text that is the positive answer. */
  readonly positive: string
  /** By row: when it happened, in ms since 1970; undefined where nothing tells. */
  readonly timesMs?: Float64Array
}

/** A column while it is read; texts are kept once each. */
interface Reading {
  readonly column: BoundColumn
  readonly numbers: number[]
  readonly codes: number[]
  readonly texts: Map<string, number>
}

interface ReadRequest {
  readonly file: string
  readonly target: { readonly name: string; readonly at: number }
  readonly positive: string | undefined
  readonly bound: readonly BoundColumn[]
  readonly progress: (rows: number) => void
}

/** Reads all rows. Throws CommandRefused with the line of the first cell that cannot be read, or what is wrong with the whole. */
export async function readTable(
  { header, rows }: Csv,
  { file, target, positive, bound, progress }: ReadRequest
): Promise<ReadTable> {
  const readings = bound.map((column): Reading => {
    return { column, numbers: [], codes: [], texts: new Map() }
  })
  const answers: string[] = []
  for await (const { line, cells, fault } of rows) {
    if (fault !== undefined) throw new CommandRefused(`${file}, line ${line}: ${fault}`)
    const answer = cells[target.at]!.trim()
    if (answer === '')
      throw new CommandRefused(
        `${file}, line ${line}: the target ${target.name} is blank; leave out rows whose answer is not known`
      )
    answers.push(answer)
    for (const reading of readings) readCell(reading, cells[reading.column.at]!.trim(), file, line)
    if (answers.length * header.length > MOST_CELLS)
      throw new CommandRefused(
        `${file} has more than ${MOST_CELLS.toLocaleString('en')} cells; take a random sample of its rows`
      )
    progress(answers.length)
  }
  if (answers.length < FEWEST_ROWS)
    throw new CommandRefused(
      `${file} has ${answers.length} rows; at least ${FEWEST_ROWS} are needed to learn from some and judge by others`
    )
  const { labels, positive: positiveText } = labelsOf(answers, positive, `${file}: ${target.name}`)
  checkAnswers(labels, file)
  const changing = readings.filter(isChanging)
  if (changing.length === 0)
    throw new CommandRefused(
      `${file} has no column that tells rows apart; there is nothing to learn from`
    )
  return {
    table: { columns: changing.map(columnOf), labels },
    columns: changing.map(({ column }) => column),
    constant: readings.filter(one => !isChanging(one)).map(({ column }) => column.name),
    positive: positiveText
  }
}

function readCell(
  { column, numbers, codes, texts }: Reading,
  text: string,
  file: string,
  line: number
): void {
  const { kind, name, standIn } = column
  if (kind === 'category') {
    const known = text === '' ? standIn : text
    codes.push(known === undefined ? -1 : codeOf(texts, String(known), name, file))
    return
  }
  const number = text === '' ? Number(standIn ?? NaN) : numberOf(text, kind)
  if (number === undefined)
    throw new CommandRefused(
      kind === 'number'
        ? `${file}, line ${line}: column "${name}" stands for ${column.from}, a number, but says "${text}"; leave cells blank where nothing is known`
        : `${file}, line ${line}: column "${name}" stands for ${column.from}, which is true or false, but says "${text}"; write true or false`
    )
  // Models are fed 32-bit floats; training sees what deciding will see.
  numbers.push(Math.fround(number))
}

const TRUTH: ReadonlyMap<string, number> = new Map([
  ['true', 1],
  ['yes', 1],
  ['1', 1],
  ['false', 0],
  ['no', 0],
  ['0', 0]
])

function numberOf(text: string, kind: 'number' | 'boolean'): number | undefined {
  if (kind === 'boolean') return TRUTH.get(text.toLowerCase())
  const number = Number(text)
  return Number.isFinite(Math.fround(number)) ? number : undefined
}

function codeOf(texts: Map<string, number>, text: string, name: string, file: string): number {
  const known = texts.get(text)
  if (known !== undefined) return known
  if (texts.size === MOST_CATEGORIES)
    throw new CommandRefused(
      `${file}: column "${name}" has more than ${MOST_CATEGORIES} different texts; group them, or leave the column out with --without ${name}`
    )
  texts.set(text, texts.size)
  return texts.size - 1
}

function checkAnswers(labels: Uint8Array, file: string): void {
  const positives = labels.reduce((sum, label) => sum + label, 0)
  const fewest = Math.min(positives, labels.length - positives)
  if (fewest < FEWEST_OF_AN_ANSWER)
    throw new CommandRefused(
      `${file} has ${positives} positive and ${labels.length - positives} negative rows; at least ${FEWEST_OF_AN_ANSWER} of each are needed`
    )
}

function isChanging({ column, numbers, codes }: Reading): boolean {
  const cells = column.kind === 'category' ? codes : numbers
  return cells.some(cell => !Object.is(cell, cells[0]))
}

function columnOf({ column, numbers, codes, texts }: Reading): TableColumn {
  const { name, kind } = column
  return kind === 'category'
    ? { kind, name, categories: [...texts.keys()], codes: Int32Array.from(codes) }
    : { kind: 'number', name, cells: Float64Array.from(numbers) }
}
