import type { Parts } from '../parts.js'
import { cellOf } from '../../learning/features.js'
import { probabilitiesOf } from '../../learning/fit-table.js'
import { permutationImportance } from '../../learning/importance.js'
import { pickTable, type NumberColumn } from '../../learning/table.js'
import type { TrainingRequest } from './ask.js'
import { outsideChoices } from './bind-columns.js'
import { calibrationPlot } from './calibration-plot.js'
import { cardOf } from './card.js'
import { findLeaks } from './leaks.js'
import { measure, type Measures } from './measures.js'
import { inputNameOf, onnxOf, verifyModel } from './model-of.js'
import { modelYaml, rowsToCheck } from './model-yaml.js'
import type { ReadTable } from './read-table.js'
import type { MethodReport, TrainingReport } from './report.js'
import {
  crossValidate,
  partsByTime,
  partsOf,
  trainTable,
  type TableParts,
  type TrainedTable
} from './train-table.js'

interface Making {
  readonly request: TrainingRequest
  readonly version: number
  /** What the card calls the data. */
  readonly file: string
  readonly parts: Parts
  readonly progress: (share: number, what: string) => void
}

/** A model's files by name, and what is told of them. */
interface MadeModel {
  readonly report: Omit<TrainingReport, 'folder'>
  readonly files: Readonly<Record<string, string | Uint8Array>>
}

/** Trains the methods asked for and makes the files of the best. Throws CommandRefused where a column tells the answer. */
export async function makeModel(read: ReadTable, making: Making): Promise<MadeModel> {
  const { table, columns, timesMs } = read
  const { request, parts } = making
  const rows =
    timesMs === undefined ? partsOf(table.labels, request.seed) : partsByTime(timesMs, table.labels)
  const warnings = warningsOf(read, rows, request)
  const trained = trainAll(read, rows, making)
  const best = trained.reduce((one, other) =>
    other.model.validationLoss < one.model.validationLoss ? other : one
  )
  const { model } = best
  const onnx = onnxOf(request.name, model.fitted, parts.modelWriter)
  const test = pickTable(table, rows.test)
  const largestDifference = await verifyModel(onnx, parts.createRuntime(), model.fitted, {
    table: test,
    expected: model.held.raw
  })
  const lost = permutationImportance(test, one => probabilitiesOf(model.fitted, one), request.seed)
  const told = {
    ...toldOf(read, rows, making),
    method: best.report.method,
    methods: trained.map(({ report }) => report),
    importance: columns
      .map(({ name }, i) => ({ column: name, aucLost: lost[i]! }))
      .sort((a, b) => b.aucLost - a.aucLost),
    warnings,
    largestDifference
  }
  const { held } = model
  const files = {
    'model.onnx': onnx,
    'model.yaml': yamlOf(read, test, model, making),
    'card.md': cardOf(told, model, columns),
    'calibration.svg': calibrationPlot(request.name, held.probabilities, held.labels)
  }
  const bytes: Record<string, number> = {}
  for (const [name, content] of Object.entries(files)) bytes[name] = Buffer.byteLength(content)
  return { report: { ...told, files: bytes }, files }
}

function warningsOf(
  { table, columns, constant }: ReadTable,
  { train, validation, test }: TableParts,
  { allow }: TrainingRequest
): string[] {
  const others = Int32Array.from([...validation, ...test]).sort()
  return [
    ...constant.map(name => `column "${name}" is the same in all rows and was left out`),
    ...columns.flatMap((column, i) => {
      const cells = table.columns[i]!
      return cells.kind === 'category' ? outsideChoices(column, cells.categories) : []
    }),
    ...findLeaks(table, { train, others }, allow)
  ]
}

interface TrainedMethod {
  readonly report: MethodReport
  readonly model: TrainedTable
}

function trainAll(
  { table }: ReadTable,
  rows: TableParts,
  { request: { methods, folds, seed }, progress }: Making
): TrainedMethod[] {
  const runs = folds === undefined ? 1 : folds + 1
  return methods.map((method, i) => {
    const show = (run: number, share: number, what: string): void =>
      progress((i + (run + share) / runs) / methods.length, what)
    const model = trainTable(table, rows, {
      method,
      seed,
      progress: share => show(0, share, method)
    })
    const report = {
      method,
      validationLoss: model.validationLoss,
      held: measure(model.held.probabilities, model.held.labels)
    }
    if (folds === undefined) return { report, model }
    const byFold = crossValidate(table, folds, {
      method,
      seed,
      progress: share => show(1, share * folds, `${method}, ${folds} folds`)
    })
    return { report: { ...report, byFold, crossValidated: meansOf(byFold) }, model }
  })
}

function meansOf(measures: readonly Measures[]): Measures {
  const mean = (of: (one: Measures) => number): number =>
    measures.reduce((sum, one) => sum + of(one), 0) / measures.length
  return {
    auc: mean(one => one.auc),
    logLoss: mean(one => one.logLoss),
    calibrationError: mean(one => one.calibrationError)
  }
}

function toldOf(
  { table: { labels }, columns, positive, timesMs }: ReadTable,
  { train, validation, test }: TableParts,
  { request: { name, target, seed, folds, without }, version, file }: Making
) {
  return {
    model: name,
    version,
    seed,
    data: {
      file,
      target,
      positive,
      columns: columns.map(column => column.name),
      without: [...without]
    },
    rows: {
      all: labels.length,
      train: train.length,
      validation: validation.length,
      test: test.length
    },
    isCutByTime: timesMs !== undefined,
    baseRate: labels.reduce((sum, label) => sum + label, 0) / labels.length,
    ...(folds === undefined ? {} : { folds })
  }
}

/** The least and the greatest of what is known; [0, 0] where nothing is. */
function rangeOf({ cells }: NumberColumn): [number, number] {
  const range: [number, number] = [Infinity, -Infinity]
  for (const cell of cells) {
    if (cell < range[0]) range[0] = cell
    if (cell > range[1]) range[1] = cell
  }
  return range[0] > range[1] ? [0, 0] : range
}

function yamlOf(
  { table, columns, positive }: ReadTable,
  test: ReadTable['table'],
  { fitted: { features }, points, held }: TrainedTable,
  { request: { name, target }, version }: Making
): string {
  return modelYaml({
    heading: `How likely it is that ${target} is ${positive}. How it was made and how good it is: card.md. Written by offerd train.`,
    name,
    version,
    inputs: features.map((feature, i) => {
      const { from } = columns[i]!
      const { missing } = feature
      return {
        input: inputNameOf(feature.name),
        columns: [
          feature.kind === 'number'
            ? { from, missing, range: rangeOf(table.columns[i] as NumberColumn) }
            : { from, missing, categories: feature.categories }
        ]
      }
    }),
    points,
    checks: rowsToCheck(held.probabilities).map(row => {
      return {
        cells: features.map((feature, i) => [cellOf(test.columns[i]!, feature, row)]),
        probability: held.probabilities[row]!
      }
    })
  })
}
