import type { Fault } from '../domain/refusal.js'
import { nearest } from '../domain/nearest.js'

/** A name that the strategy does not have, with the one that was probably meant. */
export function unknownName(
  pointer: string,
  kind: string,
  name: string,
  known: Iterable<string>
): Fault {
  return { pointer, detail: unknownNameSentence(kind, name, known) }
}

/** The sentence of unknownName, for where there is no pointer. */
export function unknownNameSentence(kind: string, name: string, known: Iterable<string>): string {
  const close = nearest(name, known)
  const guess = close === undefined ? '' : `; did you mean "${close}"?`
  return `there is no ${kind} "${shorten(name)}"${guess}`
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
