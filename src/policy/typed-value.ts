import type { AttributeValue } from '../domain/customer.js'
import type { ValueType } from './strategy.js'
import type { Zone } from './zone.js'

/** A value of the declared type as decisions hold it (timestamps in milliseconds), or why it is none. */
export function typedValue(
  type: ValueType,
  value: unknown,
  zone: Zone
): { value: AttributeValue } | { wrong: string } {
  switch (type) {
    case 'number':
      return typeof value === 'number' && Number.isFinite(value)
        ? { value }
        : { wrong: 'must be a number' }
    case 'integer':
      return typeof value === 'number' && Number.isSafeInteger(value)
        ? { value }
        : { wrong: 'must be a whole number' }
    case 'string':
      return typeof value === 'string'
        ? { value }
        : { wrong: 'must be text (put it in quotes if it is)' }
    case 'boolean':
      return typeof value === 'boolean' ? { value } : { wrong: 'must be true or false' }
    case 'timestamp': {
      const timeMs = typeof value === 'string' ? zone.parse(value) : undefined
      return timeMs === undefined
        ? { wrong: 'must be an instant such as 2026-01-01T09:00:00Z' }
        : { value: timeMs }
    }
    case 'list<string>':
      return isListOf('string', value)
        ? { value: value as string[] }
        : { wrong: 'must be a list of texts' }
    case 'list<number>':
      return isListOf('number', value)
        ? { value: value as number[] }
        : { wrong: 'must be a list of numbers' }
  }
}

/** The first text of a value that is outside the declared ones. */
export function outsideOf(
  declared: { readonly values?: readonly string[] | undefined },
  value: AttributeValue
): string | undefined {
  const { values } = declared
  if (values === undefined) return undefined
  const texts: readonly unknown[] = Array.isArray(value) ? value : [value]
  return texts.find((text): text is string => typeof text === 'string' && !values.includes(text))
}

function isListOf(type: 'string' | 'number', value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.every(item => typeof item === type && (type === 'string' || Number.isFinite(item)))
  )
}
