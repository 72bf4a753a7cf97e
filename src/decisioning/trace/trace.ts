import type { Explain } from '../../domain/decision.js'
import type { Facts } from '../../policy/facts.js'
import type { Strategy } from '../../policy/strategy.js'
import type { Contest, HeldWeight } from '../arbitration/arbitrate.js'
import { learntAbout, type LearntAbout } from '../propensity/adapt.js'
import { stageNumber, type Candidates } from '../candidates.js'
import type { Participation } from '../experiments/experiments.js'
import type { ExplorationTrace } from './exploration-trace.js'
import type { Column } from './column-codec.js'
import type { LeverMove } from '../arbitration/lever-moves.js'
import type { LimitNotes } from '../limits/limit-notes.js'
import type { Legend, LegendRead, LegendRule } from './legend.js'
import type { ShadowScores } from '../propensity/shadows.js'
import type { Propensities } from '../propensity/propensities.js'

/** What a decision recorded while it ran, in the numbers of its strategy's legend. */
export interface Trace {
  readonly holdout: boolean
  readonly control: boolean
  /** How much of this was explained in the answer. */
  readonly explain: Explain
  /** Ids of the asked placements, in the order of the request. */
  readonly placements: readonly string[]
  /** Offer indices of the candidates, ascending. */
  readonly offers: Column
  readonly stages: Column
  readonly causes: Column
  /** Values by position in Legend.reads; null where missing or unknown, and for reads that depend on the offer. */
  readonly values: readonly unknown[]
  /** What the rules that removed a candidate, and those of the selected, read for just that offer. */
  readonly offerValues: ReadonlyArray<readonly [position: number, read: number, value: number]>
  readonly contest: ContestTrace | null
  /** undefined where nothing competed, and in traces of the release before. */
  readonly filling: FillingTrace | undefined
  /** What limits that removed candidates stood at; worked out when first asked for. undefined where none did. */
  readonly limits: () => LimitNotes | undefined
  /** The arms of the customer, as numbers in Legend.experiments, and whether they could matter; by experiment. */
  readonly experiments: ReadonlyArray<readonly [experiment: number, arm: number, exposed: boolean]>
  /** undefined where nothing was left to chance, and in traces of the release before. */
  readonly exploration: ExplorationTrace | undefined
  /** What models that decide nothing thought of the contestants; known when the record is written. */
  readonly shadows: readonly ShadowScores[]
  /** What the priority of candidates that were not scored cannot exceed; undefined where all were. */
  readonly atMost: number | undefined
  /** undefined where no offer adapts, for the control group, and in traces of the release before. */
  readonly adapted: AdaptedTrace | undefined
}

/** What experience made of start propensities, by contestant (Adapted of adapt.ts). */
export interface AdaptedTrace {
  readonly version: number
  readonly starts: Column
  readonly evidence: Column
  readonly worth: Column
  /** What is learnt about those that were placed and adapt by features. */
  readonly placed: readonly LearntAbout[]
}

/** The factors of the candidates that were scored. */
export interface ContestTrace {
  readonly positions: Column
  /** Contestants, the best first; those without a priority are left out. */
  readonly order: Column
  readonly p: Column
  readonly c: Column
  readonly v: Column
  readonly l: Column
  readonly priorities: Column
  /** 0 for the prior, else one more than the position in Legend.models of the model that gave p. */
  readonly models: Column
  readonly weights: readonly HeldWeight[]
  readonly moves: readonly LeverMove[]
}

/** What the placements were filled by. */
export interface FillingTrace {
  /** Slots and multipliers by asked placement. */
  readonly counts: readonly number[]
  readonly multipliers: readonly number[]
  /** Infinity where not limited. */
  readonly groupLimit: number
  /** By candidate: bit i is set where it might stand in the i-th asked placement. */
  readonly rooms: Column
  /** What the best losers would need by the strategy's own formula, worked out when first asked for; undefined: the product decides. */
  readonly needs: (() => readonly Need[]) | undefined
}

/**
 * What a loser would need to win: any one of these, all else being equal, each the smallest with 7 digits that is enough.
 * null: however much, it would not be enough.
 */
