import { LOCAL_CALLER } from '../../domain/caller.js'
import { writeAnswer } from '../answer.js'
import { NO_METERS } from './archived-strategies.js'
import { askedAgain, readRequest, type Asked } from '../asked.js'
import { choose, type ChooseDeps, type Outcome } from '../choose.js'
import { makeKnown } from '../make-known.js'
import { packTrace, unpackTrace } from '../trace/packed-trace.js'
import type { CustomerState, CustomerStore, Log } from '../ports.js'
import type { PromiseAnswers } from '../limits/promises.js'
import { completed, preparation } from './recorded-answer.js'
import type { AnswerBody, MadeDecision, RecordedDecision } from './recorded-decision.js'
import { recordedPromises } from './recorded-promises.js'
import { recordedScores, type ScoreComparison } from './recorded-scores.js'
import type { NotedPromises } from './replay-note.js'
import type { Snapshot } from '../snapshot.js'

export interface DecideAgainDeps {
  readonly customers: Pick<CustomerStore, 'openState'>
  readonly clock: ChooseDeps['clock']
}

/** A decision made again. */
export interface DecidedAgain extends MadeDecision {
  readonly asked: Asked
  /** What it was decided by: the snapshot with what the customer's arms change. */
  readonly snapshot: Snapshot
  /** undefined where nothing competed. */
  readonly outcome: Outcome | undefined
  readonly scores: ScoreComparison
}

/** What a decision may take here: nobody waits for it. */
const PATIENCE_MS = 60_000

const NOTHING = (): undefined => undefined
/** What went wrong then was logged then; what goes wrong now is a difference. */
const NO_LOG: Log = { debug: NOTHING, info: NOTHING, warn: NOTHING, error: NOTHING }

/**
 * Makes a recorded decision again, under its own strategy or another one. All steps are those of a live decision; in the place of
 * the store, the clock, the seed and the models stands what was recorded of them.
 * Throws a Refusal where the strategy does not understand the request, StoreUnavailable.
 */
export async function decideAgain(
  deps: DecideAgainDeps,
  snapshot: Snapshot,
  recorded: RecordedDecision
): Promise<DecidedAgain> {
  const { note, answer: before, decidedAtMs, request } = recorded
  const { strategy, legend } = snapshot
  const { decisionId } = before
  const read = readRequest(strategy, request, LOCAL_CALLER, {
    nowMs: decidedAtMs,
    freshId: () => decisionId
  })
  const asked =
    note.again === undefined
      ? read
      : askedAgain(read, { ...note.again, isTrial: false, shown: new Set(note.again.shown) })
  const open = (packed: unknown): Promise<CustomerState> =>
    deps.customers.openState(packed, strategy.lexicon)
  const customer = note.customer === null ? undefined : await open(note.customer)
  const { store, deadline } = recordedPromises(await promisesOf(note.promises, open))

  const scoringUntil = {
    atMs: deps.clock.monotonicMs() + PATIENCE_MS,
    clock: deps.clock.monotonicMs
  }
  const silent = { meters: NO_METERS, log: NO_LOG }
  const { score, comparison } = recordedScores(recorded)
  const chosenFor = await choose(
    // What was learnt then comes with the recorded scores.
    { ...silent, clock: deps.clock, learnt: { current: NOTHING } },
    snapshot,
    asked,
    customer,
    scoringUntil,
    asked.seed ?? decisionId,
    { score, mayShortlist: recorded.trace.atMost !== undefined }
  )
  const waited = before.degraded.includes('journal')
  const choice = waited ? { ...chosenFor, degraded: ['journal'] } : chosenFor
  const told = await makeKnown(
    {
      ...silent,
      ...store,
      tokens: { seal: () => [] },
      recordImpressions: async () => !note.unrecorded
    },
    { asked, customer, choice, decisionId },
    deadline
  )
  await preparation(told.trace, undefined)?.()
  const body = writeAnswer(completed(told.decision, told.trace), note.publishable)
  return {
    answer: JSON.parse(body) as AnswerBody,
    // As it comes out of a record.
    trace: unpackTrace(packTrace(told.trace)),
    legend,
    asked,
    snapshot: told.held.snapshot,
    outcome: told.held.outcome,
    scores: comparison
  }
}

async function promisesOf(
  noted: NotedPromises | null,
  open: (packed: unknown) => Promise<CustomerState>
): Promise<PromiseAnswers> {
  if (noted === null) return { holds: [], claims: [], lateAfter: Infinity }
  const holds: Array<PromiseAnswers['holds'][number]> = []
  for (const hold of noted.holds)
    holds.push(typeof hold === 'object' ? await open(hold.state) : hold === 0 ? 'held' : 'failed')
  return {
    holds,
    claims: noted.claims.map(([quota, id, outcome]) => [{ quota: { id: quota }, id }, outcome]),
    lateAfter: noted.lateAfter ?? Infinity
  }
}
