import type { DecisionRequest } from '../../domain/decision.js'
import { Refusal } from '../../domain/refusal.js'
import type { Legend } from '../trace/legend.js'
import { unpackTrace, type PackedTrace } from '../trace/packed-trace.js'
import type { DecisionRecord } from '../ports.js'
import type { ReplayNote } from './replay-note.js'
import type { Trace } from '../trace/trace.js'

/** What comparing reads of an answer's body. */
export interface AnswerBody {
  readonly decisionId: string
  readonly strategy: { readonly version: number; readonly hash: string }
  readonly customer: {
    readonly known: boolean
    readonly holdout: boolean
    readonly control: boolean
    readonly experiments: Readonly<Record<string, string>>
  }
  readonly placements: ReadonlyArray<{
    readonly id: string
    readonly fallback: boolean
    readonly offers: ReadonlyArray<Readonly<Record<string, unknown>> & { readonly offerId: string }>
  }>
  readonly degraded: readonly string[]
}

/** A decision as it can be compared: recorded, or made again. */
export interface MadeDecision {
  readonly answer: AnswerBody
  readonly trace: Trace
  readonly legend: Legend
}

/** A recorded decision with all that it was made of. */
export interface RecordedDecision extends MadeDecision {
  readonly decidedAtMs: number
  readonly request: DecisionRequest
  readonly note: ReplayNote
}

/** Reads a record. Throws a Refusal where it does not hold what a replay needs. */
export function readRecorded(record: DecisionRecord, legend: Legend): RecordedDecision {
  if (record.replay === undefined) {
    throw new Refusal(
      'not_allowed',
      'This decision was recorded by the release before, without what it was made of, and cannot be replayed.'
    )
  }
  return {
    answer: JSON.parse(record.answer) as AnswerBody,
    trace: unpackTrace(record.trace as PackedTrace),
    legend,
    decidedAtMs: record.decidedAtMs,
    request: JSON.parse(record.request) as DecisionRequest,
    note: record.replay as ReplayNote
  }
}