export interface Need {
  readonly contestant: number
  /** The asked placement in which the least is enough; -1 where nothing is. */
  readonly placement: number
  readonly priority: number | null
  readonly value: number | null
  /** All levers together, in percent. */
  readonly lever: number | null
  /** Percent to be added to the context weights that hold. */
  readonly contextWeight: number | null
  /** Why nothing helps, for people. */
  readonly reason: string | null
}

/** Shown instead of a personal attribute's value. */
const MASK = '***'

/** The trace of a decision in which nothing competed: a holdout, or a customer that could not be read. */
export function emptyTrace(
  placements: readonly string[],
  explain: Explain,
  holdout: boolean
): Trace {
  return {
    holdout,
    control: false,
    explain,
    placements,
    offers: [],
    stages: [],
    causes: [],
    values: [],
    offerValues: [],
    contest: null,
    filling: undefined,
    limits: () => undefined,
    experiments: [],
    exploration: undefined,
    shadows: [],
    atMost: undefined,
    adapted: undefined
  }
}

/** Keeps what the decision found, as arrays that nobody writes to any more. */
export function keepTrace(
  strategy: Strategy,
  legend: Legend,
  facts: Facts,
  candidates: Candidates,
  contest: Contest,
  propensities: Propensities,
  rest: Pick<
    Trace,
    'placements' | 'explain' | 'control' | 'filling' | 'limits' | 'exploration' | 'atMost'
  > & {
    readonly participations: readonly Participation[]
  }
): Trace {
  const models = new Uint16Array(contest.positions.length)
  for (let i = 0; i < models.length; i++) {
    const model = propensities.models[i]
    models[i] = model === undefined ? 0 : legend.models.indexOf(model.name) + 1
  }
  return {
    holdout: false,
    control: rest.control,
    explain: rest.explain,
    placements: rest.placements,
    offers: candidates.offers,
    stages: candidates.stages,
    causes: candidates.causes,
    values: legend.reads.map(read => readValue(read, facts)),
    offerValues: readForOffers(strategy, legend, facts, candidates),
    contest: {
      positions: contest.positions,
      order: contest.order,
      p: contest.p,
      c: contest.c,
      v: contest.v,
      l: contest.l,
      priorities: contest.priorities,
      models,
      weights: contest.weights,
      moves: contest.moves
    },
    filling: rest.filling,
    limits: rest.limits,
    experiments: rest.participations.map(({ arm, exposed }) => [
      arm.experiment,
      arm.index,
      exposed
    ]),
    exploration: rest.exploration,
    shadows: [],
    atMost: rest.atMost,
    adapted: propensities.adapted && {
      ...propensities.adapted,
      placed: learntAbout(strategy, facts, candidates, contest.positions, propensities.adapted)
    }
  }
}

function readValue(read: LegendRead, facts: Facts): unknown {
  switch (read.kind) {
    case 'attribute': {
      const value = facts.attributes[read.slot]
      return value !== undefined && read.show === 'masked' ? MASK : (value ?? null)
    }
    case 'context': {
      const value = facts.context[read.slot]
      return value !== undefined && read.show === 'masked' ? MASK : (value ?? null)
    }
    case 'segment':
      return facts.tests[read.slot]
    case 'call':
      return orNull(facts.calls[read.slot]!)
    case 'offerCall':
    case 'offer':
      return null
  }
}

function orNull(value: number): number | null {
  return Number.isNaN(value) ? null : value
}

function readForOffers(
  strategy: Strategy,
  legend: Legend,
  facts: Facts,
  candidates: Candidates
): Array<readonly [number, number, number]> {
  const found: Array<readonly [number, number, number]> = []
  if (strategy.program.offerCalls.length === 0) return found
  const { offerCalls } = strategy.program
  const note = (candidate: number, offer: number, rule: LegendRule): void => {
    for (const number of rule.reads) {
      const read = legend.reads[number]!
      if (read.kind === 'offerCall')
        found.push([candidate, number, offerCalls[read.slot]!(facts, offer)])
    }
  }
  for (let i = 0; i < candidates.count; i++) {
    const stage = candidates.stages[i]!
    const offer = candidates.offers[i]!
    const { rules } = legend.offers[offer]!
    if (stage === stageNumber.selected) for (const rule of rules) note(i, offer, rule)
    else if (stage >= stageNumber.eligibility && stage <= stageNumber.suitability)
      note(i, offer, rules[candidates.causes[i]!]!)
  }
  return found
}
