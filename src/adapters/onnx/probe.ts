import type { InferenceSession, Tensor } from 'onnxruntime-node'
import { refusal } from './refusal.js'
import { rowsOfZeros, type ShapedInput } from './runs.js'

/** What an opened model gives for rows of zeros and empty strings. */
export interface Probe {
  /** Cells of the output a row. */
  readonly width: number
  /** True when the output is [rows], false when it is [rows, width]. */
  readonly flat: boolean
  /** True when the output is in float64. */
  readonly double: boolean
  /** The cells of the first row; empty when the model does not take such rows, as encoders that know no empty string do. */
  readonly cells: readonly number[]
  readonly warnings: readonly string[]
}

/**
 * Runs an opened model once, to learn what shape its output really has: what a file declares is often open and sometimes wrong.
 * Throws ModelRefused when the output is no list or table of floating-point numbers with one row for each row fed.
 */
export async function probe(
  session: InferenceSession,
  inputs: readonly ShapedInput[],
  rows: number
): Promise<Probe> {
  const [declared] = session.outputMetadata
  const name = session.outputNames[0] ?? ''
  if (declared === undefined || !declared.isTensor)
    throw refusal(
      `Output ${name} is no tensor; export the model with a tensor of scores as its output.`
    )
  if (declared.type !== 'float32' && declared.type !== 'float64') {
    throw refusal(
      `Output ${name} holds ${declared.type}, so it has class labels and no scores; name the output of probabilities, in float32 or float64.`
    )
  }
  const double = declared.type === 'float64'
  const outcome = await tryRun(session, inputs, rows)
  if (outcome.output !== undefined) {
    const { dims, data } = outcome.output
    const width = widthOf(name, dims, rows)
    const cells = Array.from(data.slice(0, width), Number)
    return { width, flat: dims.length === 1, double, cells, warnings: [] }
  }
  const width = declared.shape.length === 1 ? 1 : declared.shape[1]
  if (declared.shape.length <= 2 && typeof width === 'number')
    return {
      width,
      flat: declared.shape.length === 1,
      double,
      cells: [],
      warnings: [
        `A run with rows of zeros fails (${outcome.reason}); add a \`check\` to the model to see it run.`
      ]
    }
  throw refusal(
    `A run with rows of zeros fails and the file does not say how wide output ${name} is: ${outcome.reason}. Export the model with the shape of its output.`
  )
}

type Outcome = { readonly output: Tensor } | { readonly output: undefined; readonly reason: string }

async function tryRun(
  session: InferenceSession,
  inputs: readonly ShapedInput[],
  rows: number
): Promise<Outcome> {
  const feeds = rowsOfZeros(inputs, rows)
  try {
    const [output] = Object.values(await session.run(feeds))
    return output === undefined ? { output, reason: 'no output' } : { output }
  } catch (error) {
    return { output: undefined, reason: reasonOf(error) }
  }
}

/** The first line of what the runtime says, without the place in its source and the signature of the function there. */
export function reasonOf(error: unknown): string {
  const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n')
  return line.replace(/\/onnxruntime_src\/.*[\])] (?=\S)/, '').slice(0, 300)
}

function widthOf(name: string, dims: readonly number[], rows: number): number {
  const [first, width = 1, ...more] = dims
  if (first === rows && more.length === 0 && width > 0) return width
  throw refusal(
    `Output ${name} is [${dims.join(', ')}] for ${rows === 1 ? 'one row' : `${rows} rows`}; export the model with one line of scores a row, [rows] or [rows, classes].`
  )
}
