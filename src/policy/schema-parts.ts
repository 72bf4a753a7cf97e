import { z } from 'zod'
import { isInteractionType } from '../domain/interaction.js'
import { parseDuration } from './duration.js'

/**
 * What the entries of the files are made of. Every `error` is the end of a sentence that begins with the entry's path.
 */

/** A map with fixed keys. Where a key is unknown, the message is the list of those that are known. */
export function fixed<S extends z.ZodRawShape>(shape: S) {
  const known = Object.keys(shape).join(', ')
  return z.strictObject(shape, {
    error: issue => (issue.code === 'unrecognized_keys' ? known : undefined)
  })
}

/** A map of named entries. */
export function named<K extends z.ZodString, V extends z.ZodType>(key: K, value: V) {
  return z.record(key, value)
}

const MAX_ID_BYTES = 256
// Control characters, and halves of surrogate pairs, which no UTF-8 can hold.
const UNPRINTABLE = /[\p{Cc}\p{Cs}]/u

/** Names of offers, channels, purposes…: 1 to 256 bytes of UTF-8 without control characters. */
export const id = z
  .string()
  .refine(
    text => text.length > 0 && Buffer.byteLength(text) <= MAX_ID_BYTES && !UNPRINTABLE.test(text),
    {
      error: `must be 1 to ${MAX_ID_BYTES} bytes of text without control characters`
    }
  )

const RESERVED = new Set([
  'true',
  'false',
  'null',
  'in',
  'as',
  'break',
  'const',
  'continue',
  'else',
  'for',
  'function',
  'if',
  'import',
  'let',
  'loop',
  'package',
  'namespace',
  'return',
  'var',
  'void',
  'while'
])

/** Names that conditions spell: letters, digits and underscores, none of the language's own words. */
export const identifier = z
  .string()
  .max(128, { error: 'must be at most 128 characters' })
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, {
    error: 'must be made of letters, digits and underscores, since conditions spell it'
  })
  .refine(name => !RESERVED.has(name), {
    error: 'is a word of the condition language; choose another name'
  })

/** Any length of time: 7d, 24h, 90m, 30s. */
export const duration = z
  .string({ error: 'must be a duration such as 7d, 24h, 90m or 30s' })
  .refine(text => parseDuration(text) !== undefined, {
    error: 'must be a duration such as 7d, 24h, 90m or 30s'
  })
  .meta({
    description:
      'A duration: whole days (24 h), hours, minutes, seconds, such as 7d, 24h, 90m, 30s',
    pattern: '^([0-9]+[dhms])+$'
  })

const CALENDAR = ['day', 'week', 'month']

/** A rolling window (7d) or one of the calendar (day, week, month). */
export const window = z
  .string({ error: 'must be a duration such as 7d, or day, week or month' })
  .refine(text => CALENDAR.includes(text) || parseDuration(text) !== undefined, {
    error: 'must be a duration such as 7d, or day, week or month'
  })
  .meta({
    description: "A rolling window such as 7d, or day, week, month in the strategy's time zone",
    pattern: '^(([0-9]+[dhms])+|day|week|month)$'
  })

/** The window of a quota, which may also count for ever. */
export const quotaWindow = z
  .string({ error: 'must be a duration such as 7d, or day, week, month or total' })
  .refine(
    text => text === 'total' || CALENDAR.includes(text) || parseDuration(text) !== undefined,
    {
      error: 'must be a duration such as 7d, or day, week, month or total'
    }
  )
  .meta({
    description: 'A rolling window such as 7d, or day, week, month, or total',
    pattern: '^(([0-9]+[dhms])+|day|week|month|total)$'
  })

/** A condition; `true` and `false` need no quotes. */
export const condition = z
  .union([z.string().min(1), z.boolean()], {
    error: 'must be a condition in quotes, such as "customer.age >= 18"'
  })
  .describe('A condition over customer.*, context.*, segment.*, offer.* and now')

/** A number or a formula that gives one. */
export const amount = z
  .union([z.number().nonnegative(), z.string().min(1)], {
    error: 'must be a number of at least 0, or an expression that gives one'
  })
  .describe('A number, or an expression that gives a number')

export const share = z.number().min(0).max(1).describe('A share, from 0 to 1')
export const positive = z.number().positive()
export const count = z.int().min(1)
export const lever = z.number().describe('Percent added to the priority factor of the levers')

export const interactionType = z.string().refine(isInteractionType, {
  error:
    'must be an interaction type: decision, impression, click, accept, reject, later, ignore or convert'
})

export const outcome = z
  .enum(['click', 'accept', 'convert'])
  .describe('The interaction that counts as success')

/** A day (its midnight in the strategy's time zone) or an instant; checked against the zone later. */
export const instant = z.string({
  error: 'must be a date such as 2026-01-01 or an instant such as 2026-01-01T09:00:00Z'
})

const NO_SIZE = 'must be a size such as 50GB or 500MB'

/** Bytes: a whole number, or one with a unit. */
export const size = z.union(
  [z.int().min(1), z.string().regex(/^[1-9]\d{0,5}(B|kB|MB|GB|TB)$/, { error: NO_SIZE })],
  { error: NO_SIZE }
)

/** Any JSON; what YAML knows beyond it is refused where the text is rendered. */
export const json = z.unknown()

export const policies = {
  eligibility: condition.optional(),
  applicability: condition.optional(),
  suitability: condition.optional()
}
