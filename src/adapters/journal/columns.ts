import { customerText, type CustomerKey } from '../../domain/customer.js'
import type { CustomerEvent } from '../../domain/interaction.js'
import type { JournalDecision } from '../../domain/journal.js'
import type { JournalSegment } from '../../decisioning/ports.js'
import { pseudonymOf, seal } from './seal.js'

/** A row of a segment: plain values in the order of its table's columns; null where there is nothing. */
type Row = readonly unknown[]

/** What one kind of file holds. */
export interface Table {
  /** Its columns as SQL declares them. */
  readonly columns: string
  /** What makes two rows one. */
  readonly key: string
  rowsOf(segment: JournalSegment): Row[]
}

export type Kind = 'decisions' | 'events'

/**
 * The columns of both kinds. `customer` is a pseudonym (seal.ts), `recorded` when the row came to the journal. Features, facts and
 * limits are JSON text, since their names are the strategy's.
 */
export const TABLES: Readonly<Record<Kind, Table>> = {
  decisions: {
    columns: `id VARCHAR, recorded TIMESTAMP, time TIMESTAMP, namespace VARCHAR, customer VARCHAR, channel VARCHAR,
      strategy VARCHAR, strategy_hash VARCHAR, holdout BOOLEAN, control BOOLEAN,
      experiments STRUCT(experiment VARCHAR, arm VARCHAR)[], degraded VARCHAR[],
      candidates STRUCT(offer VARCHAR, outcome VARCHAR, rank INTEGER, p DOUBLE, c DOUBLE, v DOUBLE, l DOUBLE,
        priority DOUBLE, model VARCHAR)[],
      filling STRUCT(slots STRUCT(placement VARCHAR, count INTEGER)[], rooms INTEGER[], "groupLimit" INTEGER),
      placed STRUCT(placement VARCHAR, rank INTEGER, offer VARCHAR, treatment VARCHAR, fallback BOOLEAN,
        priority DOUBLE, propensity DOUBLE, source VARCHAR, probability DOUBLE)[],
      scores STRUCT(model VARCHAR, shadow BOOLEAN, offer VARCHAR, score DOUBLE)[],
      features VARCHAR, facts VARCHAR, history_length INTEGER, history_hash VARCHAR, limits VARCHAR, sealed BLOB`,
    key: 'id',
    rowsOf: segment => rowsOf(segment, ({ decisions }) => decisions, decisionRow)
  },
  events: {
    columns: `source VARCHAR, id VARCHAR, recorded TIMESTAMP, time TIMESTAMP, namespace VARCHAR, customer VARCHAR,
      type VARCHAR, offer VARCHAR, treatment VARCHAR, placement VARCHAR, channel VARCHAR, decision_id VARCHAR,
      value DOUBLE, until TIMESTAMP, sealed BLOB`,
    key: 'customer, source, id',
    rowsOf: segment => rowsOf(segment, ({ events }) => events, eventRow)
  }
}

/** What every row says of its customer, and when it was recorded. */
interface Head {
  readonly recorded: Date
  readonly customer: string
  readonly key: Buffer
}

/** What is of a customer without a key, an erased one, is left out. */
function rowsOf<T extends { readonly customer: CustomerKey }>(
  { parts, keys }: JournalSegment,
  of: (part: JournalSegment['parts'][number]) => readonly T[],
  row: (item: T, head: Head) => Row
): Row[] {
  return parts.flatMap(part => {
    const recorded = new Date(part.recordedMs)
    return of(part).flatMap(item => {
      const key = keys.get(customerText(item.customer))
      return key === undefined ? [] : [row(item, { recorded, key, customer: pseudonymOf(key) })]
    })
  })
}

function decisionRow(decision: JournalDecision, { recorded, customer, key }: Head): Row {
  const { personal } = decision
  return [
    decision.id,
    recorded,
    new Date(decision.timeMs),
    decision.customer.namespace,
    customer,
    decision.channel,
    decision.strategy,
    decision.strategyHash,
    decision.holdout,
    decision.control,
    Object.entries(decision.experiments).map(([experiment, arm]) => ({ experiment, arm })),
    decision.degraded,
    decision.candidates,
    decision.filling,
    decision.placed,
    decision.scores,
    JSON.stringify(decision.features),
    JSON.stringify(decision.facts),
    decision.historyLength,
    decision.historyHash,
    JSON.stringify(decision.limits),
    seal({ customer: decision.customer, ...personal }, key)
  ]
}

/** Reason and data are free text, so they count as personal. */
function eventRow(event: CustomerEvent, { recorded, customer, key }: Head): Row {
  const { reason, data } = event
  return [
    event.source,
    event.id,
    recorded,
    new Date(event.timeMs),
    event.customer.namespace,
    customer,
    event.type,
    event.offerId ?? null,
    event.treatmentId ?? null,
    event.placement ?? null,
    event.channel ?? null,
    event.decisionId ?? null,
    event.value ?? null,
    event.untilMs === undefined ? null : new Date(event.untilMs),
    seal({ customer: event.customer, reason, data }, key)
  ]
}
