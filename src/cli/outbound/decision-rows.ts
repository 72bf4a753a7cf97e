import type { Activation } from '../../domain/decision.js'
import type { ColumnTypes } from '../../decisioning/ports.js'
import type { ListAnswer } from './list-answer.js'

/** A decision and the row of the list that asked for it. */
export interface DecidedRow {
  readonly line: number
  readonly channel: string
  /** When its offers count as shown, where the row says so. */
  readonly activate: Activation | undefined
  readonly answer: ListAnswer
}

/** The columns of tables of decisions: one row an offer, and one for a placement without any. */
export const DECISION_COLUMNS = {
  line: 'integer',
  namespace: 'text',
  customer: 'text',
  decision_id: 'text',
  decided_at: 'time',
  channel: 'text',
  placement: 'text',
  rank: 'integer',
  offer_id: 'text',
  treatment_id: 'text',
  fallback: 'boolean',
  priority: 'number',
  propensity: 'number',
  probability: 'number',
  expires_at: 'time',
  content: 'text',
  token: 'text',
  degraded: 'text'
} as const satisfies ColumnTypes

/** The header of a CSV file of decisions, with its line end. */
export const CSV_HEADER = `${Object.keys(DECISION_COLUMNS).join(',')}\n`

/** Decisions as JSON lines: the answer of the service, with the line of the list before it. */
export function linesOf(decided: readonly DecidedRow[]): string {
  return decided.map(({ line, answer }) => `${JSON.stringify({ line, ...answer })}\n`).join('')
}

/** Decisions as rows of a CSV file, without its header. */
export function csvOf(decided: readonly DecidedRow[]): string {
  return decided
    .flatMap(cellsOf)
    .map(cells => `${cells.map(quotedCell).join(',')}\n`)
    .join('')
}

type Cell = string | number | boolean | null | undefined

/** In the order of DECISION_COLUMNS. */
function cellsOf({ line, channel, answer }: DecidedRow): Cell[][] {
  const { customer, decisionId, decidedAt, placements } = answer
  const start = [line, customer.namespace, customer.id, decisionId, decidedAt, channel]
  const degraded = answer.degraded.join(' ')
  return placements.flatMap(({ id, fallback, offers }) => {
    if (offers.length === 0)
      return [[...start, id, ...new Array<Cell>(10).fill(undefined), degraded]]
    return offers.map(offer => [
      ...start,
      id,
      offer.rank,
      offer.offerId,
      offer.treatmentId,
      fallback,
      offer.priority,
      offer.propensity?.value,
      offer.probability,
      offer.expiresAt,
      JSON.stringify(offer.content),
      offer.token,
      degraded
    ])
  })
}

function quotedCell(cell: Cell): string {
  const text = cell === null || cell === undefined ? '' : String(cell)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
