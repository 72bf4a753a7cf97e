import type { Interval } from './bootstrap.js'
import { calibrationError, calibrationTable, logLoss } from './metrics.js'
import { createRandom } from './random.js'
import { sumOf } from './sum.js'

/** What a model thought of impressions, and what came of them. */
export interface ScoredImpressions {
  /** By impression: a number from 0 for its customer. What a customer does hangs together, so resamples draw customers. */
  readonly customers: ArrayLike<number>
  /** 1 where the impression was a success, else 0. */
  readonly labels: ArrayLike<number>
  /** In [0, 1]. */
  readonly scores: ArrayLike<number>
}

/** A figure with the interval that holds the truth in 95 of 100 samples. */
export interface Bounded extends Interval {
  readonly value: number
}

export interface ScoreJudgement {
  readonly impressions: number
  readonly positives: number
  /** undefined where too few impressions of either kind tell anything. */
  readonly auc: Bounded | undefined
  /** In nats. */
  readonly logLoss: number
  /** Mean distance of scores and rates over ten bins of scores. */
  readonly calibrationError: number
  readonly meanScore: number
  readonly observedRate: number
}

/** Another model's figures less those of the first, on the same impressions. */
export interface ScoreDifference {
  readonly impressions: number
  /** Above 0: the other one ranks better. */
  readonly auc: Bounded
  /** Below 0: the other one's probabilities are better. */
  readonly logLoss: Bounded
}

export interface Resampling {
  readonly seed: number
  readonly resamples: number
}

/** Fewer positives, or negatives, than this tell nothing. */
const LEAST_OF_EACH = 20

/** How good a model's scores were. At least one impression. */
export function judgeScores(judged: ScoredImpressions, resampling: Resampling): ScoreJudgement {
  const { labels, scores } = judged
  const impressions = labels.length
  const positives = sumOf(labels)
  return {
    impressions,
    positives,
    auc: tells(positives, impressions) ? boundedAuc(judged, resampling) : undefined,
    logLoss: logLoss(scores, labels),
    calibrationError: calibrationError(calibrationTable(scores, labels)),
    meanScore: sumOf(scores) / impressions,
    observedRate: positives / impressions
  }
}

/**
 * How much better another model's scores were: `scores` are those of the model in force, `others` those of the other one. undefined
 * where too few impressions of either kind tell anything.
 */
export function compareScores(
  judged: ScoredImpressions & { readonly others: ArrayLike<number> },
  resampling: Resampling
): ScoreDifference | undefined {
  const { customers, labels, scores, others } = judged
  if (!tells(sumOf(labels), labels.length)) return undefined
  const own = new Ranking(scores, labels)
  const other = new Ranking(others, labels)
  const losses = Float64Array.from(labels as number[], (label, i) => {
    return lossOf(others[i]!, label) - lossOf(scores[i]!, label)
  })
  const [auc, loss] = bounded(customers, resampling, [
    counts => other.auc(counts) - own.auc(counts),
    counts => weightedMean(losses, counts)
  ])
  return { impressions: labels.length, auc: auc!, logLoss: loss! }
}

function boundedAuc({ customers, labels, scores }: ScoredImpressions, resampling: Resampling) {
  const ranking = new Ranking(scores, labels)
  return bounded(customers, resampling, [counts => ranking.auc(counts)])[0]
}

/** A figure of a sample in which impression i stands counts[i] times. */
type Figure = (counts: Float64Array) => number

/** The figures of the sample with their percentile intervals, over customers drawn anew. Resamples that tell nothing are left out. */
function bounded(
  customers: ArrayLike<number>,
  { seed, resamples }: Resampling,
  figures: readonly Figure[]
): Bounded[] {
  const random = createRandom(seed)
  const people = new Float64Array(largest(customers) + 1)
  const counts = new Float64Array(customers.length).fill(1)
  const values = figures.map(figure => figure(counts))
  const found = figures.map((): number[] => [])
  for (let draw = 0; draw < resamples; draw++) {
    people.fill(0)
    for (let i = 0; i < people.length; i++) people[random.integer(people.length)]!++
    for (let i = 0; i < counts.length; i++) counts[i] = people[customers[i]!]!
    for (const [i, figure] of figures.entries()) {
      const value = figure(counts)
      if (!Number.isNaN(value)) found[i]!.push(value)
    }
  }
  return values.map((value, i) => {
    const sorted = Float64Array.from(found[i]!).sort()
    const tail = Math.floor(0.025 * sorted.length)
    return { value, low: sorted[tail] ?? NaN, high: sorted.at(-1 - tail) ?? NaN }
  })
}

/** Rows by score, so that the area under the curve of any resample is one pass over them. */
class Ranking {
  readonly #order: Int32Array
  readonly #scores: ArrayLike<number>
  readonly #labels: ArrayLike<number>

  constructor(scores: ArrayLike<number>, labels: ArrayLike<number>) {
    this.#scores = scores
    this.#labels = labels
    this.#order = Int32Array.from({ length: labels.length }, (_, i) => i).sort(
      (i, j) => scores[i]! - scores[j]!
    )
  }

  /** As metrics.auc of the rows, each so often; NaN without both labels. */
  auc(counts: Float64Array): number {
    let positives = 0
    let negatives = 0
    let pairs = 0
    for (let at = 0; at < this.#order.length; ) {
      const score = this.#scores[this.#order[at]!]!
      let ups = 0
      let downs = 0
      for (; at < this.#order.length && this.#scores[this.#order[at]!] === score; at++) {
        const row = this.#order[at]!
        if (this.#labels[row] === 1) ups += counts[row]!
        else downs += counts[row]!
      }
      pairs += ups * (negatives + downs / 2)
      positives += ups
      negatives += downs
    }
    return pairs / (positives * negatives)
  }
}

function lossOf(score: number, label: number): number {
  return logLoss([score], [label])
}

function weightedMean(values: Float64Array, counts: Float64Array): number {
  let sum = 0
  let weight = 0
  for (let i = 0; i < values.length; i++) {
    sum += counts[i]! * values[i]!
    weight += counts[i]!
  }
  return sum / weight
}

function tells(positives: number, impressions: number): boolean {
  return positives >= LEAST_OF_EACH && impressions - positives >= LEAST_OF_EACH
}

function largest(values: ArrayLike<number>): number {
  let most = -1
  for (let i = 0; i < values.length; i++) most = Math.max(most, values[i]!)
  return most
}
