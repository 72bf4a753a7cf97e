import type { Explain } from '../domain/decision.js'
import type { Facts } from '../policy/facts.js'
import type { Strategy } from '../policy/strategy.js'
import type { Contest, HeldWeight } from './arbitrate.js'
import { stageNumber, type Candidates } from './candidates.js'
import type { Participation } from './experiments.js'
import { packColumns, unpackColumns, type Column } from './column-codec.js'
import type { Legend, LegendRead } from './legend.js'
import type { Propensities } from './propensities.js'

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
  /** What the rules that removed a candidate read for just that offer. */
  readonly offerValues: ReadonlyArray<readonly [position: number, read: number, value: number]>
  readonly contest: ContestTrace | null
  /** The arms of the customer, as numbers in Legend.experiments, and whether they could matter; by experiment. */
  readonly experiments: ReadonlyArray<readonly [experiment: number, arm: number, exposed: boolean]>
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
    experiments: []
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
  rest: Pick<Trace, 'placements' | 'explain' | 'control'> & {
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
      weights: contest.weights
    },
    experiments: rest.participations.map(({ arm, exposed }) => [arm.experiment, arm.index, exposed])
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
  for (let i = 0; i < candidates.count; i++) {
    const stage = candidates.stages[i]!
    if (stage < stageNumber.eligibility || stage > stageNumber.suitability) continue
    const offer = candidates.offers[i]!
    for (const number of legend.offers[offer]!.rules[candidates.causes[i]!]!.reads) {
      const read = legend.reads[number]!
      if (read.kind === 'offerCall')
        found.push([i, number, strategy.program.offerCalls[read.slot]!(facts, offer)])
    }
  }
  return found
}

/** A trace as it is stored: plain data, its columns packed into bytes. */
export type PackedTrace = readonly [
  holdout: boolean,
  control: boolean,
  explain: Explain,
  placements: readonly string[],
  values: readonly unknown[],
  offerValues: Trace['offerValues'],
  weights: readonly HeldWeight[] | null,
  candidates: number,
  contestants: number,
  ranked: number,
  columns: Uint8Array,
  experiments?: Trace['experiments']
]

export function packTrace(trace: Trace): PackedTrace {
  const { holdout, control, explain, placements, values, offerValues, contest } = trace
  const columns = [trace.offers, trace.stages, trace.causes]
  if (contest !== null) {
    const { positions, p, c, v, l, priorities, models, order } = contest
    columns.push(positions, p, c, v, l, priorities, models, order)
  }
  return [
    holdout,
    control,
    explain,
    placements,
    values,
    offerValues,
    contest?.weights ?? null,
    trace.offers.length,
    contest?.positions.length ?? 0,
    contest?.order.length ?? 0,
    packColumns(columns),
    trace.experiments
  ]
}

export function unpackTrace(packed: PackedTrace): Trace {
  const [
    holdout,
    control,
    explain,
    placements,
    values,
    offerValues,
    weights,
    n,
    m,
    ranked,
    bytes,
    // Traces of the release before have none.
    experiments = []
  ] = packed
  const lengths = weights === null ? [n, n, n] : [n, n, n, m, m, m, m, m, m, m, ranked]
  const [
    offers = [],
    stages = [],
    causes = [],
    positions = [],
    p = [],
    c = [],
    v = [],
    l = [],
    priorities = [],
    models = [],
    order = []
  ]: readonly Column[] = unpackColumns(bytes, lengths)
  const contest =
    weights === null ? null : { positions, order, p, c, v, l, priorities, models, weights }
  return {
    holdout,
    control,
    explain,
    placements,
    offers,
    stages,
    causes,
    values,
    offerValues,
    contest,
    experiments
  }
}
