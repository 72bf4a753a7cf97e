import type { Facts } from '../policy/facts.js'
import type { Strategy } from '../policy/strategy.js'
import type { Contest, HeldWeight } from './arbitrate.js'
import { stageNumber, type Candidates } from './candidates.js'
import type { Legend, LegendRead } from './legend.js'
import type { Propensities } from './propensities.js'

/** What a decision recorded while it ran, in the numbers of its strategy's legend. Plain data: it is stored as it is. */
export interface Trace {
  readonly holdout: boolean
  readonly control: boolean
  /** Ids of the asked placements, in the order of the request. */
  readonly placements: readonly string[]
  readonly offers: Int32Array
  readonly stages: Uint8Array
  readonly causes: Int16Array
  /** Values by position in Legend.reads; null where missing or unknown, and for reads that depend on the offer. */
  readonly values: readonly unknown[]
  /** What the rules that removed a candidate read for just that offer. */
  readonly offerValues: readonly (readonly [position: number, read: number, value: number])[]
  readonly contest: ContestTrace | null
}

/** The factors of the candidates that were scored. */
export interface ContestTrace {
  readonly positions: Int32Array
  readonly order: Int32Array
  readonly p: Float64Array
  readonly c: Float64Array
  readonly v: Float64Array
  readonly l: Float64Array
  readonly priorities: Float64Array
  /** Position in Legend.models of the model that gave p, -1 for the prior. */
  readonly models: Int16Array
  readonly weights: readonly HeldWeight[]
}

/** Shown instead of a personal attribute's value. */
const MASK = '***'

/** The trace of a decision in which nothing competed: a holdout, or a customer that could not be read. */
export function emptyTrace(placements: readonly string[], holdout: boolean): Trace {
  return {
    holdout,
    control: false,
    placements,
    offers: new Int32Array(0),
    stages: new Uint8Array(0),
    causes: new Int16Array(0),
    values: [],
    offerValues: [],
    contest: null
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
  { placements, control }: { placements: readonly string[]; control: boolean }
): Trace {
  const models = new Int16Array(contest.positions.length)
  for (let i = 0; i < models.length; i++) {
    const model = propensities.models[i]
    models[i] = model === undefined ? -1 : legend.models.indexOf(model.name)
  }
  return {
    holdout: false,
    control,
    placements,
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
