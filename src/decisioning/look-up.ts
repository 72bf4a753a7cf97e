import type { Caller } from '../domain/caller.js'
import type { CustomerKey } from '../domain/customer.js'
import type { DecisionRequest } from '../domain/decision.js'
import { Refusal } from '../domain/refusal.js'
import { withExplanation } from './answer.js'
import { barredFrom } from './customers/customer-key.js'
import { maskRequest, seesMasked, type PersonalWords } from './customers/mask-personal.js'
import { explainShadows } from './explanation/explain-shadows.js'
import { explainInAnswer, MOST_OUTCOMES, renderExplanation } from './explanation/explain.js'
import type { LegendOf } from './trace/legends.js'
import type { DecisionRecord, DecisionRecords } from './ports.js'
import { unpackTrace, type PackedTrace } from './trace/packed-trace.js'

export interface LookUpDeps {
  readonly records: DecisionRecords
  readonly legendOf: LegendOf
  readonly snapshots: { current: () => { readonly strategy: PersonalWords } }
}

/** Which outcomes of an explanation are wanted; at most 200 at a time. */
export interface OutcomePage {
  readonly from: number
  readonly limit: number
}

/**
 * Recorded decisions, for seven days. Both answer JSON text and throw a Refusal for an id without a record, and for one about a customer
 * whom the caller's key does not reach.
 */
export interface DecisionLookUp {
  /** The answer as it was sent, plus `request`, of which callers without the right to see them get personal values masked. */
  get(id: string, caller: Caller): Promise<string>
  /** All candidates with their outcomes, in pages: `next` is where the following page starts. */
  explanation(id: string, page: OutcomePage, caller: Caller): Promise<string>
}

export function createDecisionLookUp({ records, legendOf, snapshots }: LookUpDeps): DecisionLookUp {
  return {
    async get(id, caller) {
      const record = await findRecorded(records, id, caller)
      const { answer, strategyHash, trace: packed } = record
      const trace = unpackTrace(packed as PackedTrace)
      // Rendering again gives the text that was sent: both come from the trace and the strategy's legend.
      const explanation =
        trace.explain === 'none' ? undefined : explainInAnswer(trace, await legendOf(strategyHash))
      return `${withExplanation(answer, explanation).slice(0, -1)},"request":${requestFor(record, caller)}}`
    },
    async explanation(id, { from, limit }, caller) {
      const record = await findRecorded(records, id, caller)
      const legend = await legendOf(record.strategyHash)
      const page = { detail: 'full' as const, from, limit: Math.min(limit, MOST_OUTCOMES) }
      const trace = unpackTrace(record.trace as PackedTrace)
      const explanation = renderExplanation(trace, legend, page).slice(1, -1)
      const shadows = from === 0 ? explainShadows(trace, legend) : ''
      return `{"decisionId":${JSON.stringify(record.id)},"decidedAt":"${new Date(record.decidedAtMs).toISOString()}",${explanation}${shadows}}`
    }
  }

  function requestFor({ request }: DecisionRecord, caller: Caller): string {
    if (!seesMasked(caller)) return request
    const { strategy } = snapshots.current()
    return JSON.stringify(maskRequest(JSON.parse(request) as DecisionRequest, strategy))
  }
}

/** Throws a Refusal for an id without a record, and for a customer in a namespace that the caller's key does not reach. */
export async function findRecorded(
  records: Pick<DecisionRecords, 'get'>,
  id: string,
  caller: Caller
): Promise<DecisionRecord> {
  const record = await records.get(id)
  if (record === undefined)
    throw new Refusal(
      'not_found',
      `There is no decision "${id.slice(0, 80)}"; decisions are kept for 7 days.`
    )
  const barred =
    caller.namespaces === undefined ? undefined : barredFrom(customerOf(record), caller)
  if (barred !== undefined) throw new Refusal('forbidden', barred)
  return record
}

function customerOf({ answer }: DecisionRecord): CustomerKey {
  return (JSON.parse(answer) as { readonly customer: CustomerKey }).customer
}
