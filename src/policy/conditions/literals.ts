import type { ASTNode } from '@marcbachmann/cel-js'
import { parseDuration } from '../duration.js'
import type { Scope } from './names.js'
import type { Node } from './tree.js'
import { constant } from './types.js'

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/

export function checkTimestamp(
  _ast: ASTNode,
  [arg]: readonly ASTNode[],
  scope: Scope
): Node | undefined {
  const text = textOf(arg!, 'the point in time', scope)
  if (text === undefined) return undefined
  const timeMs = INSTANT.test(text) ? Date.parse(text) : NaN
  if (!Number.isNaN(timeMs) && isCalendarDay(text)) return constant(timeMs, 'timestamp', scope)
  return scope.report(
    arg!,
    `${JSON.stringify(text)} is no point in time; write date, time and zone, as in "2026-03-01T10:00:00Z"`
  )
}

/** Date.parse rolls 30 February over into March; a rule that says so is mistaken. */
function isCalendarDay(text: string): boolean {
  const day = text.slice(0, 10)
  return new Date(`${day}T00:00:00Z`).toISOString().startsWith(day)
}

export function checkDuration(
  _ast: ASTNode,
  [arg]: readonly ASTNode[],
  scope: Scope
): Node | undefined {
  const text = textOf(arg!, 'the duration', scope)
  if (text === undefined) return undefined
  const durationMs = parseDuration(text)
  if (durationMs !== undefined) return constant(durationMs, 'duration', scope)
  return scope.report(
    arg!,
    `${JSON.stringify(text)} is no duration; write whole days, hours, minutes or seconds such as "7d", "24h", "1h30m"`
  )
}

/** An argument that must be written as a text in quotes. */
export function textOf(ast: ASTNode, what: string, scope: Scope): string | undefined {
  if (ast.op === 'value' && typeof ast.args === 'string') return ast.args
  scope.report(ast, `${what} must stand here as a text in quotes`)
  return undefined
}
