import type { ModelRuntime, ModelWriter, OpenModel, WrittenInput } from '../../decisioning/ports.js'
import { cellOf } from '../../learning/features.js'
import type { FittedTable } from '../../learning/fit-table.js'
import type { Table } from '../../learning/table.js'
import { CommandRefused } from '../shell.js'

/** Names that every written model has for something else. */
const TAKEN = ['label', 'probabilities', 'row']

/** The model's input for a column of the file. */
export function inputNameOf(column: string): string {
  return TAKEN.includes(column) ? `${column}_` : column
}

/** The fitted model as an ONNX file with an input for every feature. */
export function onnxOf(name: string, fitted: FittedTable, writer: ModelWriter): Uint8Array {
  const inputs = fitted.features.map((feature): WrittenInput => {
    const input = inputNameOf(feature.name)
    return feature.kind === 'number'
      ? { name: input, columns: 1 }
      : { name: input, categories: feature.categories }
  })
  if (fitted.method === 'trees') return writer.writeTrees({ name, inputs, ...fitted.ensemble })
  const { intercept, coefficients } = fitted
  // Numbers come first, so that a number's position among the features is that among the numeric inputs.
  const segments = fitted.segments.map(({ feature, from, scale }) => {
    return { column: feature, from, scale }
  })
  return writer.writeLogistic({ name, inputs, segments, intercept, coefficients })
}

const LARGEST_DIFFERENCE = 1e-6
const ROWS_A_RUN = 4096

/**
 * Runs the file over all rows of a table, as deciding will. Answers the largest difference to the probabilities expected. Throws
 * CommandRefused where it is above 1e-6, so that no model is written that was judged as another.
 */
export async function verifyModel(
  bytes: Uint8Array,
  runtime: ModelRuntime,
  { features }: FittedTable,
  { table, expected }: { table: Table; expected: Float64Array }
): Promise<number> {
  const model = await runtime.open(bytes, { name: 'probabilities', positive: '1' })
  try {
    let largest = 0
    for (let start = 0; start < expected.length; start += ROWS_A_RUN) {
      const rows = Math.min(ROWS_A_RUN, expected.length - start)
      const scores = await scoresOf(model, { table, features, start, rows })
      scores.forEach((score, i) => {
        // A NaN must not pass for the smaller one.
        const difference = Math.abs(score - expected[start + i]!)
        if (!(difference <= largest)) largest = difference
      })
    }
    if (!(largest <= LARGEST_DIFFERENCE))
      throw new CommandRefused(
        `the written model gives other probabilities than the trained one (by up to ${largest}); nothing was written`
      )
    return largest
  } finally {
    await model.release()
  }
}

function scoresOf(
  model: OpenModel,
  {
    table,
    features,
    start,
    rows
  }: { table: Table; features: FittedTable['features']; start: number; rows: number }
): Promise<Float64Array> {
  return model.score(rows, (columns, firstRow) => {
    for (const { input, cells } of columns) {
      const at = features.findIndex(({ name }) => inputNameOf(name) === input.name)
      const column = table.columns[at]!
      for (let i = 0; i < rows; i++) cells[firstRow + i] = cellOf(column, features[at]!, start + i)
    }
  })
}
