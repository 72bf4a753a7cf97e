import type { ModelOutput, ModelRuntime, OpenModel } from '../../decisioning/ports.js'
import { arithmeticOf } from './arithmetic.js'
import { measureCost, rowsARun } from './cost.js'
import { fusableOf, openFused, type Opened } from './fused.js'
import { findPositive } from './outputs.js'
import { prepare } from './prepare.js'
import { isProbability } from './probability.js'
import { probe } from './probe.js'
import { createRuns } from './runs.js'
import { openSession } from './session.js'
import { createTryOut, type TryOut, type TryOutOptions } from './try-out.js'

/** How far beyond [0,1] rounding may carry a probability. */
const TOLERANCE = 1e-6

export interface OnnxRuntimeOptions {
  /** Given, every model is first tried out in a process of its own; left out, the check of its file alone protects this process. */
  readonly tryOut?: TryOutOptions | undefined
}

/** Runs models with onnxruntime-node: from bytes, so that no file can be reached, and on this thread alone. */
export function createOnnxRuntime(options: OnnxRuntimeOptions = {}): ModelRuntime {
  const tryOut = options.tryOut === undefined ? async () => undefined : createTryOut(options.tryOut)
  const opened = new WeakMap<OpenModel, Opened>()
  return {
    async open(bytes, output) {
      const model = await open(bytes, output, tryOut)
      opened.set(model.open, model)
      return model.open
    },
    fuse: layout => openFused(layout, open => opened.get(open), tryOut)
  }
}

async function open(file: Uint8Array, output: ModelOutput, tryOut: TryOut): Promise<Opened> {
  await tryOut(file, output)
  const { graph, producers, inputs, rowByRow, chosen, bytes } = prepare(file, output)
  const session = await openSession(bytes)
  try {
    // Two rows, so that a list of scores by class is not taken for one of scores by row.
    const probed = await probe(session, inputs, rowByRow ? 1 : 2)
    const { width, cells, flat, double } = probed
    const { column, warnings: assumed } = findPositive(graph, producers, chosen, output, width)
    const first = cells[column] ?? 0
    const takesZeros = cells.length > 0
    const cost = takesZeros
      ? await measureCost(session, inputs, rowByRow)
      : { runMicros: 0, rowMicros: 0 }
    const runs = createRuns(session, {
      inputs,
      output: chosen.tensor,
      outputWidth: width,
      columns: [column],
      mostRows: rowByRow ? 1 : rowsARun(cost)
    })
    const model: OpenModel = {
      inputs: inputs.map(({ name, type, width }) => ({ name, type, width })),
      warnings: [...probed.warnings, ...assumed, ...(rowByRow ? [FIXED_BATCH] : [])],
      yieldsProbabilities:
        isProbability(producers, chosen.tensor) && !(first < -TOLERANCE || first > 1 + TOLERANCE),
      cost,
      fusable: fusableOf(graph, rowByRow, takesZeros),
      arithmetic: arithmeticOf(producers, inputs, { tensor: chosen.tensor, width, column }),
      score: runs.score,
      async release() {
        if (await runs.close()) await session.release()
      }
    }
    const member = { bytes, inputs, output: chosen.tensor, flatOutput: flat, double }
    return { open: model, member, outputWidth: width, column, zeros: first }
  } catch (error) {
    await session.release()
    throw error
  }
}

const FIXED_BATCH =
  'The model file fixes its batch at one row, so every row is a run of its own; export it with an open first dimension.'
