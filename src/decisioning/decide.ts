import type { Caller } from '../domain/caller.js'
import type { Decision, DecisionRequest, StageTimings } from '../domain/decision.js'
import { StoreUnavailable } from '../domain/refusal.js'
import { withExplanation, writeAnswer } from './answer.js'
import { askedAgain, readRequest, type Again, type Asked } from './asked.js'
import { choose, type Choice } from './choose.js'
import { LATE, within, type Deadline } from './deadline.js'
import { noteExposures } from './experiments/experiments.js'
import { explainInAnswer } from './explanation/explain.js'
import type { Learnt } from './propensity/learnt.js'
import { makeKnown, type MakeKnownDeps } from './make-known.js'
import type {
  CustomerState,
  CustomerStore,
  DecisionRecords,
  Exposures,
  Journal,
  LearningStore,
  Log,
  Meters,
  QuotaStore
} from './ports.js'
import { freshNote } from './journal/journal-note.js'
import { journalled, mustWait } from './journal/journalled.js'
import { recordImpressions } from './events/record-impressions.js'
import { completed, preparation, recordedAnswer } from './replay/recorded-answer.js'
import { noteForReplay } from './replay/replay-note.js'
import { createShadows } from './propensity/shadows.js'
import type { Snapshot, Snapshots } from './snapshot.js'
import type { Tokens } from './tokens.js'
import { packTrace } from './trace/packed-trace.js'

export interface DecideDeps {
  readonly snapshots: Snapshots
  readonly customers: CustomerStore
  readonly quotas: QuotaStore
  readonly records: DecisionRecords
  readonly exposures: Exposures
  readonly journal: Journal
  readonly learning: Pick<LearningStore, 'append'>
  readonly learnt: Learnt
  readonly tokens: Tokens
  readonly meters: Meters
  readonly log: Log
  readonly clock: Clock
  /** A new decision id (UUIDv7) for an instant. */
  readonly decisionId: (nowMs: number) => string
  readonly eventId: () => string
}

export interface Clock {
  /** Milliseconds since 1970. */
  wallMs(): number
  /** Milliseconds that never go back, for durations and deadlines. */
  monotonicMs(): number
}

export interface DecideResult {
  readonly decision: Decision
  readonly timings: StageTimings
  /** The JSON text of the answer, in the caller's view. */
  readonly body: string
}

export interface DecideOptions {
  /** The request as it came, JSON text, for the record; written anew when absent. */
  readonly requestText?: string | undefined
  readonly again?: Again | undefined
  /** The decision's id (UUIDv7), named by who must be able to take back what it reserved; a fresh one when absent. */
  readonly decisionId?: string | undefined
}

/**
 * Decides what to offer a customer now.
 * @param receivedAtMs when the request arrived, on the monotonic clock; its timeoutMs counts from there
 * @throws Refusal for what the caller did wrong; everything else that goes wrong shows in `degraded`
 */
export type Decide = (
  request: DecisionRequest,
  caller: Caller,
  receivedAtMs: number,
  options?: DecideOptions
) => Promise<DecideResult>

/** @param noteShadows to be shared by all that decide in one process: shadows have one share of its time */
export function createDecide(deps: DecideDeps, noteShadows = createShadows(deps)): Decide {
  const { snapshots, records, clock } = deps
  const promising: MakeKnownDeps = {
    ...deps,
    recordImpressions: (...given) => recordImpressions(deps, ...given)
  }

  return async function decide(request, caller, receivedAtMs, options) {
    const snapshot = snapshots.current()
    const read = readRequest(snapshot.strategy, request, caller, {
      nowMs: clock.wallMs(),
      freshId: deps.eventId
    })
    const asked = options?.again === undefined ? read : askedAgain(read, options.again)
    const deadline = { atMs: receivedAtMs + asked.timeoutMs, clock: clock.monotonicMs }

    const whenFull = asked.live ? snapshot.strategy.journal?.whenFull : undefined
    const waits = mustWait(deps.journal, whenFull)
    const customer = waits ? undefined : await loadCustomer(deps, snapshot, asked, deadline)
    const loadedAtMs = clock.monotonicMs()
    const decisionId = options?.decisionId ?? deps.decisionId(asked.nowMs)
    const seed = asked.seed ?? decisionId
    const chosenFor = await choose(deps, snapshot, asked, customer, deadline, seed)
    const choice = waits ? { ...chosenFor, degraded: ['journal'] } : chosenFor
    const chosen = { asked, customer, choice, decisionId }
    const told = await makeKnown(promising, chosen, deadline)
    const { decision, trace, held } = told

    const answer = writeAnswer(decision, caller.publishable)
    if (asked.live) {
      const shadows = noteShadows(held)
      records.append({
        id: decision.id,
        decidedAtMs: decision.decidedAtMs,
        strategyHash: snapshot.hash,
        prepare: preparation(trace, shadows),
        packAnswer: () => recordedAnswer(answer, decision, trace, caller.publishable),
        request: options?.requestText ?? JSON.stringify(request),
        packTrace: () => packTrace({ ...trace, shadows: shadows?.scores() ?? [] }),
        journal: freshNote(() => completed(decision, trace), held, waits ? undefined : whenFull),
        packReplay: () =>
          noteForReplay(deps.customers, {
            publishable: caller.publishable,
            customer,
            told,
            again: options?.again
          })
      })
      noteExposures(deps.exposures, choice, customer)
    }
    const body = withExplanation(answer, explainInAnswer(trace, snapshot.legend))
    const timings = timingsOf(choice, receivedAtMs, loadedAtMs, clock.monotonicMs())
    meter(deps.meters, decision, timings)
    return { decision, timings, body }
  }
}

/** Loads the customer in one command, with the request's events applied; undefined when the store does not answer in time. */
async function loadCustomer(
  deps: DecideDeps,
  snapshot: Snapshot,
  asked: Asked,
  deadline: Deadline
): Promise<CustomerState | undefined> {
  const { customers, log } = deps
  const { lexicon } = snapshot.strategy
  const loading =
    asked.live && asked.events.length > 0
      ? journalled(deps.journal, snapshot.strategy, asked.events, () =>
          customers.appendAndLoad(asked.events, asked.key, lexicon)
        )
      : customers.load(asked.key, lexicon)
  try {
    const loaded = await within(loading, deadline)
    return loaded === LATE ? undefined : loaded
  } catch (error) {
    if (!(error instanceof StoreUnavailable))
      log.error({ err: error }, 'a customer could not be loaded')
    return undefined
  }
}

function timingsOf(
  choice: Choice,
  receivedAtMs: number,
  loadedAtMs: number,
  doneAtMs: number
): StageTimings {
  const { policyMs, modelMs } = choice
  return {
    profile: loadedAtMs - receivedAtMs,
    policy: policyMs,
    model: modelMs,
    arbitrate: doneAtMs - loadedAtMs - policyMs - modelMs,
    total: doneAtMs - receivedAtMs
  }
}

function meter(meters: Meters, decision: Decision, timings: StageTimings): void {
  const fellBack = decision.placements.some(({ fallback }) => fallback)
  meters.decided(decision.channel, decision.degraded, fellBack)
  meters.stageTook('profile', timings.profile / 1000)
  meters.stageTook('policy', timings.policy / 1000)
  meters.stageTook('model', timings.model / 1000)
  meters.stageTook('arbitrate', timings.arbitrate / 1000)
  meters.stageTook('total', timings.total / 1000)
}
