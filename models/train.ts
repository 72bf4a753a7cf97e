import { writeLogistic, writeTrees } from '../src/adapters/onnx/write.js'
import { exposures, type Exposure } from '../src/cli/world/exposures.js'
import type { Held } from '../src/cli/train/measures.js'
import { roundedPoints } from '../src/cli/train/model-yaml.js'
import type { World } from '../src/cli/world/world.js'
import type { WrittenInput } from '../src/decisioning/ports.js'
import { fitIsotonic } from '../src/learning/calibrate.js'
import { fitLogistic, logisticScore, sigmoid } from '../src/learning/logistic.js'
import { matrixOf, pickRows, rowOf, type Matrix } from '../src/learning/matrix.js'
import { createRandom } from '../src/learning/random.js'
import { stratifiedSplit } from '../src/learning/split.js'
import { fitTrees, treesScore } from '../src/learning/trees.js'
import { createCalibration } from '../src/scoring/calibration.js'
import type { CompileFeature, Expression, Strategy } from '../src/policy/strategy.js'
import type { Column, Recipe } from './recipes.js'

export interface TrainingGround {
  readonly world: World
  readonly strategy: Strategy
  readonly compileFeature: CompileFeature
  /** Customers by number that answer, from the first up to but not including the last. */
  readonly customers: readonly [first: number, end: number]
  readonly nowMs: number
  readonly seed: number
}

/** Exposures that were not trained on, as a request would bring them and as the model sees them. */
export interface HeldOut extends Held {
  /** By row, by input, by column: the values in the order of the recipe's inputs. */
  readonly cells: ReadonlyArray<ReadonlyArray<ReadonlyArray<number | string>>>
}

export interface TrainedModel {
  readonly recipe: Recipe
  readonly onnx: Uint8Array
  readonly points: ReadonlyArray<readonly [number, number]> | undefined
  readonly heldOut: HeldOut
  readonly trainingRows: number
  /** Rows that only the calibration was fitted on. */
  readonly calibrationRows: number
  /** Share of positives over all rows. */
  readonly baseRate: number
}

interface Fitted {
  readonly onnx: Uint8Array
  /** The raw output for a row of numbers, as the ONNX file gives it. */
  score(row: Float64Array): number
}

const TEST_SHARE = 0.3
const CALIBRATION_SHARE = 0.25
/** Fewest rows in a step of the calibration, so that it follows the trees' bias and not the noise. */
const CALIBRATION_STEP = 800
/** Small steps: the trees stay close to the base rate, and the calibration draws them apart again. */
export const TREES = { trees: 30, depth: 4, learningRate: 0.04, minRows: 60, ridge: 5 } as const
export const RIDGE = 5

/** Lets the world answer, trains on 70 % of the answers and looks at the rest. The same ground gives the same bytes. */
export function trainModel(recipe: Recipe, ground: TrainingGround): TrainedModel {
  const { features, cells, labels } = collect(recipe, ground)
  const random = createRandom(ground.seed)
  const split = stratifiedSplit(labels, TEST_SHARE, random)
  const part =
    recipe.method === 'trees'
      ? stratifiedSplit(pick(labels, split.train), CALIBRATION_SHARE, random)
      : undefined
  const train = part === undefined ? split.train : Int32Array.from(part.train, i => split.train[i]!)
  const spare =
    part === undefined ? new Int32Array(0) : Int32Array.from(part.test, i => split.train[i]!)
  const fitted = fit(recipe, pickRows(features, train), pick(labels, train), ground.seed)
  const scores = (rows: Int32Array): Float64Array =>
    Float64Array.from(rows, row => fitted.score(rowOf(features, row)))
  const points =
    spare.length === 0
      ? undefined
      : roundedPoints(fitIsotonic(scores(spare), pick(labels, spare), CALIBRATION_STEP))
  const raw = scores(split.test)
  return {
    recipe,
    onnx: fitted.onnx,
    points,
    heldOut: {
      cells: Array.from(split.test, row => cells[row]!),
      labels: pick(labels, split.test),
      raw,
      probabilities:
        points === undefined ? raw : raw.map(createCalibration({ method: 'isotonic', points }))
    },
    trainingRows: train.length,
    calibrationRows: spare.length,
    baseRate: labels.reduce((sum, label) => sum + label, 0) / labels.length
  }
}

