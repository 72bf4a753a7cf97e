import type { Caller } from '../domain/caller.js'
import type { Decision, DecisionRequest, StageTimings } from '../domain/decision.js'
import { StoreUnavailable } from '../domain/refusal.js'
import { withExplanation, writeAnswer } from './answer.js'
import { readRequest, type Asked } from './asked.js'
import { choose, type Choice } from './choose.js'
import { LATE, within, type Deadline } from './deadline.js'
import { armNames, noteExposures } from './experiments.js'
import { explainInAnswer } from './explain.js'
import { strictLimitsOf, type Chosen } from './hold-limits.js'
import { sealOffers, withEstimates } from './place-offers.js'
import type {
  CustomerState,
  CustomerStore,
  DecisionRecords,
  Exposures,
  FreshRecord,
  Journal,
  Log,
  Meters,
  QuotaStore
} from './ports.js'
import { freshNote } from './journal-note.js'
import { journalled, mustWait } from './journalled.js'
import { recordImpressions } from './record-impressions.js'
import { settle } from './settle.js'
import { createShadows, type ShadowTask } from './shadows.js'
import type { Snapshot, Snapshots } from './snapshot.js'
import type { Tokens } from './tokens.js'
import { packTrace } from './packed-trace.js'
import type { Trace } from './trace.js'

export interface DecideDeps {
  readonly snapshots: Snapshots
  readonly customers: CustomerStore
  readonly quotas: QuotaStore
  readonly records: DecisionRecords
  readonly exposures: Exposures
  readonly journal: Journal
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

export function createDecide(deps: DecideDeps): Decide {
  const { snapshots, records, clock } = deps
  const noteShadows = createShadows(deps)

  return async function decide(request, caller, receivedAtMs, options) {
    const snapshot = snapshots.current()
    const asked = readRequest(snapshot.strategy, request, caller, {
      nowMs: clock.wallMs(),
      freshId: deps.eventId
    })
    const deadline = { atMs: receivedAtMs + asked.timeoutMs, clock: clock.monotonicMs }

    const whenFull = asked.live ? snapshot.strategy.journal?.whenFull : undefined
    const waits = mustWait(deps.journal, whenFull)
    const customer = waits ? undefined : await loadCustomer(deps, snapshot, asked, deadline)
    const loadedAtMs = clock.monotonicMs()
    const decisionId = deps.decisionId(asked.nowMs)
    const seed = asked.seed ?? decisionId
    const chosenFor = await choose(deps, snapshot, asked, customer, deadline, seed)
    const choice = waits ? { ...chosenFor, degraded: ['journal'] } : chosenFor
    const chosen = { asked, customer, choice, decisionId }
    const { decision, trace, held } = await makeKnown(deps, chosen, deadline)

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
        journal: freshNote(() => completed(decision, trace), held, waits ? undefined : whenFull)
      })
      noteExposures(deps.exposures, choice, customer)
    }
    const body = withExplanation(answer, explainInAnswer(trace, snapshot.legend))
    const timings = timingsOf(choice, receivedAtMs, loadedAtMs, clock.monotonicMs())
    meter(deps.meters, decision, timings)
    return { decision, timings, body }
  }
}

/** How probabilities that take long are worked out, and what shadows think, where there are any. */
function preparation(
  { exploration }: Trace,
  shadows: ShadowTask | undefined
): FreshRecord['prepare'] {
  const estimate =
    exploration?.method === 'thompson' ? exploration.estimation?.finishInTurns : undefined
  if (shadows === undefined) return estimate
  return async () => {
    await shadows.score()
    await estimate?.()
  }
}

/** What is kept of an answer: where probabilities were not known in time, with them. */
function recordedAnswer(
  sent: string,
  decision: Decision,
  trace: Trace,
  publishable: boolean
): string {
  const whole = completed(decision, trace)
  return whole === decision ? sent : writeAnswer(whole, publishable)
}

/** The decision with all probabilities, the same one where they were known in time. */
function completed(decision: Decision, { exploration }: Trace): Decision {
  return exploration?.method === 'thompson' ? withEstimates(decision, exploration) : decision
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

/** A decision in words, and why it is so. */
interface Told {
  readonly decision: Decision
  readonly trace: Trace
  /** What was told: the choice with what could not be promised taken out. */
  readonly held: Choice
}

/**
 * Makes the choice hold: reserves what strict limits need, and where the answer itself is the impression, records that the offers
 * were shown. What cannot be promised leaves the answer.
 */
async function makeKnown(deps: DecideDeps, chosen: Chosen, deadline: Deadline): Promise<Told> {
  const { asked, customer } = chosen
  const limits = strictLimitsOf(deps, chosen, deadline)
  const held = limits === undefined ? chosen.choice : await limits.hold()
  const told = tell(deps, chosen, held)
  if (!asked.live || asked.activate !== 'on_decision' || customer === undefined) return told
  if (await recordImpressions(deps, held.snapshot.strategy, told.decision, deadline)) return told
  return tell(
    deps,
    chosen,
    limits?.withhold(true) ?? { ...held, degraded: [...held.degraded, 'limits'] }
  )
}

/** Puts a choice into words; live ones get their tokens. */
function tell(
  { tokens }: DecideDeps,
  { asked, customer, decisionId }: Chosen,
  choice: Choice
): Told {
  const { placements, trace } = settle(asked, choice)
  const { snapshot, holdout, control, participations, degraded } = choice
  const decision: Decision = {
    id: decisionId,
    decidedAtMs: asked.nowMs,
    strategy: { version: snapshot.version, hash: snapshot.hash },
    customer: {
      ...asked.key,
      known: customer?.known ?? false,
      holdout,
      control,
      experiments: armNames(participations)
    },
    channel: asked.channel.id,
    placements,
    degraded
  }
  if (asked.live) sealOffers(tokens, decision)
  return { decision, trace, held: choice }
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
  meters.decided(decision.channel, decision.degraded)
  meters.stageTook('profile', timings.profile / 1000)
  meters.stageTook('policy', timings.policy / 1000)
  meters.stageTook('model', timings.model / 1000)
  meters.stageTook('arbitrate', timings.arbitrate / 1000)
  meters.stageTook('total', timings.total / 1000)
}
