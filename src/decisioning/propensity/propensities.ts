import type { Facts } from '../../policy/facts.js'
import type { Candidates } from '../candidates.js'
import { LATE, within, type Deadline } from '../deadline.js'
import type { Log, Meters } from '../ports.js'
import type { ReadyModel } from './ready-model.js'
import type { Fusion } from './fuse-models.js'
import { isCheaperTogether, scoreOffers, scoreTogether, ScoreOutside } from './score-offers.js'
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
 * Scores the candidates with their models, one run a model or one for several; offers without a model, and those whose model fails, get their prior.
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

  const groups = groupsOf(snapshot, candidates, left)
  const scored = await runAll(deps, snapshot.fusions, facts, groups, deadline)
  for (let i = 0; i < groups.length; i++) {
    const { model, positions } = groups[i]!
    const scores = scored[i]
    if (scores === undefined) degraded.push(`model:${model.name}`)
    else place(scores, model, positions, values, models)
  }
  return { values, models, adapted: undefined, degraded: degraded.sort() }
}

/** What a model is to score in one decision. */
interface ModelGroup {
  readonly model: ReadyModel
  /** Positions among those that are left. */
  readonly positions: readonly number[]
  readonly offers: Int32Array
}

function groupsOf(snapshot: Snapshot, candidates: Candidates, left: Int32Array): ModelGroup[] {
  const byModel = new Map<ReadyModel, number[]>()
  for (let i = 0; i < left.length; i++) {
    const model = snapshot.modelOf[candidates.offers[left[i]!]!]
    if (model === undefined) continue
    const positions = byModel.get(model)
    if (positions === undefined) byModel.set(model, [i])
    else positions.push(i)
  }
  return Array.from(byModel, ([model, positions]) => {
    const offers = new Int32Array(positions.length)
    for (let i = 0; i < positions.length; i++) offers[i] = candidates.offers[left[positions[i]!]!]!
    return { model, positions, offers }
  })
}

/** By group, its scores: those of a fusion with one run where that is cheaper, the others with a run each. */
async function runAll(
  deps: ScoringDeps,
  fusions: readonly Fusion[],
  facts: Facts,
  groups: readonly ModelGroup[],
  deadline: Deadline
): Promise<Scored[]> {
  if (groups.length === 1) return [await runModel(deps, groups[0]!, facts, deadline)]
  const scored = new Array<Scored>(groups.length).fill(undefined)
  const apart = new Set(groups.keys())
  const runs: Array<Promise<void>> = []
  for (const fusion of fusions) {
    const numbers = [...apart].filter(i => fusion.members.includes(groups[i]!.model))
    const asked = numbers.map(i => groups[i]!)
    if (!isCheaperTogether(fusion, asked)) continue
    for (const i of numbers) apart.delete(i)
    runs.push(
      runTogether(deps, fusion, asked, facts, deadline).then(all => {
        for (let i = 0; i < all.length; i++) scored[numbers[i]!] = all[i]
      })
    )
  }
  for (const i of apart)
    runs.push(
      runModel(deps, groups[i]!, facts, deadline).then(scores => {
        scored[i] = scores
      })
    )
  await Promise.all(runs)
  return scored
}

/** Calibrated scores; undefined when the model failed, answered nonsense or was too late. */
type Scored = Float64Array | undefined

/** One run for several models. Where that fails each is run alone, so that only those fail that would anyway. */
async function runTogether(
  deps: ScoringDeps,
  fusion: Fusion,
  asked: readonly ModelGroup[],
  facts: Facts,
  deadline: Deadline
): Promise<readonly Scored[]> {
  try {
    const all = await within(scoreTogether(fusion, facts, asked), deadline)
    return asked.map(({ model }, i) => {
      const scores = all === LATE ? LATE : all[i]!
      if (scores instanceof Float64Array) return scores
      failed(deps, model, scores)
      return undefined
    })
  } catch (error) {
    deps.log.debug({ err: error }, 'models failed in one run; each is run by itself')
    return await Promise.all(asked.map(group => runModel(deps, group, facts, deadline)))
  }
}

async function runModel(
  deps: ScoringDeps,
  { model, offers }: ModelGroup,
  facts: Facts,
  deadline: Deadline
): Promise<Scored> {
  try {
    const scores = await within(scoreOffers(model, facts, offers), deadline)
    if (scores !== LATE) return scores
    failed(deps, model, LATE)
  } catch (error) {
    failed(deps, model, error)
  }
  return undefined
}

function failed({ meters, log }: ScoringDeps, model: ReadyModel, error: unknown): void {
  meters.modelFailed(model.name)
  if (error === LATE) return
  log.warn(
    error instanceof ScoreOutside
      ? { model: model.label, score: error.score }
      : { model: model.label, err: error },
    error instanceof ScoreOutside
      ? 'a model gave a score outside 0 to 1; its offers get their priors'
      : 'a model failed to run; its offers get their priors'
  )
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
