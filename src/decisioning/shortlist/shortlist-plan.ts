import type { Strategy } from '../../policy/strategy.js'
import type { LimitPlan } from '../limits/limit-plan.js'
import type { ReadyModel } from '../propensity/ready-model.js'
import { findAlike, type AlikeOffers } from './alike-offers.js'
import { scoreBoundsOf, type ScoreBounds } from './score-bounds.js'

/** The models of a snapshot whose scores can be told within bounds, and what tells them. */
export type ToldModels = ReadonlyMap<
  ReadyModel,
  { readonly at: number; readonly bounds: ScoreBounds }
>

/** How a strategy's candidates are shortlisted: what is alike, and memory to work in, which every decision writes anew. */
export interface ShortlistPlan {
  readonly alike: AlikeOffers
  readonly told: readonly ToldRows[]
  /** By weight set: C. */
  readonly contexts: Float64Array
  /** By class: bounds of the priority; valid where `met` is the decision's number. */
  readonly low: Float64Array
  readonly high: Float64Array
  readonly met: Int32Array
  readonly metClasses: Int32Array
  metCount: number
  /** By candidate that is left: its class. */
  classes: Int32Array
  /** How many decisions were shortlisted. */
  decisions: number
}

/** The rows of a model whose scores are told, with memory for them. */
export interface ToldRows {
  readonly bounds: ScoreBounds
  /** By row: the number of the last decision that asked for it. */
  readonly met: Int32Array
  /** The rows that a decision asks for, and how many. */
  readonly asked: Int32Array
  count: number
  readonly low: Float64Array
  readonly high: Float64Array
}

/** So few candidates are scored as they are. */
export const FEW = 64

/** Finds out which models' scores can be told, and compares what is told with what they say. */
export async function tellModels(
  models: Iterable<ReadyModel>,
  offers: number
): Promise<ToldModels> {
  const told = new Map<ReadyModel, { at: number; bounds: ScoreBounds }>()
  if (offers <= FEW) return told
  for (const model of models) {
    const bounds = await scoreBoundsOf(model, offers)
    if (bounds !== undefined) told.set(model, { at: told.size, bounds })
  }
  return told
}

/** What of a snapshot says who may be left out. */
interface DecidedBy {
  readonly strategy: Strategy
  readonly shadows: { readonly size: number }
  /** Strict ones. */
  readonly limits: LimitPlan | undefined
  readonly modelOf: ReadonlyArray<ReadyModel | undefined>
  readonly told: ToldModels
}

/**
 * undefined where decisions may need every score: where chance, experience or strict limits have a say, where shadows score beside the
 * models, where the strategy's own formula says what wins, or a context weight depends on the offer; and where nothing would be gained.
 */
export function planShortlist({
  strategy,
  shadows,
  limits,
  modelOf,
  told
}: DecidedBy): ShortlistPlan | undefined {
  const { formula, exploration, adapts, contextWeights, offers } = strategy
  const isOpen =
    formula !== undefined ||
    exploration.method !== 'none' ||
    adapts ||
    limits !== undefined ||
    shadows.size > 0 ||
    contextWeights.some(({ condition }) => condition.test < 0)
  if (isOpen || offers.length <= FEW) return undefined
  if (told.size === 0 && modelOf.every(model => model !== undefined)) return undefined
  const alike = findAlike(strategy, modelOf, told)
  return {
    alike,
    told: Array.from(told.values(), ({ bounds }) => ({
      bounds,
      met: new Int32Array(bounds.rows),
      asked: new Int32Array(bounds.rows),
      count: 0,
      low: new Float64Array(bounds.rows),
      high: new Float64Array(bounds.rows)
    })),
    contexts: new Float64Array(alike.weightSets.length),
    low: new Float64Array(alike.count),
    high: new Float64Array(alike.count),
    met: new Int32Array(alike.count),
    metClasses: new Int32Array(alike.count),
    metCount: 0,
    classes: new Int32Array(offers.length),
    decisions: 0
  }
}
