import type { Fault } from '../domain/refusal.js'
import { escapePointer } from './faults.js'

/** Deepest nesting of arrays and objects in what callers send. */
const MOST_DEPTH = 32
/** Most members of one object and most items of one array. */
const MOST_MEMBERS = 1000

/**
 * What is wrong with a value of JSON whatever it means: numbers beyond the range of doubles (1e400 becomes Infinity), nesting and
 * sizes that nothing needs, names that reach an object's prototype. Asked before schemas, whose faults would be as many as its parts.
 */
export function boundsFault(value: unknown): Fault | undefined {
  return findFault(value, 1)
}

/** The first thing wrong; its pointer is put together on the way back, so that what is right pays nothing for it. */
function findFault(value: unknown, depth: number): Fault | undefined {
  if (typeof value === 'number') {
    if (Number.isFinite(value)) return undefined
    return { pointer: '', detail: 'is a number beyond the range of doubles' }
  }
  if (typeof value !== 'object' || value === null) return undefined
  if (depth > MOST_DEPTH)
    return { pointer: '', detail: `is nested deeper than ${MOST_DEPTH} levels` }
  return Array.isArray(value) ? faultInItems(value, depth) : faultInMembers(value, depth)
}

function faultInItems(items: readonly unknown[], depth: number): Fault | undefined {
  if (items.length > MOST_MEMBERS)
    return { pointer: '', detail: `has more than ${MOST_MEMBERS} items` }
  for (let i = 0; i < items.length; i++) {
    const fault = findFault(items[i], depth + 1)
    if (fault !== undefined) return below(String(i), fault)
  }
  return undefined
}

function faultInMembers(members: object, depth: number): Fault | undefined {
  const names = Object.keys(members)
  if (names.length > MOST_MEMBERS)
    return { pointer: '', detail: `has more than ${MOST_MEMBERS} members` }
  for (const name of names) {
    const member = (members as Readonly<Record<string, unknown>>)[name]
    if (name === '__proto__' || (name === 'constructor' && reachesPrototype(member))) {
      return { pointer: '', detail: `has a member "${name}", which no request may carry` }
    }
    const fault = findFault(member, depth + 1)
    if (fault !== undefined) return below(name, fault)
  }
  return undefined
}

function reachesPrototype(member: unknown): boolean {
  return typeof member === 'object' && member !== null && Object.hasOwn(member, 'prototype')
}

function below(step: string, { pointer, detail }: Fault): Fault {
  return { pointer: `/${escapePointer(step)}${pointer}`, detail }
}
