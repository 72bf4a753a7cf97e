import type { z } from 'zod'
import { nearest } from '../domain/nearest.js'
import { type Problems, shorten } from './problems.js'
import type { YamlNode } from './yaml-node.js'

type Issue = z.core.$ZodIssue

/** Checks a value's shape; what is wrong goes to `problems`, each at its own place. `label` is the path of the node. */
export function checkShape<T>(
  schema: z.ZodType<T>,
  node: YamlNode,
  label: string,
  problems: Problems
): T | undefined {
  const result = schema.safeParse(node.value)
  if (result.success) return result.data
  for (const issue of result.error.issues) tell(issue, node, label, problems)
  return undefined
}

function tell(issue: Issue, node: YamlNode, label: string, problems: Problems): void {
  const at = [label, ...issue.path.map(String)]
    .filter(step => step !== '')
    .map(shorten)
    .join('.')
  const found = node.at(...issue.path)
  if (found?.refused === true) return
  const branch = issue.code === 'invalid_union' ? branchOf(issue) : undefined
  if (issue.code === 'unrecognized_keys') {
    for (const key of issue.keys) tellUnknownKey(key, issue.message, found ?? node, at, problems)
  } else if (issue.code === 'invalid_key') {
    problems.error(
      (found ?? node).keyPlace,
      `the name "${at}" ${issue.issues[0]?.message ?? 'is not allowed'}`
    )
  } else if (found === undefined) {
    const owner = node.at(...issue.path.slice(0, -1)) ?? node
    const name = shorten(String(issue.path.at(-1) ?? ''))
    const of = at === name ? '' : ` in ${at.slice(0, -name.length - 1)}`
    problems.error(owner.keyPlace, `"${name}" is missing${of}`)
  } else if (branch !== undefined) {
    for (const inner of branch) tell(inner, found, at, problems)
  } else {
    problems.error(
      found.place,
      `${at === '' ? 'the file' : at} ${endOf(issue)}`,
      hintOf(issue, found)
    )
  }
}

/** `known`: the names of the keys that the map may have, as text. */
function tellUnknownKey(
  key: string,
  known: string,
  owner: YamlNode,
  at: string,
  problems: Problems
): void {
  const place = owner.at(key)?.keyPlace ?? owner.keyPlace
  const sentence = `${at === '' ? 'there is' : `${at} has`} no key "${shorten(key)}"; known are ${known}`
  problems.error(place, sentence, nearest(key, known.split(', ')))
}

/** Of a union's alternatives the one that the value was meant to be: the only one whose own kind of value it is. */
function branchOf(issue: Extract<Issue, { code: 'invalid_union' }>): readonly Issue[] | undefined {
  const inside = issue.errors.filter(branch =>
    branch.every(inner => inner.path.length > 0 || inner.code === 'unrecognized_keys')
  )
  return inside.length === 1 ? inside[0] : undefined
}

/** The end of the sentence that begins with the path. Messages of our own schemas are such ends already. */
function endOf(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return isOwn(issue.message)
        ? issue.message
        : `must be ${KINDS[issue.expected] ?? issue.expected}`
    case 'invalid_value':
      return issue.values.length === 1
        ? `must be ${String(issue.values[0])}`
        : `must be one of ${issue.values.map(String).join(', ')}`
    case 'too_small':
    case 'too_big':
      return isOwn(issue.message) ? issue.message : `must ${boundOf(issue)}`
    case 'invalid_union':
      return isOwn(issue.message)
        ? issue.message
        : `must be one of ${(issue as { options?: readonly unknown[] }).options?.map(String).join(', ') ?? 'the kinds that are allowed here'}`
    default:
      return isOwn(issue.message) ? issue.message : 'is not allowed here'
  }
}

const KINDS: Readonly<Record<string, string>> = {
  array: 'a list',
  boolean: 'true or false',
  int: 'a whole number',
  number: 'a number',
  object: 'a map',
  record: 'a map',
  string: 'text (put it in quotes if it is)'
}

function isOwn(message: string): boolean {
  return /^(must|is) /.test(message)
}

function boundOf(issue: Extract<Issue, { code: 'too_small' | 'too_big' }>): string {
  const bound = Number(issue.code === 'too_small' ? issue.minimum : issue.maximum)
  const least = issue.code === 'too_small'
  if (issue.origin === 'array')
    return `have ${least ? 'at least' : 'at most'} ${bound} ${bound === 1 ? 'entry' : 'entries'}`
  if (issue.origin === 'string')
    return least && bound === 1
      ? 'not be empty'
      : `have ${least ? 'at least' : 'at most'} ${bound} characters`
  if (issue.inclusive === false) return `be ${least ? 'greater' : 'less'} than ${bound}`
  return `be at ${least ? 'least' : 'most'} ${bound}`
}

function hintOf(issue: Issue, found: YamlNode): string | undefined {
  if (typeof found.value !== 'string') return undefined
  if (issue.code === 'invalid_value') return nearest(found.value, issue.values.map(String))
  const options = (issue as { options?: readonly unknown[] }).options
  return options === undefined ? undefined : nearest(found.value, options.map(String))
}
