import { nearest } from '../../domain/nearest.js'
import { createLogSummer, type LoggedDecision, type LogSums } from '../../learning/off-policy.js'
import type { Csv } from '../csv.js'
import { CommandRefused } from '../shell.js'

/** Faults that are told; all are counted. */
const MOST_ERRORS_TOLD = 20
/** A log that more than this share of bad rows is missing from would mislead. */
const MOST_FAILED_SHARE = 0.01
/** Beyond it squares of sums lose their meaning. */
const LARGEST = 1e12

type Value = keyof LoggedDecision

/** Which column holds which value; predicted and expected where a reward model has its say. */
export type LogColumns = Readonly<Record<Exclude<Value, Modelled>, string>> &
  Readonly<Record<Modelled, string | undefined>>
type Modelled = 'predicted' | 'expected'

/** What a file was read as. */
export interface ReadLog {
  readonly sums: LogSums
  /** Rows that were passed over. */
  readonly failed: number
  /** The first 20 of them. */
  readonly errors: ReadonlyArray<{ readonly line: number; readonly detail: string }>
}

interface Need {
  readonly value: Value
  /** Names its column on the command line. */
  readonly option: string
  readonly fits: (value: number) => boolean
  readonly must: string
}

const isNumber = {
  fits: (value: number) => Math.abs(value) <= LARGEST,
  must: 'a number up to 1e12'
}

const NEEDS: readonly Need[] = [
  { value: 'reward', option: 'reward', ...isNumber },
  {
    value: 'loggedProbability',
    option: 'logged',
    fits: value => value >= 1 / LARGEST && value <= 1,
    must: 'a probability above 0, at most 1'
  },
  {
    value: 'newProbability',
    option: 'new',
    fits: value => value >= 0 && value <= 1,
    must: 'a probability from 0 to 1'
  },
  { value: 'predicted', option: 'predicted', ...isNumber },
  { value: 'expected', option: 'expected', ...isNumber }
]

interface Place extends Need {
  readonly column: string
  readonly at: number
}

/**
 * Sums up all decisions of a file. Rows that cannot be right are named and passed over. Throws CommandRefused where a column is
 * missing, where no decision is left, and where more than 1 % of the rows failed.
 */
export async function readLog(
  { header, rows }: Csv,
  columns: LogColumns,
  { name, progress }: { readonly name: string; readonly progress: (decisions: number) => void }
): Promise<ReadLog> {
  const places = placesOf(header, columns, name)
  const summer = createLogSummer({ modelled: columns.predicted !== undefined })
  const errors: Array<{ line: number; detail: string }> = []
  let decisions = 0
  let failed = 0
  for await (const { line, cells, fault } of rows) {
    const read = fault ?? readDecision(cells, places)
    if (typeof read === 'string') {
      failed++
      if (errors.length < MOST_ERRORS_TOLD) errors.push({ line, detail: read })
      continue
    }
    summer.add(read)
    progress(++decisions)
  }
  if (failed > MOST_FAILED_SHARE * (failed + decisions)) throw tooManyFailed(errors, failed, name)
  if (decisions === 0) throw new CommandRefused(`${name} has a header and no decisions`)
  return { sums: summer.finish(), failed, errors }
}

function placesOf(header: readonly string[], columns: LogColumns, name: string): readonly Place[] {
  return NEEDS.flatMap(need => {
    const column = columns[need.value]
    if (column === undefined) return []
    const at = header.indexOf(column)
    if (at >= 0) return [{ ...need, column, at }]
    const meant = nearest(column, header)
    const hint = meant === undefined ? `it has ${header.join(', ')}` : `did you mean ${meant}?`
    throw new CommandRefused(`${name} has no column "${column}" (--${need.option}); ${hint}`)
  })
}

const DECIMAL = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i

/** The decision of a row, or a sentence why it has none. */
function readDecision(cells: readonly string[], places: readonly Place[]): LoggedDecision | string {
  // The three that every log has are always among the places.
  const decision: { -readonly [V in keyof LoggedDecision]: LoggedDecision[V] } = {
    reward: Number.NaN,
    loggedProbability: Number.NaN,
    newProbability: Number.NaN
  }
  for (const { value, column, at, fits, must } of places) {
    const text = cells[at]!.trim()
    const number = DECIMAL.test(text) ? Number(text) : Number.NaN
    if (!fits(number)) return `${column} must be ${must}, not "${text.slice(0, 40)}"`
    decision[value] = number
  }
  return decision
}

function tooManyFailed(errors: ReadLog['errors'], failed: number, name: string): CommandRefused {
  const told = errors.slice(0, 5).map(({ line, detail }) => `${name}, line ${line}: ${detail}`)
  return new CommandRefused(
    [...told, `${failed} rows are wrong, more than 1 in 100; correct them or leave them out`].join(
      '\n'
    )
  )
}
