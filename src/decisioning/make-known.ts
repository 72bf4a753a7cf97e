import type { Decision } from '../domain/decision.js'
import type { Strategy } from '../policy/strategy.js'
import type { Asked } from './asked.js'
import type { Choice } from './choose.js'
import type { Deadline } from './deadline.js'
import { armNames } from './experiments/experiments.js'
import { strictLimitsOf, type Chosen } from './limits/hold-limits.js'
import { sealOffers } from './arbitration/place-offers.js'
import type { PromiseAnswers, PromiseDeps } from './limits/promises.js'
import { settle } from './settle.js'
import type { Tokens } from './tokens.js'
import type { Trace } from './trace/trace.js'

export interface MakeKnownDeps extends PromiseDeps {
  readonly tokens: Pick<Tokens, 'seal'>
  /** False where it is not known in time that an answer's impressions are stored. */
  readonly recordImpressions: (
    strategy: Strategy,
    decision: Decision,
    asked: Pick<Asked, 'shown'>,
    deadline: Deadline
  ) => Promise<boolean>
}

/** A decision in words, and why it is so. */
export interface Told {
  readonly decision: Decision
  readonly trace: Trace
  /** What was told: the choice with what could not be promised taken out. */
  readonly held: Choice
  /** What the store answered when strict limits were held; undefined where there are none. */
  readonly answers: PromiseAnswers | undefined
  /** True where the answer is the impression, and that could not be recorded. */
  readonly unrecorded: boolean
}

/**
 * Makes the choice hold: reserves what strict limits need, and where the answer itself is the impression, records that the offers
 * were shown. What cannot be promised leaves the answer.
 */
export async function makeKnown(
  deps: MakeKnownDeps,
  chosen: Chosen,
  deadline: Deadline
): Promise<Told> {
  const { asked, customer } = chosen
  const limits = strictLimitsOf(deps, chosen, deadline)
  const held = limits === undefined ? chosen.choice : await limits.hold()
  const told = { ...tell(deps, chosen, held), answers: limits?.answers, unrecorded: false }
  if (!asked.live || asked.activate !== 'on_decision' || customer === undefined) return told
  const { strategy } = held.snapshot
  if (await deps.recordImpressions(strategy, told.decision, asked, deadline)) return told
  const rest = limits?.withhold(true) ?? { ...held, degraded: [...held.degraded, 'limits'] }
  return { ...told, ...tell(deps, chosen, rest), unrecorded: true }
}

/** Puts a choice into words; live ones get their tokens. */
function tell(
  { tokens }: MakeKnownDeps,
  { asked, customer, decisionId }: Chosen,
  choice: Choice
): Pick<Told, 'decision' | 'trace' | 'held'> {
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
