import type { FilledPlacement } from '../domain/decision.js'
import type { Strategy } from '../policy/strategy.js'
import type { Asked } from './asked.js'
import type { Choice, Outcome } from './choose.js'
import { estimateChances, ESTIMATING_DRAWS } from './arbitration/estimate-chances.js'
import { isDeviating, type ExplorationTrace } from './trace/exploration-trace.js'
import { stepwise } from './in-turns.js'
import { noteLimits } from './limits/limit-notes.js'
import { placeOffers } from './arbitration/place-offers.js'
import { emptyTrace, keepTrace, type Trace } from './trace/trace.js'
import { whatItTakesBy } from './explanation/what-it-takes.js'

/** A choice put into words: what every placement shows, and why. */
export interface Settled {
  readonly placements: readonly FilledPlacement[]
  readonly trace: Trace
}

/** Puts a choice into words, once nothing changes it any more. */
export function settle(
  asked: Asked,
  { snapshot, outcome, holdout, control, participations }: Choice
): Settled {
  const ids = asked.placements.map(({ placement }) => placement.id)
  const placements = placeOffers(snapshot, asked, outcome)
  if (outcome === undefined) {
    return { placements, trace: emptyTrace(ids, asked.explain, holdout) }
  }
  const { facts, customer, candidates, contest, propensities } = outcome
  const { strategy, legend } = snapshot
  const { formula } = strategy
  const exploration = explorationOf(strategy, asked, outcome)
  const trace: Trace = keepTrace(strategy, legend, facts, candidates, contest, propensities, {
    placements: ids,
    explain: asked.explain,
    control,
    participations,
    filling: {
      counts: asked.placements.map(({ count }) => count),
      multipliers: asked.placements.map(({ placement }) => placement.multiplier),
      groupLimit: strategy.groupLimit,
      rooms: candidates.rooms,
      needs:
        formula && !isDeviating(exploration)
          ? once(() => whatItTakesBy(formula, facts, trace, legend))
          : undefined
    },
    limits: once(() => noteLimits(strategy, asked, customer, candidates)),
    exploration,
    atMost: outcome.atMost
  })
  return { placements, trace }
}

function explorationOf(
  strategy: Strategy,
  asked: Asked,
  outcome: Outcome
): ExplorationTrace | undefined {
  const { contest, explored } = outcome
  const { exploring } = contest
  if (exploring?.method === 'thompson') {
    const { method, seed, posteriors } = exploring
    return {
      method,
      seed,
      ...posteriors,
      draws: ESTIMATING_DRAWS,
      slots: undefined,
      estimation: stepwise(estimateChances(strategy, asked, outcome, exploring))
    }
  }
  return exploring === undefined || explored === undefined
    ? undefined
    : { method: 'epsilon', share: exploring.share, slots: explored }
}

/** A function that works its answer out when it is first asked. */
function once<T>(work: () => T): () => T {
  let done: { readonly answer: T } | undefined
  return () => (done ??= { answer: work() }).answer
}
