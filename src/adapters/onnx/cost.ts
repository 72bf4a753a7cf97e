import type { InferenceSession } from 'onnxruntime-node'
import type { RunCost } from '../../decisioning/ports.js'
import { MOST_ROWS, rowsOfZeros, type ShapedInput } from './runs.js'

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

/** How long one run may keep everybody else waiting. */
const MOST_RUN_MICROS = 20_000

/** Rows that one run may have, by what they cost. */
export function rowsARun({ runMicros, rowMicros }: RunCost): number {
  const rows = Math.floor((MOST_RUN_MICROS - runMicros) / rowMicros)
  // Infinite where nothing was measured.
  return rows < MOST_ROWS ? Math.max(1, rows) : MOST_ROWS
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
