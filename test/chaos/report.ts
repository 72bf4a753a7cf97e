import type { ChaosResult } from './chaos.js'
import { checkEvents } from './checks/events.js'
import { checkTimes } from './checks/timely.js'
import { linesOf } from './history.js'

const MOST_SHOWN = 8

/** What a run came to, as a table and in sentences: the first violations of each kind, and how many there are. */
export function reportOf({ verdict, history, notPossible }: ChaosResult, seed: number): string {
  const rows = verdict.rows.map(
    ({ fault, asked, measured, violations }) =>
      `| ${fault} | ${asked} | ${measured} | ${violations.length === 0 ? 'held' : violations.length} | ${seed} |`
  )
  const { acknowledged } = checkEvents(history)
  const decisions = linesOf(history, 'decide').length
  const { judged, answered } = checkTimes(history)
  return [
    '',
    '| fault | asked | measured | violations | seed |',
    '|---|---|---|---|---|',
    ...rows,
    '',
    `I5 is judged by ${judged} of ${answered} answers: at the others the machine was too busy to tell.`,
    ...(linesOf(history, 'memory').length > 0
      ? []
      : ['I6 is not judged: that takes a run of two minutes.']),
    `${decisions} decisions, ${acknowledged} events and impressions acknowledged, ${linesOf(history, 'stored').length} stored.`,
    ...Object.entries(verdict.invariants).flatMap(([name, violations]) => said(name, violations)),
    ...verdict.rows.flatMap(({ fault, violations }) =>
      violations.length === 0 ? [] : said(fault, violations)
    ),
    ...(notPossible.length === 0
      ? []
      : [`Not possible on this machine: ${notPossible.join(', ')}.`])
  ].join('\n')
}

function said(name: string, violations: readonly string[]): string[] {
  if (violations.length === 0) return [`${name}: held`]
  const more = violations.length - MOST_SHOWN
  return [
    `${name}: ${violations.length} violations`,
    ...violations.slice(0, MOST_SHOWN).map(violation => `   ${violation}`),
    ...(more > 0 ? [`   and ${more} more`] : [])
  ]
}
