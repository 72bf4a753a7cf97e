import { escapePointer } from '../decisioning/faults.js'
import { Refusal } from '../domain/refusal.js'

/** Deepest nesting of arrays and objects in a body. */
const MOST_DEPTH = 32
/** Most members of one object and most items of one array in a body. */
const MOST_MEMBERS = 1000

/**
 * Parses a body. Throws a Refusal on what is no JSON, on numbers beyond the range of doubles (1e400 would become Infinity),
 * on nesting and sizes that no request needs, and on names that reach an object's prototype.
 */
export function parseJson(text: string): unknown {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new Refusal(
      'malformed',
      text === '' ? 'The body is empty; JSON is needed here.' : 'The body is not JSON.'
    )
  }
  check(value, 1, '')
  return value
}

function check(value: unknown, depth: number, pointer: string): void {
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) refuse(pointer, 'is a number beyond the range of doubles')
  } else if (typeof value === 'object' && value !== null) {
    if (depth > MOST_DEPTH)
      throw new Refusal('malformed', `The body is nested deeper than ${MOST_DEPTH} levels.`)
    if (Array.isArray(value)) checkItems(value, depth, pointer)
    else checkMembers(value as Record<string, unknown>, depth, pointer)
  }
}

function checkItems(items: readonly unknown[], depth: number, pointer: string): void {
  if (items.length > MOST_MEMBERS) refuse(pointer, `has more than ${MOST_MEMBERS} items`)
  for (let i = 0; i < items.length; i++) {
    const item = items[i]
    // The pointer is spelled only for what could be at fault: most values are plain strings.
    if (typeof item === 'number' || typeof item === 'object')
      check(item, depth + 1, `${pointer}/${i}`)
  }
}

function checkMembers(
  members: Readonly<Record<string, unknown>>,
  depth: number,
  pointer: string
): void {
  let count = 0
  for (const name in members) {
    if (++count > MOST_MEMBERS) refuse(pointer, `has more than ${MOST_MEMBERS} members`)
    const member = members[name]
    if (name === '__proto__' || (name === 'constructor' && reachesPrototype(member))) {
      refuse(pointer, `has a member "${name}", which no request may carry`)
    }
    if (typeof member === 'number' || typeof member === 'object')
      check(member, depth + 1, pointerTo(pointer, name))
  }
}

function reachesPrototype(member: unknown): boolean {
  return typeof member === 'object' && member !== null && Object.hasOwn(member, 'prototype')
}

function refuse(pointer: string, detail: string): never {
  throw new Refusal('malformed', `The body ${pointer === '' ? '' : `at ${pointer} `}${detail}.`, [
    { pointer, detail }
  ])
}

/** One step further in a JSON pointer (RFC 6901). */
export function pointerTo(pointer: string, step: string | number): string {
  return `${pointer}/${escapePointer(String(step))}`
}
