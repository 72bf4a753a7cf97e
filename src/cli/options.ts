import { parseArgs, type ParseArgsConfig } from 'node:util'
import type { PlacementRequest } from '../domain/decision.js'
import { nearest } from '../domain/nearest.js'
import { UsageRefused } from './shell.js'

type OptionTypes = NonNullable<ParseArgsConfig['options']>

/** Every command that reads a strategy takes these. */
export const STRATEGY_OPTIONS = {
  rules: { type: 'string' },
  models: { type: 'string' },
  help: { type: 'boolean', short: 'h' }
} as const satisfies OptionTypes

/** What each of them says in a help text. */
export const STRATEGY_HELP = `  --rules DIR          the strategy's files (OFFERD_RULES, else rules)
  --models DIR         the models it names (OFFERD_MODELS, else models)
  -h, --help           this page`

/** Parses the words of one command. Throws UsageRefused with the nearest option where one was misspelt. */
export function parseOptions<T extends OptionTypes>(words: readonly string[], options: T) {
  try {
    return parseArgs({ args: [...words], options, allowPositionals: true, strict: true })
  } catch (error) {
    throw new UsageRefused(sentenceOf(error, Object.keys(options)))
  }
}

function sentenceOf(error: unknown, names: readonly string[]): string {
  if (!(error instanceof TypeError)) throw error
  const [, unknown] = /^Unknown option '--?([^']+)'/.exec(error.message) ?? []
  if (unknown === undefined) return error.message.replaceAll('\n', ' ')
  const meant = nearest(unknown, names)
  return `there is no option --${unknown}${meant === undefined ? '' : `; did you mean --${meant}?`}`
}

/** `name=value` pairs; a value that reads as JSON (a number, true, a list) is that, anything else is text. */
export function readPairs(pairs: readonly string[], option: string): Record<string, unknown> {
  return Object.fromEntries(
    pairs.map(pair => {
      const at = pair.indexOf('=')
      if (at < 1) throw new UsageRefused(`--${option} takes NAME=VALUE, not "${pair}"`)
      return [pair.slice(0, at), readValue(pair.slice(at + 1))]
    })
  )
}

/** What a text is: a number, true, a list where it reads as JSON, else itself. */
export function readValue(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Not JSON: plain text, as in device=mobile.
    return text
  }
}

/** A placement as `ID` or `ID:COUNT`. */
export function readPlacement(text: string): PlacementRequest {
  const [, id = '', count] = /^(.+?)(?::(\d+))?$/.exec(text) ?? []
  return { id, count: count === undefined ? undefined : Number(count) }
}

/** The character that --separator names: itself, or the word tab. A comma when absent. */
export function readSeparator(text = ','): string {
  if (text === 'tab' || text === '\t') return '\t'
  if (/^[^"\s]$/u.test(text) && text.length === 1) return text
  throw new UsageRefused(`--separator takes one character or the word tab, not "${text}"`)
}

/** A whole number within bounds. Throws UsageRefused. */
export function readWholeNumber(
  text: string,
  option: string,
  { least, most }: { readonly least: number; readonly most: number }
): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (value >= least && value <= most) return value
  throw new UsageRefused(`--${option} takes a whole number from ${least} to ${most}, not "${text}"`)
}
