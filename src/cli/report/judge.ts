import type { GroupResponses } from '../../domain/journal.js'
import {
  auc,
  calibrationError,
  calibrationTable,
  type CalibrationBin
} from '../../learning/metrics.js'
import { stabilityOf } from '../../learning/stability.js'
import { wilsonInterval, Z_95 } from '../../learning/wilson.js'
import type { ModelSpec } from '../../policy/model-file.js'
import type { Collected, ModelSample, Sampled } from './collect.js'

/** Below it chance alone moves a model's figures beyond any bound. */
export const FEWEST_SHOWN = 500

export interface OfferFigures {
  readonly offer: string
  readonly placed: number
  /** Impressions: the evidence. */
  readonly shown: number
  readonly positive: number
  readonly rate: number | null
  /** Wilson's 95 %. */
  readonly low: number
  readonly high: number
  readonly rejected: number
  readonly value: number
}

/** A feature and a figure of it. */
export interface FeatureFigure {
  readonly feature: string
  readonly figure: number
}

export interface ModelFigures {
  readonly model: string
  readonly shown: number
  readonly positive: number
  /** How many were looked at. */
  readonly sampled: number
  /** null where only one answer came. */
  readonly auc: number | null
  readonly calibrationError: number
  /** As many bins as calibrationError is of, by rising propensity; the observed share with Wilson's 95 %. */
  readonly calibration: ReadonlyArray<
    CalibrationBin & { readonly low: number; readonly high: number }
  >
  /** Mean propensity, and the share of positives. */
  readonly predicted: number
  readonly observed: number
  /** Population stability index, the greatest first. */
  readonly stability: readonly FeatureFigure[]
  /** Share of values that the model was not trained on, the greatest first; of features whose range its file tells. */
  readonly outside: readonly FeatureFigure[]
}

/** What one group of customers answered more than another, a customer, with a 95 % interval. */
export interface Lift {
  readonly group: string
  readonly arm: string | null
  readonly against: string
  readonly customers: number
  readonly mean: number
  readonly lift: number
  readonly low: number
  readonly high: number
  readonly valueLift: number
  readonly valueLow: number
  readonly valueHigh: number
}

/**
 * What leaving a part to chance cost, as estimated by the priorities and propensities of the time: not what was lost in truth, and
 * not what was gained by learning. Means over first slots.
 */
export interface ChanceFigures {
  readonly slots: number
  /** Share of them in which another than the best stood. */
  readonly share: number
  readonly priorityOfBest: number
  readonly priorityCost: number
  readonly propensityCost: number
}

/** undefined where no decision tells. */
export function judgeChance({ chance }: Collected): ChanceFigures | undefined {
  const { slots, byChance, priority, priorityOfBest, propensity } = chance
  if (slots === 0) return undefined
  return {
    slots,
    share: byChance / slots,
    priorityOfBest: priorityOfBest / slots,
    priorityCost: priority / slots,
    propensityCost: propensity / slots
  }
}

/** Figures of all offers, those most shown first. */
export function judgeOffers({ offers }: Collected): OfferFigures[] {
  return [...offers]
    .map(([offer, counts]) => ({
      offer,
      ...counts,
      rate: counts.shown === 0 ? null : counts.positive / counts.shown,
      ...wilsonInterval(counts.positive, counts.shown)
    }))
    .sort((a, b) => b.shown - a.shown || (a.offer < b.offer ? -1 : 1))
}

/**
 * Figures of all models, by name.
 * @param before what features are compared with; undefined: the first half of the sample, and the second half is compared
 */
export function judgeModels(
  { models }: Collected,
  before: Collected | undefined,
  specs: readonly ModelSpec[]
): ModelFigures[] {
  return [...models]
    .map(([model, sample]) =>
      judgeModel(
        model,
        sample,
        before === undefined ? undefined : (before.models.get(model)?.rows ?? []),
        specs.find(({ name }) => name === model)
      )
    )
    .sort((a, b) => (a.model < b.model ? -1 : 1))
}

