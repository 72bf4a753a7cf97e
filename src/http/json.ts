import { boundsFault } from '../decisioning/json-bounds.js'
import { Refusal } from '../domain/refusal.js'

/** The parser quotes what it could not read; a line of it is enough. */
const LONGEST_QUOTE = 120

/**
 * Parses a body. Throws a Refusal on what is no JSON and on what json-bounds.ts refuses.
 */
export function parseJson(text: string): unknown {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    if (text === '')
      throw new Refusal('malformed', 'The body is empty; JSON is needed here.', [
        { pointer: '', detail: 'is empty' }
      ])
    const where = error instanceof Error ? error.message.slice(0, LONGEST_QUOTE) : ''
    throw new Refusal('malformed', 'The body is not JSON.', [
      { pointer: '', detail: `is not JSON: ${where}` }
    ])
  }
  const fault = boundsFault(value)
  if (fault === undefined) return value
  const place = fault.pointer === '' ? '' : `at ${fault.pointer} `
  throw new Refusal('malformed', `The body ${place}${fault.detail}.`, [fault])
}
