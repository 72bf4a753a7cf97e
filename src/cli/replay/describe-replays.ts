import type { ReplayReport } from '../../decisioning/replay/replay.js'
import { table, type Paint } from '../paint.js'
import type { ReplaySummary } from './tally.js'

/** A summary in lines for people. */
export function describeReplays(
  { replayed, differing, scores, stages, notReplayable }: ReplaySummary,
  paint: Paint
): string[] {
  const verdict =
    differing === 0 ? paint.green('all come out the same') : paint.red(`${differing} differ`)
  const rows = stages.map(({ stage, decisions, example }) => [
    stage,
    String(decisions),
    exampleText(example)
  ])
  return [
    replayed === 0 ? 'No decision was replayed.' : `${replayed} decisions replayed: ${verdict}`,
    ...(scores.compared === 0
      ? []
      : [
          `Models' scores: ${scores.compared} compared, the largest difference ${Number(scores.largestDifference.toPrecision(2))}`
        ]),
    ...(rows.length === 0
      ? []
      : table(['First difference at', 'decisions', 'for example'], rows, ['decisions'])),
    ...notReplayable.map(({ reason, decisions }) =>
      paint.yellow(`${decisions} cannot be replayed: ${reason}`)
    )
  ]
}

/** Longer values are cut: --json has them whole. */
const LONGEST_VALUE = 60

function exampleText({ decisionId, difference }: ReplayReport): string {
  const { offer, placement, recorded, now } = difference!
  const where = [offer, placement === undefined ? undefined : `in ${placement}`]
  const subject = where.filter(part => part !== undefined).join(' ')
  return `${decisionId}${subject === '' ? '' : ` ${subject}`}: ${valueText(recorded)} → ${valueText(now)}`
}

function valueText(value: unknown): string {
  const text = value === undefined ? 'nothing' : JSON.stringify(value)
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}…` : text
}