function judgeModel(
  model: string,
  { shown, positive, rows }: ModelSample,
  before: readonly Sampled[] | undefined,
  spec: ModelSpec | undefined
): ModelFigures {
  const scores = rows.map(({ propensity }) => propensity)
  const labels = rows.map(row => Number(row.positive))
  const area = auc(scores, labels)
  const inTime = [...rows].sort((a, b) => a.timeMs - b.timeMs)
  const half = inTime.length >> 1
  const table = calibrationTable(scores, labels)
  return {
    model,
    shown,
    positive,
    sampled: rows.length,
    auc: Number.isNaN(area) ? null : area,
    calibrationError: calibrationError(table),
    calibration: table.map(bin => ({
      ...bin,
      ...wilsonInterval(bin.observed * bin.rows, bin.rows)
    })),
    predicted: meanOf(scores),
    observed: meanOf(labels),
    stability: stabilities(before ?? inTime.slice(0, half), before ? rows : inTime.slice(half)),
    outside: spec === undefined ? [] : outsides(rows, spec)
  }
}

function stabilities(before: readonly Sampled[], after: readonly Sampled[]): FeatureFigure[] {
  const features = new Set([...before, ...after].flatMap(({ values }) => [...values.keys()]))
  const valuesOf = (rows: readonly Sampled[], feature: string): unknown[] =>
    rows.flatMap(({ values }) => (values.has(feature) ? [values.get(feature) ?? null] : []))
  return greatestFirst(
    [...features].map(feature => ({
      feature,
      figure: stabilityOf(valuesOf(before, feature), valuesOf(after, feature))
    }))
  )
}

function outsides(rows: readonly Sampled[], { inputs }: ModelSpec): FeatureFigure[] {
  return greatestFirst(
    inputs.flatMap(({ columns }) =>
      columns.flatMap(({ from, range, values: known }) => {
        if (range === undefined && known === undefined) return []
        const values = rows.flatMap(row => row.values.get(from) ?? [])
        const strange = values.filter(value =>
          typeof value === 'number'
            ? range !== undefined && (value < range[0] || value > range[1])
            : typeof value === 'string' && known !== undefined && !known.includes(value)
        )
        return { feature: from, figure: strange.length / values.length }
      })
    )
  )
}

/** Without those that nothing is known of. */
function greatestFirst(figures: readonly FeatureFigure[]): FeatureFigure[] {
  return figures
    .filter(({ figure }) => !Number.isNaN(figure))
    .sort((a, b) => b.figure - a.figure || (a.feature < b.feature ? -1 : 1))
}

/** Everybody against the holdout and the control, and the arms of every experiment against its first, by Welch's interval. */
export function judgeGroups(groups: readonly GroupResponses[]): Lift[] {
  const decided = groups.find(({ group }) => group === 'decided')
  const kept = groups.filter(({ group }) => group === 'holdout' || group === 'control')
  const firsts = new Map<string, GroupResponses>()
  const arms = groups.flatMap(one => {
    if (one.arm === null) return []
    const first = firsts.get(one.group) ?? one
    firsts.set(one.group, first)
    return first === one ? [] : [liftOf(one, first, first.arm ?? '')]
  })
  return [
    ...(decided === undefined ? [] : kept.map(base => liftOf(decided, base, base.group))),
    ...arms
  ]
}

function liftOf(one: GroupResponses, base: GroupResponses, against: string): Lift {
  const reachOf = (a: number, b: number): number =>
    Z_95 * Math.sqrt(a / one.customers + b / base.customers)
  const lift = one.mean - base.mean
  const reach = reachOf(one.variance, base.variance)
  const valueLift = one.valueMean - base.valueMean
  const valueReach = reachOf(one.valueVariance, base.valueVariance)
  return {
    group: one.group,
    arm: one.arm,
    against,
    customers: one.customers,
    mean: one.mean,
    lift,
    low: lift - reach,
    high: lift + reach,
    valueLift,
    valueLow: valueLift - valueReach,
    valueHigh: valueLift + valueReach
  }
}

function meanOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length
}
