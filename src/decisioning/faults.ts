import type { Fault } from '../domain/refusal.js'
import { nearest } from '../domain/nearest.js'

/** Looking for what was meant takes time with every name that it may be, so beyond so many nothing is guessed. */
const MOST_CANDIDATES = 500
const MOST_GUESSES = 10

/** Adds that the strategy does not have a name; the first faults of a request say which one was probably meant. */
export function addUnknownName(
  faults: Fault[],
  pointer: string,
  kind: string,
  name: string,
  known: ReadonlySet<string> | ReadonlyMap<string, unknown> | readonly string[]
): void {
  const detail =
    faults.length < MOST_GUESSES ? unknownNameSentence(kind, name, known) : noSuchName(kind, name)
  faults.push({ pointer, detail })
}

/** The sentence of addUnknownName, for where there is no pointer. */
export function unknownNameSentence(
  kind: string,
  name: string,
  known: ReadonlySet<string> | ReadonlyMap<string, unknown> | readonly string[]
): string {
  const count = 'size' in known ? known.size : known.length
  const close =
    count > MOST_CANDIDATES ? undefined : nearest(name, 'size' in known ? known.keys() : known)
  const guess = close === undefined ? '' : `; did you mean "${close}"?`
  return noSuchName(kind, name) + guess
}

function noSuchName(kind: string, name: string): string {
  return `there is no ${kind} "${shorten(name)}"`
}

/** A name as one step of a JSON pointer (RFC 6901). */
export function escapePointer(name: string): string {
  return shorten(name).replaceAll('~', '~0').replaceAll('/', '~1')
}

/** What callers sent is repeated to them, but not at any length. */
function shorten(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text
}

/** What kind of JSON value this is, with its article, for "must be …, not …". */
export function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'an object'
  return `a ${typeof value}`
}

/** True for what JSON calls an object. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
