import { nearest } from '../domain/nearest.js'
import type { Place, Problem } from './strategy.js'

/** Most problems that are told at once; one more line says how many there are beyond. */
export const MOST_PROBLEMS = 200

/** Longest name, in characters, that a valid one is guessed for. */
const MAX_GUESSED = 256

/** One problem as a line of text: `file:line:column: error: sentence (did you mean "x"?)`. */
export function formatProblem(problem: Problem): string {
  const { file, line, column, severity, message, hint } = problem
  const guess = hint === undefined ? '' : ` (did you mean "${hint}"?)`
  return `${file}:${line}:${column}: ${severity}: ${message}${guess}`
}

/** An error at a place of the strategy's files. */
export function errorAt(place: Place, message: string): Problem {
  return { ...placeOf(place), message, severity: 'error' }
}

/** Gathers what is wrong with a set of files, so that everything is told at once. */
export class Problems {
  readonly #found: Problem[] = []
  readonly #muted = new Set<string>()
  #errors = 0
  #beyond = 0

  /** How many errors were found; warnings do not count. */
  get errors(): number {
    return this.#errors
  }

  /** Tells nothing more about a file: what is wrong with it has been told, and the rest would only follow from that. */
  mute(file: string): void {
    this.#muted.add(file)
  }

  error(place: Place, message: string, hint?: string): void {
    this.#keep({ ...placeOf(place), message, hint, severity: 'error' })
  }

  warn(place: Place, message: string): void {
    this.#keep({ ...placeOf(place), message, severity: 'warning' })
  }

  /** A name that stands for nothing; the nearest of the names that would have done is guessed. */
  unknown(place: Place, what: string, name: string, candidates: Iterable<string>): void {
    // Guessing costs time per candidate, and nobody reads more than the first problems.
    const hint =
      this.#errors < MOST_PROBLEMS && name.length <= MAX_GUESSED
        ? nearest(name, candidates)
        : undefined
    this.error(place, `there is no ${what} "${shorten(name)}"`, hint)
  }

  addAll(problems: readonly Problem[]): void {
    for (const problem of problems) this.#keep(problem)
  }

  /** All problems in the order of files and lines, at most MOST_PROBLEMS and a line that counts the rest. */
  list(): Problem[] {
    const ordered = [...this.#found].sort(byPlace)
    const errorsFirst =
      ordered.length > MOST_PROBLEMS
        ? ordered.filter(isError).concat(ordered.filter(p => !isError(p)))
        : ordered
    const told = errorsFirst.slice(0, MOST_PROBLEMS)
    const more = this.#found.length + this.#beyond - told.length
    if (more === 0) return told
    const last = told.at(-1)!
    return [
      ...told,
      {
        ...last,
        hint: undefined,
        message: `and ${more} more ${more === 1 ? 'problem' : 'problems'}`
      }
    ]
  }

  #keep(problem: Problem): void {
    if (this.#muted.has(problem.file)) return
    if (isError(problem)) this.#errors++
    // Files can hold millions of mistakes; what nobody will read is only counted.
    if (this.#found.length < MOST_PROBLEMS * 10)
      this.#found.push({ ...problem, message: printable(problem.message) })
    else this.#beyond++
  }
}

/** Text from a file as a message may quote it. */
export function shorten(text: string): string {
  const line = text.replace(/\s+/g, ' ')
  return line.length <= 60 ? line : `${line.slice(0, 57)}...`
}

/** Names come from files, and problems go to terminals: what would steer a terminal is spelled out. */
function printable(message: string): string {
  return message.replace(
    /\p{C}/gu,
    sign => `\\u${(sign.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`
  )
}

function isError(problem: Problem): boolean {
  return problem.severity === 'error'
}

function byPlace(a: Problem, b: Problem): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1
  return a.line - b.line || a.column - b.column
}

function placeOf({ file, line, column }: Place): Place {
  return { file, line, column }
}
