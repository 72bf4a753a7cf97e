import type { AttributeValue } from '../domain/customer.js'
import type { Fault } from '../domain/refusal.js'
import type { Declared } from '../policy/strategy.js'
import { escapePointer, kindOf, addUnknownName } from './faults.js'
import { formatTime, NOT_A_TIME, parseTime } from './times.js'

export const LONGEST_ID_BYTES = 256
const LONGEST_STRING_BYTES = 4096
const LONGEST_LIST = 1000

const CONTROL_CHARACTERS = /\p{Cc}/u
/** With the u flag a pair of surrogates is one character of another class, so this finds lone ones only. */
const LONE_SURROGATES = /\p{Cs}/u

/** The value in the form in which it is stored, or a sentence that follows the name of what is wrong. */
export type CheckedValue =
  | { readonly value: AttributeValue; readonly fault?: undefined }
  | { readonly value?: undefined; readonly fault: string }

/** What is wrong with an id: text of 1 to 256 bytes of UTF-8 without control characters and lone surrogates. */
export function checkId(id: unknown): string | undefined {
  if (typeof id !== 'string') return `must be a string, not ${kindOf(id)}`
  if (id === '') return 'must not be empty'
  // A string has at least as many bytes as characters; checked first so that huge ones cost nothing.
  if (id.length > LONGEST_ID_BYTES || Buffer.byteLength(id) > LONGEST_ID_BYTES) {
    return `must not be longer than ${LONGEST_ID_BYTES} bytes of UTF-8`
  }
  if (CONTROL_CHARACTERS.test(id)) return 'must not hold control characters'
  return LONE_SURROGATES.test(id) ? NOT_WELL_FORMED : undefined
}

const NOT_WELL_FORMED = 'must be well-formed text, without lone surrogates'

/** Checks a value of JSON against what the strategy declares of its name: type, choices and size. */
export function checkValue(declared: Declared, value: unknown): CheckedValue {
  switch (declared.type) {
    case 'string':
      return checked(value, stringFault(declared, value))
    case 'number':
      return checked(value, numberFault(value))
    case 'integer':
      return checked(value, integerFault(value))
    case 'boolean':
      return checked(value, typeof value === 'boolean' ? undefined : mustBe('true or false', value))
    case 'timestamp':
      return checkTimestamp(value)
    case 'list<string>':
      return checkList(value, item => stringFault(declared, item))
    case 'list<number>':
      return checkList(value, numberFault)
  }
}

/** A stored value as callers see it: timestamps as RFC 3339, everything else as it was sent. */
export function showValue(declared: Declared | undefined, value: AttributeValue): AttributeValue {
  return declared?.type === 'timestamp' && typeof value === 'number' ? formatTime(value) : value
}

/** Names that values may be given for, as a strategy has them for attributes and for context. */
export interface DeclaredNames {
  /** What such a name is called in sentences: attribute, context name. */
  readonly kind: string
  readonly declared: readonly Declared[]
  readonly index: ReadonlyMap<string, number>
}

/**
 * Checks named values and answers those that are right by the position of their name.
 * What is wrong is added to the faults, each at its pointer below `pointer`.
 */
export function checkValues(
  names: DeclaredNames,
  given: Readonly<Record<string, unknown>>,
  pointer: string,
  faults: Fault[]
): Array<readonly [slot: number, value: AttributeValue]> {
  const values: Array<readonly [number, AttributeValue]> = []
  for (const name of Object.keys(given)) {
    const slot = names.index.get(name)
    const declared = slot === undefined ? undefined : names.declared[slot]
    if (slot === undefined || declared === undefined) {
      const at = `${pointer}/${escapePointer(name)}`
      addUnknownName(faults, at, names.kind, name, names.index)
      continue
    }
    const { value, fault } = checkValue(declared, given[name])
    if (fault === undefined) values.push([slot, value])
    else faults.push({ pointer: `${pointer}/${escapePointer(name)}`, detail: fault })
  }
  return values
}

/** The caller of this has checked that a value without a fault is one of AttributeValue. */
function checked(value: unknown, fault: string | undefined): CheckedValue {
  return fault === undefined ? { value: value as AttributeValue } : { fault }
}

function mustBe(what: string, value: unknown): string {
  return `must be ${what}, not ${kindOf(value)}`
}

function stringFault(declared: Declared, value: unknown): string | undefined {
  if (typeof value !== 'string') return mustBe('a string', value)
  if (declared.values !== undefined) {
    return declared.values.includes(value)
      ? undefined
      : `must be one of ${choices(declared.values)}`
  }
  if (value.length > LONGEST_STRING_BYTES || Buffer.byteLength(value) > LONGEST_STRING_BYTES) {
    return `must not be longer than ${LONGEST_STRING_BYTES} bytes of UTF-8`
  }
  return LONE_SURROGATES.test(value) ? NOT_WELL_FORMED : undefined
}

function choices(values: readonly string[]): string {
  const shown = values.slice(0, 10).map(value => `"${value}"`)
  return values.length > 10
    ? `${shown.join(', ')} and ${values.length - 10} more`
    : shown.join(', ')
}

/** JSON has numbers that a double cannot hold; they arrive as infinities. */
function numberFault(value: unknown): string | undefined {
  if (typeof value !== 'number') return mustBe('a number', value)
  return Number.isFinite(value) ? undefined : 'must be a number that fits a double'
}

function integerFault(value: unknown): string | undefined {
  if (typeof value !== 'number') return mustBe('a whole number', value)
  return Number.isSafeInteger(value)
    ? undefined
    : 'must be a whole number between -(2^53 - 1) and 2^53 - 1'
}

function checkTimestamp(value: unknown): CheckedValue {
  if (typeof value !== 'string') return { fault: mustBe('an RFC 3339 time in a string', value) }
  const timeMs = parseTime(value)
  return timeMs === undefined ? { fault: NOT_A_TIME } : { value: timeMs }
}

function checkList(value: unknown, itemFault: (item: unknown) => string | undefined): CheckedValue {
  if (!Array.isArray(value)) return { fault: mustBe('a list', value) }
  const items: readonly unknown[] = value
  if (items.length > LONGEST_LIST) return { fault: `must not have more than ${LONGEST_LIST} items` }
  for (let i = 0; i < items.length; i++) {
    const fault = itemFault(items[i])
    if (fault !== undefined) return { fault: `item ${i + 1} ${fault}` }
  }
  return checked(items, undefined)
}
