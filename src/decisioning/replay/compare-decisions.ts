import { STAGES } from '../../domain/decision.js'
import { priorityOf } from '../arbitration/arbitrate.js'
import { stageNumber } from '../candidates.js'
import { compareAnswers, compareFillings, compareTraces } from './compare-answers.js'
import type { DecidedAgain } from './decide-again.js'
import { differing, viewOf, type DecisionView, type Difference } from './decision-view.js'
import type { RecordedDecision } from './recorded-decision.js'

/** Stages that end a candidate before it is scored, without `value`, which experiments come before. */
const BEFORE_EXPERIMENTS = STAGES.slice(0, stageNumber.value)

interface Compared {
  readonly recorded: DecisionView
  readonly now: DecisionView
  readonly again: DecidedAgain
  /** Whether both were made by the same strategy: then everything is alike, the causes too. */
  readonly exactly: boolean
}

/** In the order of a decision; the first that finds a difference names it. */
const COMPARISONS: ReadonlyArray<(both: Compared) => Difference | undefined> = [
  ({ recorded, now }) => differing('profile', recorded.profile, now.profile),
  both => differing('holdout', both.recorded.customer.holdout, both.now.customer.holdout),
  compareCandidates,
  both => compareEnds(both, BEFORE_EXPERIMENTS),
  both => differing('control', both.recorded.customer.control, both.now.customer.control),
  both =>
    differing('experiments', both.recorded.customer.experiments, both.now.customer.experiments),
  both => compareEnds(both, ['value']),
  both => compareFactor(both, 'value', 'v'),
  both => compareFactor(both, 'propensity', 'propensity'),
  both => compareFactor(both, 'propensity', 'model'),
  both => compareFactor(both, 'contextWeight', 'c'),
  both => compareFactor(both, 'lever', 'l'),
  comparePriorities,
  both => differing('filling', both.recorded.fillingBy, both.now.fillingBy),
  both => differing('exploration', both.recorded.exploringBy, both.now.exploringBy),
  compareLimits,
  both => compareFactor(both, 'exploration', 'p'),
  both => differing('exploration', both.recorded.explored, both.now.explored),
  compareFillings,
  ({ recorded, now, exactly }) => compareAnswers(recorded, now, exactly),
  both => (both.exactly ? compareTraces(both.recorded.trace, both.now.trace) : undefined)
]

/**
 * The first difference between a recorded decision and the same one made again, in the order of a decision; undefined where there is
 * none. Strategies that differ are compared by the ids of their offers, and by what became of these.
 */
export function firstDifference(
  recorded: RecordedDecision,
  again: DecidedAgain,
  exactly: boolean
): Difference | undefined {
  const both = { recorded: viewOf(recorded), now: viewOf(again), again, exactly }
  for (const compare of COMPARISONS) {
    const difference = compare(both)
    if (difference !== undefined) return difference
  }
  return undefined
}

function compareCandidates({ recorded, now }: Compared): Difference | undefined {
  for (const offer of new Set([...recorded.candidates.keys(), ...now.candidates.keys()])) {
    const [before, after] = [recorded.candidates.has(offer), now.candidates.has(offer)]
    if (before !== after) return { stage: 'candidates', offer, recorded: before, now: after }
  }
  return undefined
}

/** Candidates that one of these stages has ended in one decision and not in the other, before they were scored. */
function compareEnds(
  { recorded, now, exactly }: Compared,
  stages: readonly string[]
): Difference | undefined {
  for (const stage of stages) {
    for (const [offer, before] of recorded.candidates) {
      const after = now.candidates.get(offer)!
      const endedBefore = before.contestant < 0 && before.end.stage === stage
      const endedNow = after.contestant < 0 && after.end.stage === stage
      const sameCause = !exactly || !endedBefore || before.cause === after.cause
      if (endedBefore !== endedNow || !sameCause)
        return { stage, offer, recorded: before.end, now: after.end }
    }
  }
  return undefined
}

/** One of the figures of those that were scored. */
function compareFactor(
  { recorded, now }: Compared,
  stage: string,
  factor: 'v' | 'propensity' | 'model' | 'c' | 'l' | 'p'
): Difference | undefined {
  for (const [offer, { contestant }] of recorded.candidates) {
    if (contestant < 0) continue
    const before = recorded.figure(factor, contestant)
    const after = now.figure(factor, now.candidates.get(offer)!.contestant)
    if (!Object.is(before, after)) return { stage, offer, recorded: before, now: after }
  }
  return undefined
}

/** What the formula makes of the recorded propensities, for these may have been drawn. */
function comparePriorities({ recorded, now, again }: Compared): Difference | undefined {
  const { outcome, snapshot } = again
  if (outcome === undefined) return undefined
  const { facts, candidates, contest } = outcome
  for (const [offer, { contestant }] of recorded.candidates) {
    if (contestant < 0) continue
    const before = recorded.figure('priority', contestant)
    const p = Number(recorded.figure('p', contestant))
    const at = now.candidates.get(offer)!.contestant
    const after = priorityOf(snapshot.strategy, facts, candidates, contest, at, p)
    if (!Object.is(before, after)) return { stage: 'priority', offer, recorded: before, now: after }
  }
  return undefined
}

/** Those that were scored, and that strict limits then took out. */
function compareLimits({ recorded, now, exactly }: Compared): Difference | undefined {
  for (const [offer, before] of recorded.candidates) {
    const after = now.candidates.get(offer)!
    if (before.contestant < 0) continue
    const out = before.stage < stageNumber.value ? before.stage : -1
    const outNow = after.stage < stageNumber.value ? after.stage : -1
    const sameCause = !exactly || out < 0 || before.cause === after.cause
    if (out !== outNow || !sameCause)
      return { stage: 'limits', offer, recorded: before.end, now: after.end }
  }
  return undefined
}
