import { createBlockSummer } from './block-sums.js'
import type { Statistic } from './bootstrap.js'

/** A decision that was made, and how likely another policy would have made it. */
export interface LoggedDecision {
  /** What came of it, in any unit. */
  readonly reward: number
  /** Probability in (0, 1] with which the policy that decided chose the offer. */
  readonly loggedProbability: number
  /** Probability in [0, 1] with which the new policy would have chosen the same offer. */
  readonly newProbability: number
  /** A reward model's prediction for the offer that was chosen; all decisions of a log have it, or none. */
  readonly predicted?: number
  /** The model's prediction averaged over the offers that the new policy would choose; given with `predicted`. */
  readonly expected?: number
}

/** An estimator of a new policy's mean reward from the decisions of another. */
export interface Estimator {
  readonly id: string
  readonly title: string
  readonly needsModel: boolean
  /** Whether the correction is divided by the mean weight. */
  readonly normalised: boolean
  /** As how much a weight counts in the correction. */
  readonly count: (weight: number) => number
}

const whole = (weight: number): number => weight
const notAtAll = (): number => 0
const clippedAt = (most: number) => (weight: number) => Math.min(weight, most)
const upTo = (most: number) => (weight: number) => (weight <= most ? weight : 0)
const shrunkBy = (lambda: number) => (weight: number) => (lambda * weight) / (weight ** 2 + lambda)

const plain = { needsModel: false, normalised: false }
const modelled = { needsModel: true, normalised: false }

/**
 * Estimators of the form mean(e) + mean(count(w) · (r − q)): w = newProbability / loggedProbability, r the reward, q what the
 * reward model predicts for the chosen offer and e what it expects of the new policy, both 0 without a model. As the Open Bandit
 * Pipeline has them (Saito et al. 2021): IPS (Horvitz and Thompson 1952), clipped (Strehl et al. 2010), SNIPS (Swaminathan and
 * Joachims 2015), DM (Beygelzimer and Langford 2009), DR (Dudík et al. 2014), SNDR (Thomas and Brunskill 2016), switch-DR (Wang
 * et al. 2017) and DR with optimistic shrinkage (Su et al. 2020).
 */
const ESTIMATORS: readonly Estimator[] = [
  { id: 'ips', title: 'IPS', ...plain, count: whole },
  { id: 'ips_clipped_10', title: 'IPS clipped at 10', ...plain, count: clippedAt(10) },
  { id: 'snips', title: 'SNIPS', ...plain, normalised: true, count: whole },
  { id: 'dm', title: 'DM', ...modelled, count: notAtAll },
  { id: 'dr', title: 'DR', ...modelled, count: whole },
  { id: 'sndr', title: 'SNDR', ...modelled, normalised: true, count: whole },
  { id: 'switch_dr_1', title: 'switch-DR up to 1', ...modelled, count: upTo(1) },
  { id: 'switch_dr_10', title: 'switch-DR up to 10', ...modelled, count: upTo(10) },
  { id: 'dr_os_1', title: 'DR-os with 1', ...modelled, count: shrunkBy(1) },
  { id: 'dr_os_100', title: 'DR-os with 100', ...modelled, count: shrunkBy(100) }
]

/** What is kept of a log, however long. */
export interface LogSums {
  readonly decisions: number
  readonly weightSum: number
  readonly weightSquareSum: number
  readonly largestWeight: number
  /** Decisions that the new policy would never make. */
  readonly zeroWeights: number
  /** The mean reward that the log itself shows. */
  readonly logged: Statistic
  /** Those that the log has the columns for. */
  readonly estimators: ReadonlyArray<Estimator & { readonly statistic: Statistic }>
}

export interface LogSummer {
  add(decision: LoggedDecision): void
  /** The sums so far. */
  finish(): LogSums
}

/** Columns of the block sums; the estimators' corrections follow. */
const COLUMN = { rows: 0, reward: 1, weight: 2, expected: 3, nothing: 4, corrections: 5 }

/** Sums up logged decisions as they come. `modelled`: they carry what a reward model says. */
export function createLogSummer({ modelled }: { modelled: boolean }): LogSummer {
  const estimators = ESTIMATORS.filter(({ needsModel }) => modelled || !needsModel)
  const row = new Float64Array(COLUMN.corrections + estimators.length)
  const summer = createBlockSummer(row.length)
  const sums = {
    decisions: 0,
    weightSum: 0,
    weightSquareSum: 0,
    largestWeight: 0,
    zeroWeights: 0
  }

  return {
    add({ reward, loggedProbability, newProbability, predicted = 0, expected = 0 }) {
      const weight = newProbability / loggedProbability
      sums.decisions++
      sums.weightSum += weight
      sums.weightSquareSum += weight * weight
      sums.largestWeight = Math.max(sums.largestWeight, weight)
      if (weight === 0) sums.zeroWeights++
      row[COLUMN.rows] = 1
      row[COLUMN.reward] = reward
      row[COLUMN.weight] = weight
      row[COLUMN.expected] = expected
      for (const [i, { needsModel, count }] of estimators.entries())
        row[COLUMN.corrections + i] = count(weight) * (needsModel ? reward - predicted : reward)
      summer.add(row)
    },
    finish() {
      return { ...sums, ...statisticsOf(estimators, summer.finish().columns) }
    }
  }
}

function statisticsOf(
  estimators: readonly Estimator[],
  columns: readonly Float64Array[]
): Pick<LogSums, 'logged' | 'estimators'> {
  const rows = columns[COLUMN.rows]!
  const nothing = columns[COLUMN.nothing]!
  return {
    logged: { base: nothing, rows, correction: columns[COLUMN.reward]!, scale: rows },
    estimators: estimators.map((estimator, i) => ({
      ...estimator,
      statistic: {
        base: estimator.needsModel ? columns[COLUMN.expected]! : nothing,
        rows,
        correction: columns[COLUMN.corrections + i]!,
        scale: estimator.normalised ? columns[COLUMN.weight]! : rows
      }
    }))
  }
}
