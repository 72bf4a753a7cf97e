import type { Facts } from '../../policy/facts.js'
import type { Candidates } from '../candidates.js'
import { LATE, within, type Deadline } from '../deadline.js'
import type { Log, Meters } from '../ports.js'
import type { ReadyModel } from './ready-model.js'
import { scoreOffers, ScoreOutside } from './score-offers.js'
import type { Snapshot } from '../snapshot.js'

/** The propensities of the candidates that are left, by their position among them. */
export interface Propensities {
  readonly values: Float64Array
  /** By position: the model that gave the value, undefined where the prior did. */
  readonly models: ReadonlyArray<ReadyModel | undefined>
  /** What experience has made of the start propensities; undefined where no offer adapts, and for the control group. */
  readonly adapted: Adapted | undefined
  /** `model:NAME` of the models that failed. */
  readonly degraded: readonly string[]
}

/** What experience has made of start propensities, by position among the candidates that are left. */
export interface Adapted {
  /** Of the experience. */
  readonly version: number
  /** What the models and the priors said. */
  readonly starts: Float64Array
  /** Impressions that stand behind the propensity, beside what its start is worth; 0 where the offer does not adapt. */
  readonly evidence: Float64Array
  /** The impressions that a beta distribution of the propensity is worth: those of the start, and what was learnt since. */
  readonly worth: Float64Array
}

export interface ScoringDeps {
  readonly meters: Meters
  readonly log: Log
}

/**
 * Scores the candidates with their models, one run a model; offers without a model, and those whose model fails, get their prior.
 * @param left positions in the candidates
 * @param control true for the control group, which gets priors instead of models
 */
export async function scorePropensities(
  deps: ScoringDeps,
  snapshot: Snapshot,
  facts: Facts,
  candidates: Candidates,
  left: Int32Array,
  control: boolean,
  deadline: Deadline
): Promise<Propensities> {
  const values = new Float64Array(left.length)
  const models = new Array<ReadyModel | undefined>(left.length).fill(undefined)
  const degraded: string[] = []
  for (let i = 0; i < left.length; i++)
    values[i] = snapshot.strategy.offers[candidates.offers[left[i]!]!]!.prior
  if (control || snapshot.models.size === 0) return { values, models, adapted: undefined, degraded }

  const runs: Array<Promise<void>> = []
  for (const model of snapshot.models.values()) {
    const group = groupOf(snapshot, model, candidates, left)
    if (group.positions.length === 0) continue
    runs.push(
      runModel(deps, model, facts, group, deadline).then(scores => {
        if (scores === undefined) degraded.push(`model:${model.name}`)
        else place(scores, model, group.positions, values, models)
      })
    )
  }
  await (runs.length === 1 ? runs[0] : Promise.all(runs))
  return { values, models, adapted: undefined, degraded: degraded.sort() }
}

interface ModelGroup {
  /** Positions among those that are left. */
  readonly positions: readonly number[]
  readonly offers: Int32Array
}

function groupOf(
  snapshot: Snapshot,
  model: ReadyModel,
  candidates: Candidates,
  left: Int32Array
): ModelGroup {
  const positions: number[] = []
  for (let i = 0; i < left.length; i++) {
    if (snapshot.modelOf[candidates.offers[left[i]!]!] === model) positions.push(i)
  }
  const offers = new Int32Array(positions.length)
  for (let i = 0; i < positions.length; i++) offers[i] = candidates.offers[left[positions[i]!]!]!
  return { positions, offers }
}

/** Calibrated scores; undefined when the model failed, answered nonsense or was too late. */
async function runModel(
  deps: ScoringDeps,
  model: ReadyModel,
  facts: Facts,
  group: ModelGroup,
  deadline: Deadline
): Promise<Float64Array | undefined> {
  try {
    const scores = await within(scoreOffers(model, facts, group.offers), deadline)
    if (scores !== LATE) return scores
    deps.meters.modelFailed(model.name)
  } catch (error) {
    deps.meters.modelFailed(model.name)
    deps.log.warn(
      error instanceof ScoreOutside
        ? { model: model.label, score: error.score }
        : { model: model.label, err: error },
      error instanceof ScoreOutside
        ? 'a model gave a score outside 0 to 1; its offers get their priors'
        : 'a model failed to run; its offers get their priors'
    )
  }
  return undefined
}

function place(
  scores: Float64Array,
  model: ReadyModel,
  positions: readonly number[],
  values: Float64Array,
  models: Array<ReadyModel | undefined>
): void {
  for (let i = 0; i < positions.length; i++) {
    const position = positions[i]!
    values[position] = scores.length === 1 ? scores[0]! : scores[i]!
    models[position] = model
  }
}
