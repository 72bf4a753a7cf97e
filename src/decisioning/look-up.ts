import { Refusal } from '../domain/refusal.js'
import { withExplanation } from './answer.js'
import { explainShadows } from './explanation/explain-shadows.js'
import { explainInAnswer, MOST_OUTCOMES, renderExplanation } from './explanation/explain.js'
import type { LegendOf } from './trace/legends.js'
import type { DecisionRecord, DecisionRecords } from './ports.js'
import { unpackTrace, type PackedTrace } from './trace/packed-trace.js'

export interface LookUpDeps {
  readonly records: DecisionRecords
  readonly legendOf: LegendOf
}

/** Which outcomes of an explanation are wanted; at most 200 at a time. */
export interface OutcomePage {
  readonly from: number
  readonly limit: number
}

/** Recorded decisions, for seven days. Both answer JSON text and throw a Refusal for an id without a record. */
export interface DecisionLookUp {
  /** The answer as it was sent, plus `request`. */
  get(id: string): Promise<string>
  /** All candidates with their outcomes, in pages: `next` is where the following page starts. */
  explanation(id: string, page: OutcomePage): Promise<string>
}

export function createDecisionLookUp({ records, legendOf }: LookUpDeps): DecisionLookUp {
  const recordOf = (id: string): Promise<DecisionRecord> => findRecorded(records, id)

  return {
    async get(id) {
      const { answer, request, strategyHash, trace: packed } = await recordOf(id)
      const trace = unpackTrace(packed as PackedTrace)
      // Rendering again gives the text that was sent: both come from the trace and the strategy's legend.
      const explanation =
        trace.explain === 'none' ? undefined : explainInAnswer(trace, await legendOf(strategyHash))
      return `${withExplanation(answer, explanation).slice(0, -1)},"request":${request}}`
    },
    async explanation(id, { from, limit }) {
      const record = await recordOf(id)
      const legend = await legendOf(record.strategyHash)
      const page = { detail: 'full' as const, from, limit: Math.min(limit, MOST_OUTCOMES) }
      const trace = unpackTrace(record.trace as PackedTrace)
      const explanation = renderExplanation(trace, legend, page).slice(1, -1)
      const shadows = from === 0 ? explainShadows(trace, legend) : ''
      return `{"decisionId":${JSON.stringify(record.id)},"decidedAt":"${new Date(record.decidedAtMs).toISOString()}",${explanation}${shadows}}`
    }
  }
}

/** Throws a Refusal for an id without a record. */
export async function findRecorded(
  records: Pick<DecisionRecords, 'get'>,
  id: string
): Promise<DecisionRecord> {
  const record = await records.get(id)
  if (record === undefined)
    throw new Refusal(
      'not_found',
      `There is no decision "${id.slice(0, 80)}"; decisions are kept for 7 days.`
    )
  return record
}
