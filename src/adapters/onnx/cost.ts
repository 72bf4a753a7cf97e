import type { InferenceSession } from 'onnxruntime-node'
import type { RunCost } from '../../decisioning/ports.js'
import { rowsOfZeros, type ShapedInput } from './runs.js'

/** Rows of the longer runs. */
const ROWS = 65
/** Runs of each length; the fastest counts, since everything else only ever makes a run slower. */
const RUNS = 4

/** Measures what runs of a session cost, with rows of zeros, which it must take. @param rowByRow true when it takes one row a run */
export async function measureCost(
  session: InferenceSession,
  inputs: readonly ShapedInput[],
  rowByRow: boolean
): Promise<RunCost> {
  const one = await fastestMicros(session, inputs, 1)
  if (rowByRow) return { runMicros: 0, rowMicros: one }
  const many = await fastestMicros(session, inputs, ROWS)
  const rowMicros = Math.max(0, (many - one) / (ROWS - 1))
  return { runMicros: Math.max(0, one - rowMicros), rowMicros }
}

async function fastestMicros(
  session: InferenceSession,
  inputs: readonly ShapedInput[],
  rows: number
): Promise<number> {
  const feeds = rowsOfZeros(inputs, rows)
  let best = Infinity
  for (let i = 0; i < RUNS; i++) {
    const startedAtMs = performance.now()
    await session.run(feeds)
    best = Math.min(best, (performance.now() - startedAtMs) * 1000)
  }
  return best
}
