import type { Caller } from '../../domain/caller.js'
import type { DecisionRequest } from '../../domain/decision.js'
import { withExplanation, writeAnswer } from '../answer.js'
import { NO_METERS } from '../replay/archived-strategies.js'
import { readRequest, type Asked } from '../asked.js'
import { choose, type ChooseDeps } from '../choose.js'
import { explainInAnswer } from '../explanation/explain.js'
import { makeKnown, type MakeKnownDeps } from '../make-known.js'
import type { CustomerState, CustomerStore, Log } from '../ports.js'
import type { Learnt } from '../propensity/learnt.js'
import type { Clock } from '../decide.js'
import type { Snapshot, Snapshots } from '../snapshot.js'
import { readChanges, type WhatIfChanges } from './what-if-changes.js'

/** A decision, and what is supposed to be otherwise. */
export interface WhatIfRequest {
  readonly request: DecisionRequest
  readonly changes: WhatIfChanges
}

export interface WhatIfDeps {
  readonly snapshots: Pick<Snapshots, 'current'>
  readonly customers: Pick<CustomerStore, 'peek'>
  readonly learnt: Learnt
  readonly clock: Clock
  readonly log: Log
  /** A new decision id (UUIDv7) for an instant. */
  readonly decisionId: (nowMs: number) => string
  readonly freshId: () => string
}

/**
 * Decides twice about the same customer as loaded once, with the same seed and what was learnt until now: as things are, and as
 * they are supposed to be. Answers `{seed, before, after}` as JSON text, both decisions with their full explanations. Nothing is
 * recorded, reserved, counted or learnt.
 * Throws a Refusal for what the caller did wrong, StoreUnavailable where the customer cannot be read.
 */
export type WhatIf = (asked: WhatIfRequest, caller: Caller) => Promise<string>

/** What both decisions may take together: a person waits for them. */
const PATIENCE_MS = 10_000

/** Decisions in mode test are neither sealed nor promised nor shown to anybody, so none of this is ever asked. */
const UNASKED: Pick<MakeKnownDeps, 'tokens' | 'customers' | 'quotas' | 'recordImpressions'> = {
  tokens: { seal: () => [] },
  customers: { hold: async () => ({ held: true }), release: async () => undefined },
  quotas: { claim: async () => [], release: async () => undefined },
  recordImpressions: async () => true
}

export function createWhatIf(deps: WhatIfDeps): WhatIf {
  return async function whatIf({ request, changes }, caller) {
    const snapshot = deps.snapshots.current()
    const { strategy } = snapshot
    const seed = request.options?.seed ?? deps.freshId()
    const nowMs = deps.clock.wallMs()
    const asked = readRequest(strategy, inModeTest(request), caller, {
      nowMs,
      freshId: deps.freshId
    })
    const supposed = readChanges(strategy, asked, changes)
    const customer = await deps.customers.peek(asked.key, strategy.lexicon)
    const table = deps.learnt.current(strategy)
    const frozen = { ...deps, meters: NO_METERS, learnt: { current: () => table } }
    const decideAs = (as: Snapshot, how: Asked, who: CustomerState): Promise<string> =>
      decideOnPaper(frozen, as, { asked: how, customer: who, seed })
    const before = await decideAs(snapshot, asked, customer)
    const after = await decideAs(
      { ...snapshot, strategy: supposed.strategy, shortlist: undefined },
      supposed.asked,
      supposed.changeCustomer(customer)
    )
    return `{"seed":${JSON.stringify(seed)},"before":${before},"after":${after}}`
  }
}

function inModeTest(request: DecisionRequest): DecisionRequest {
  return { ...request, options: { ...request.options, mode: 'test', explain: 'full' } }
}

/** The steps of every decision, without the store; the answer with its explanation, JSON text. */
async function decideOnPaper(
  deps: ChooseDeps & Pick<WhatIfDeps, 'decisionId'>,
  snapshot: Snapshot,
  {
    asked,
    customer,
    seed
  }: { readonly asked: Asked; readonly customer: CustomerState; readonly seed: string }
): Promise<string> {
  const { monotonicMs } = deps.clock
  const deadline = { atMs: monotonicMs() + PATIENCE_MS / 2, clock: monotonicMs }
  const choice = await choose(deps, snapshot, asked, customer, deadline, seed)
  const decisionId = deps.decisionId(asked.nowMs)
  const chosen = { asked, customer, choice, decisionId }
  const { decision, trace } = await makeKnown({ ...deps, ...UNASKED }, chosen, deadline)
  return withExplanation(writeAnswer(decision, false), explainInAnswer(trace, snapshot.legend))
}
