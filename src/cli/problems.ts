import type { Problem } from '../policy/strategy.js'
import type { Paint } from './paint.js'

/** One problem a line, as compilers print them, so that editors can jump there: file:line:column: error: sentence (hint). */
export function describeProblem(
  { file, line, column, severity, message, hint }: Problem,
  paint: Paint
): string {
  const colour = severity === 'error' ? paint.red : paint.yellow
  return `${paint.bold(`${file}:${line}:${column}:`)} ${colour(`${severity}:`)} ${message}${hint === undefined ? '' : ` (${hint})`}`
}

/** "2 errors and 1 warning"; "no problems" where there is none. */
export function countProblems(problems: readonly Problem[]): string {
  const count = (severity: Problem['severity']) => {
    const found = problems.filter(problem => problem.severity === severity).length
    return found === 0 ? [] : [`${found} ${severity}${found === 1 ? '' : 's'}`]
  }
  return [...count('error'), ...count('warning')].join(' and ') || 'no problems'
}
