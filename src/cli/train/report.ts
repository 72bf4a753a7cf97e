import type { Method } from '../../learning/fit-table.js'
import { table, type Paint } from '../paint.js'
import type { Measures } from './measures.js'

/** Everything that a training came to, as --json prints it. */
export interface TrainingReport {
  readonly model: string
  readonly version: number
  /** The method of the model that was written. */
  readonly method: Method
  readonly seed: number
  readonly data: {
    readonly file: string
    readonly target: string
    readonly positive: string
    /** That the model reads. */
    readonly columns: readonly string[]
    /** That it was told not to. */
    readonly without: readonly string[]
  }
  readonly rows: {
    readonly all: number
    readonly train: number
    readonly validation: number
    readonly test: number
  }
  /** Whether the rows held out are the newest; else they are drawn. */
  readonly isCutByTime: boolean
  /** Share of positives over all rows. */
  readonly baseRate: number
  readonly methods: readonly MethodReport[]
  /** Of the cross-validation; absent where none was asked for. */
  readonly folds?: number
  /** Greatest first: by how much the AUC of the held rows falls without what the column says. */
  readonly importance: ReadonlyArray<{ readonly column: string; readonly aucLost: number }>
  /** Sentences without a full stop. */
  readonly warnings: readonly string[]
  /** Largest difference between the written file and the trained model over the held rows. */
  readonly largestDifference: number
  /** Where the model lies. */
  readonly folder: string
  readonly files: Readonly<Record<string, number>>
}

/** How one method did. */
export interface MethodReport {
  readonly method: Method
  readonly validationLoss: number
  /** On the rows held out. */
  readonly held: Measures
  /** By fold, and their means. */
  readonly byFold?: readonly Measures[]
  readonly crossValidated?: Measures
}

const MOST_SHOWN = 8

/** The report for people. */
export function describeTraining(report: TrainingReport, paint: Paint): string[] {
  const { model, version, method, data, rows, baseRate, folds, importance, folder, files } = report
  const right = ['AUC', 'log loss', 'calibration error', 'AUC lost without it']
  return [
    ...report.warnings.map(warning => `${paint.yellow('warning:')} ${warning}`),
    `${data.file}: ${rows.all} rows, ${data.columns.length} columns, ${(baseRate * 100).toFixed(2)} % ${data.target} = ${data.positive}; trained on ${rows.train}, chosen and calibrated by ${rows.validation}, judged by ${rows.test}`,
    '',
    ...table(
      ['method', 'judged by', 'AUC', 'log loss', 'calibration error'],
      report.methods.flatMap(({ method: name, held, crossValidated }) => [
        [name, 'rows held out', ...shownMeasures(held)],
        ...(crossValidated === undefined
          ? []
          : [[name, `${folds} folds, mean`, ...shownMeasures(crossValidated)]])
      ]),
      right
    ),
    '',
    ...table(
      ['column', 'AUC lost without it'],
      importance.slice(0, MOST_SHOWN).map(({ column, aucLost }) => [column, aucLost.toFixed(4)]),
      right
    ),
    '',
    `${paint.green(`${model}@${version}`)} (${method}) is in ${folder}: ${Object.entries(files)
      .map(([name, bytes]) => `${name} (${bytes} bytes)`)
      .join(', ')}`
  ]
}

function shownMeasures({ auc, logLoss, calibrationError }: Measures): string[] {
  return [auc, logLoss, calibrationError].map(value => value.toFixed(4))
}