/** All rows, as cells and as the numbers that the classifier inside the graph sees. */
function collect(
  recipe: Recipe,
  ground: TrainingGround
): { features: Matrix; cells: Array<Array<Array<number | string>>>; labels: Uint8Array } {
  const { world, strategy, compileFeature, customers, nowMs, seed } = ground
  const inputs = recipe.inputs.map(({ columns }) =>
    columns.map(column => ({ column, expression: compiled(column, compileFeature) }))
  )
  const past = exposures(world, strategy, { group: recipe.group, customers, nowMs, seed })
  const rows = Array.from(past, exposure => {
    return {
      answered: exposure.answered,
      cells: inputs.map(columns =>
        columns.map(({ column, expression }) => cellOf(column, expression, exposure))
      )
    }
  })
  return {
    features: matrixOf(rows.map(({ cells }) => numbersOf(recipe, cells))),
    cells: rows.map(({ cells }) => cells),
    labels: Uint8Array.from(rows, ({ answered }) => answered)
  }
}

function compiled(column: Column, compileFeature: CompileFeature): Expression {
  const expression = compileFeature(column.from, { file: 'models/recipes.ts', line: 1, column: 1 })
  if ('source' in expression) return expression
  throw new Error(
    `The feature ${column.from} does not compile: ${expression.map(problem => problem.message).join('; ')}`
  )
}

function cellOf(
  { from, missing, categories }: Column,
  expression: Expression,
  { facts, offer }: Exposure
): number | string {
  const value = expression.value(facts, offer.index) ?? missing
  if (value === undefined)
    throw new Error(
      `The feature ${from} has no value for ${facts.subject}; give it a \`missing\` in models/recipes.ts.`
    )
  // The tensors hold 32-bit floats; training sees what serving will see.
  return categories === undefined ? Math.fround(Number(value)) : String(value)
}

/** Numbers first, then one column a category: the order that the ONNX writer keeps. */
function numbersOf(recipe: Recipe, cells: ReadonlyArray<ReadonlyArray<number | string>>): number[] {
  return recipe.inputs.flatMap(({ columns }, i) =>
    columns.flatMap(({ categories }, j) => {
      const cell = cells[i]![j]!
      return categories === undefined
        ? [Number(cell)]
        : categories.map(category => (category === cell ? 1 : 0))
    })
  )
}

function fit(recipe: Recipe, x: Matrix, labels: Uint8Array, seed: number): Fitted {
  return recipe.method === 'trees'
    ? fitTreesOf(recipe, x, labels, seed)
    : fitLogisticOf(recipe, x, labels)
}

function fitLogisticOf(recipe: Recipe, x: Matrix, labels: Uint8Array): Fitted {
  const { intercept, coefficients } = fitLogistic(x, labels, { ridge: RIDGE })
  const model = {
    intercept: Math.fround(intercept),
    coefficients: coefficients.map(Math.fround),
    steps: 0
  }
  const inputs = recipe.inputs.map(({ input, columns }): WrittenInput => {
    const categories = columns[0]?.categories
    return categories === undefined
      ? { name: input, columns: columns.length }
      : { name: input, categories }
  })
  return {
    onnx: writeLogistic({ name: recipe.name, inputs, ...model }),
    score: row => sigmoid(logisticScore(model, row))
  }
}

function fitTreesOf(recipe: Recipe, x: Matrix, labels: Uint8Array, seed: number): Fitted {
  const ensemble = fitTrees(x, labels, createRandom(seed, 1), TREES)
  const inputs = [{ name: recipe.inputs[0]!.input, columns: x.columns }]
  return {
    onnx: writeTrees({ name: recipe.name, inputs, ...ensemble }),
    score: row => sigmoid(treesScore(ensemble, row))
  }
}

function pick(labels: Uint8Array, rows: Int32Array): Uint8Array {
  return Uint8Array.from(rows, row => labels[row]!)
}
