import { readable } from './readable.js'
import type { DeskWords } from './texts-en.js'

/** A rule that holds, and what it read by the names in its text. */
export interface HeldRule {
  readonly text: string
  readonly values?: Readonly<Record<string, unknown>> | undefined
}

type WriteNumber = (value: number) => string

/** How one clause is said: the pattern of its text, and its words, given whether it is denied. */
interface Saying {
  readonly pattern: RegExp
  say(groups: readonly string[], words: DeskWords, number: WriteNumber, denied: boolean): string
}

const NAME = String.raw`(?:customer|context)\.(\w+)`
const NUMBER = String.raw`(-?\d+(?:\.\d+)?)`

const SAYINGS: readonly Saying[] = [
  {
    pattern: new RegExp(String.raw`^${NAME} *(>=|>|<=|<|==|!=) *${NUMBER}$`),
    say([name = '', sign = '', value = ''], words, number, denied) {
      return compared(words, denied ? OPPOSITE[sign]! : sign)(readable(name), number(Number(value)))
    }
  },
  {
    pattern: new RegExp(String.raw`^${NAME} *(==|!=) *"([^"]*)"$`),
    say: ([name = '', sign = '', value = ''], words, _, denied) =>
      (sign === '==') === denied
        ? words.isNot(readable(name), readable(value))
        : words.is(readable(name), readable(value))
  },
  {
    pattern: new RegExp(String.raw`^"([^"]*)" in ${NAME}$`),
    say: ([thing = ''], words, _, denied) =>
      denied ? words.hasNot(readable(thing)) : words.has(readable(thing))
  },
  {
    pattern: new RegExp(String.raw`^${NAME} in \[(.*)\]$`),
    say([name = '', list = ''], words, _, denied) {
      const values = readable(list.replace(/"/g, ''))
      return denied ? words.isNot(readable(name), values) : words.oneOf(readable(name), values)
    }
  },
  {
    pattern: /^segment\.(\w+)$/,
    say: ([name = ''], words, _, denied) =>
      denied ? words.notInSegment(readable(name)) : words.inSegment(readable(name))
  },
  {
    pattern: /^seen\("(\w+)", *"(\w+)", *"(\d*)(\w+)"\) *(==|>|>=) *(\d+)$/,
    say([type = '', which = '', count = '', unit = '', sign = '', times = ''], words, _, denied) {
      const window = words.window(count === '' ? '1' : count, unit)
      const isAbsent = (sign === '==' && times === '0') !== denied
      const what = readable(type)
      if (which === 'any') return isAbsent ? words.notSeen(what, window) : words.seen(what, window)
      return isAbsent ? words.notSeenOffer(what, window) : words.seenOffer(what, window)
    }
  },
  {
    pattern: /^tagged\("([^"]*)"\)$/,
    say([topic = ''], words, _, denied) {
      const last = readable(topic.split('/').slice(-2).join('/'))
      return denied ? words.notInterested(last) : words.interested(last)
    }
  },
  {
    pattern: new RegExp(String.raw`^has\(${NAME}\)$`),
    say: ([name = ''], words, _, denied) =>
      denied ? words.notKnown(readable(name)) : words.known(readable(name))
  },
  {
    pattern: new RegExp(`^${NAME}$`),
    say: ([name = ''], words, _, denied) =>
      denied ? words.holdsNot(readable(name)) : words.holds(readable(name))
  }
]

const OPPOSITE: Readonly<Record<string, string>> = {
  '>=': '<',
  '>': '<=',
  '<=': '>',
  '<': '>=',
  '==': '!=',
  '!=': '=='
}

function compared(words: DeskWords, sign: string): (name: string, value: string) => string {
  switch (sign) {
    case '>=':
      return words.atLeast
    case '>':
      return words.above
    case '<=':
      return words.atMost
    case '<':
      return words.below
    case '==':
      return words.is
    default:
      return words.isNot
  }
}

/**
 * What rules that hold say, one sentence a condition, each once. Of alternatives those are said that the recorded values do not deny.
 * A condition that has no words here is said as it is written.
 */
export function sayRules(
  rules: readonly HeldRule[],
  words: DeskWords,
  number: WriteNumber
): string[] {
  const said = rules.flatMap(rule =>
    partsOf(rule.text, '&&').map(clause => sayClause(clause, rule, words, number))
  )
  return [...new Set(said)]
}

/** One condition in words; as it is written where there are none for it. */
function sayClause(clause: string, rule: HeldRule, words: DeskWords, number: WriteNumber): string {
  const text = unwrapped(clause)
  const alternatives = partsOf(text, '||')
  if (alternatives.length > 1) {
    const held = alternatives.filter(each => !isDenied(each, rule.values ?? {}))
    return words.or(held.map(each => sayClause(each, rule, words, number)))
  }
  const parts = partsOf(text, '&&')
  if (parts.length > 1) return parts.map(each => sayClause(each, rule, words, number)).join(', ')
  const denied = text.startsWith('!')
  const plain = unwrapped(denied ? text.slice(1) : text)
  for (const { pattern, say } of SAYINGS) {
    const groups = pattern.exec(plain)
    if (groups !== null) return say(groups.slice(1), words, number, denied)
  }
  return text
}

/** True where the recorded value of a lone yes-or-no alternative says that it was not the one that held. */
function isDenied(alternative: string, values: Readonly<Record<string, unknown>>): boolean {
  return values[unwrapped(alternative)] === false
}

/** The parts of a condition between operators that stand in no brackets and no quotes. */
function partsOf(text: string, operator: '&&' | '||'): string[] {
  const parts: string[] = []
  let depth = 0
  let quoted = false
  let start = 0
  for (let i = 0; i < text.length; i++) {
    const each = text[i]!
    if (each === '"') quoted = !quoted
    if (quoted) continue
    if (each === '(' || each === '[') depth++
    if (each === ')' || each === ']') depth--
    if (depth === 0 && text.startsWith(operator, i)) {
      parts.push(text.slice(start, i).trim())
      start = i + 2
    }
  }
  parts.push(text.slice(start).trim())
  return parts
}

/** Without brackets around the whole. */
function unwrapped(text: string): string {
  const trimmed = text.trim()
  if (!trimmed.startsWith('(') || !trimmed.endsWith(')')) return trimmed
  let depth = 0
  for (let i = 0; i < trimmed.length; i++) {
    if (trimmed[i] === '(') depth++
    if (trimmed[i] === ')' && --depth === 0)
      return i < trimmed.length - 1 ? trimmed : unwrapped(trimmed.slice(1, -1))
  }
  return trimmed
}
