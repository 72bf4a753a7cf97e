import { CommandRefused } from '../shell.js'

/** Texts whose opposite is known, the positive one first. */
const PAIRS = [
  ['yes', 'no'],
  ['true', 'false'],
  ['1', '0'],
  ['y', 'n']
] as const
const SHOWN = 6

/**
 * 1 for rows with the positive answer, 0 for the others.
 * @param wanted the positive answer, where somebody said which it is
 * @param name of the target, for messages
 */
export function labelsOf(
  answers: readonly string[],
  wanted: string | undefined,
  name: string
): { labels: Uint8Array; positive: string } {
  const counts = new Map<string, number>()
  for (const answer of answers) counts.set(answer, (counts.get(answer) ?? 0) + 1)
  const seen = [...counts].sort(([, a], [, b]) => b - a)
  if (counts.size !== 2)
    throw new CommandRefused(
      `${name} must have two values to be a target, but has ${counts.size}: ${shownCounts(seen)}`
    )
  const values = seen.map(([value]) => value)
  const positive = wanted ?? positiveOf(values)
  if (positive === undefined)
    throw new CommandRefused(
      `${name} is ${values.join(' or ')}; say which of them is the positive answer with --positive`
    )
  if (!counts.has(positive))
    throw new CommandRefused(`${name} is never "${positive}"; it is ${values.join(' or ')}`)
  return { labels: Uint8Array.from(answers, answer => (answer === positive ? 1 : 0)), positive }
}

function positiveOf(values: readonly string[]): string | undefined {
  for (const [yes, no] of PAIRS) {
    const positive = values.find(value => value.toLowerCase() === yes)
    if (positive !== undefined && values.some(value => value.toLowerCase() === no)) return positive
  }
  return undefined
}

function shownCounts(seen: ReadonlyArray<readonly [string, number]>): string {
  const shown = seen.slice(0, SHOWN).map(([value, count]) => `"${value}" (${count} rows)`)
  return [...shown, ...(seen.length > SHOWN ? [`and ${seen.length - SHOWN} more`] : [])].join(', ')
}
