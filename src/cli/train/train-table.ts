import {
  fitTable,
  probabilitiesOf,
  type FittedTable,
  type Method
} from '../../learning/fit-table.js'
import { logLoss } from '../../learning/metrics.js'
import { createRandom } from '../../learning/random.js'
import { stratifiedFolds, stratifiedSplit } from '../../learning/split.js'
import { pickLabels, pickTable, type Table } from '../../learning/table.js'
import { createCalibration, type Calibrate } from '../../scoring/calibration.js'
import { CommandRefused } from '../shell.js'
import { calibrationOf } from './calibrate-fit.js'
import { measure, type Held, type Measures } from './measures.js'

/** A model with its calibration and what it says of rows that it was not made with. */
export interface TrainedTable {
  readonly fitted: FittedTable
  /** Corner points of an isotonic calibration; undefined where the model's own output is as good. */
  readonly points: ReadonlyArray<readonly [number, number]> | undefined
  readonly held: Held
  /** Log loss of the validation rows, by which models are chosen. */
  readonly validationLoss: number
}

/** Positions of the rows that models are fitted on, chosen and calibrated by, and judged by. */
export interface TableParts {
  readonly train: Int32Array
  readonly validation: Int32Array
  readonly test: Int32Array
}

const TEST_SHARE = 0.2
/** Of the rows that are left. */
const VALIDATION_SHARE = 0.15

/** The same table and seed give the same parts; every part has the same share of positives. */
export function partsOf(labels: Uint8Array, seed: number): TableParts {
  const random = createRandom(seed)
  const { train, test } = stratifiedSplit(labels, TEST_SHARE, random)
  return partsAround(labels, train, test, random)
}

/**
 * Cuts the rows by their time, so that a model is judged by what came after all that it learnt from; rows of one instant stay
 * together. Throws CommandRefused where a part lacks one of the answers.
 */
export function partsByTime(timesMs: Float64Array, labels: Uint8Array): TableParts {
  const order = Int32Array.from(timesMs.keys()).sort((a, b) => timesMs[a]! - timesMs[b]! || a - b)
  const cutAt = (share: number): number => {
    let at = Math.round(order.length * share)
    while (at < order.length && timesMs[order[at]!] === timesMs[order[at - 1]!]) at++
    return at
  }
  const testFrom = cutAt(1 - TEST_SHARE)
  const validationFrom = cutAt((1 - TEST_SHARE) * (1 - VALIDATION_SHARE))
  const parts = {
    train: order.slice(0, validationFrom).sort(),
    validation: order.slice(validationFrom, testFrom).sort(),
    test: order.slice(testFrom).sort()
  }
  for (const [name, rows] of Object.entries(parts)) {
    const positives = rows.reduce((sum, row) => sum + labels[row]!, 0)
    if (positives === 0 || positives === rows.length)
      throw new CommandRefused(
        `cut by time, the part for ${name} has ${rows.length} rows, ${positives} of them positive; it needs both answers: take a longer period`
      )
  }
  return parts
}

function partsAround(
  labels: Uint8Array,
  rest: Int32Array,
  test: Int32Array,
  random: ReturnType<typeof createRandom>
): TableParts {
  const split = stratifiedSplit(pickLabels(labels, rest), VALIDATION_SHARE, random)
  return {
    train: split.train.map(at => rest[at]!),
    validation: split.test.map(at => rest[at]!),
    test
  }
}

interface Training {
  readonly method: Method
  readonly seed: number
  /** Called with the share of the work that is done, in [0, 1]. */
  readonly progress: (share: number) => void
}

/** Fits, calibrates and judges one method. The same table, parts and seed give the same model. */
export function trainTable(table: Table, parts: TableParts, training: Training): TrainedTable {
  const fitted = fitTable(table, parts, training)
  const validation = pickTable(table, parts.validation)
  const chosenBy = probabilitiesOf(fitted, validation)
  const points = calibrationOf(chosenBy, validation.labels)
  const calibrate = calibrateBy(points)
  const test = pickTable(table, parts.test)
  const raw = probabilitiesOf(fitted, test)
  return {
    fitted,
    points,
    held: { labels: test.labels, raw, probabilities: raw.map(calibrate) },
    validationLoss: logLoss(chosenBy.map(calibrate), validation.labels)
  }
}

/** What becomes of a model's own output. */
function calibrateBy(points: TrainedTable['points']): Calibrate {
  return createCalibration(
    points === undefined ? { method: 'none' } : { method: 'isotonic', points }
  )
}

/** Trains on all folds but one and measures on that one, for each of them in turn. */
export function crossValidate(
  table: Table,
  folds: number,
  { method, seed, progress }: Training
): Measures[] {
  const { labels } = table
  const random = createRandom(seed, 1)
  return stratifiedFolds(labels, folds, random).map((test, fold) => {
    const inTest = new Set(test)
    const rest = Int32Array.from(labels.keys()).filter(row => !inTest.has(row))
    const parts = partsAround(labels, rest, test, random)
    const { held } = trainTable(table, parts, {
      method,
      seed,
      progress: share => progress((fold + share) / folds)
    })
    return measure(held.probabilities, held.labels)
  })
}
