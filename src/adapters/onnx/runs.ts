import { type InferenceSession, Tensor } from 'onnxruntime-node'
import type { EncodeRows, InputColumns, ModelInput } from '../../decisioning/ports.js'

/** Models are tried out with as many rows in one run as forty decisions of fifty offers have, and never get more at once. */
export const MOST_ROWS = 2_000

/** What a run needs to know of a model. */
export interface RunShape {
  readonly inputs: readonly ShapedInput[]
  readonly output: string
  /** Cells of the output a row, and which of them are scores: the positive class, of every model where several are fused. */
  readonly outputWidth: number
  readonly columns: readonly number[]
  /** Rows that one run may have: 1 where the model takes one row a run; see rowsARun. */
  readonly mostRows: number
}

export interface ShapedInput extends ModelInput {
  /** True when the tensor is [rows], false when it is [rows, width]. */
  readonly flat: boolean
}

/** Scores that share runs of one session. */
export interface Runs {
  /** As many scores a row as there are columns, row after row. */
  score(rows: number, encode: EncodeRows): Promise<Float64Array>
  /** Resolves when every score asked for is answered; later ones are refused. False when it was closed before. */
  close(): Promise<boolean>
}

interface Block {
  readonly rows: number
  readonly encode: EncodeRows
  firstRow: number
  readonly resolve: (scores: Float64Array) => void
  readonly reject: (error: unknown) => void
}

/**
 * Joins the scores of one event-loop turn into one run: a run costs 10 to 20 µs whatever its rows, and it computes on this
 * thread. More rows than a run may have take several, and the event loop turns in between. The cells are reused by the next run, which starts only after this one has answered.
 */
export function createRuns(session: InferenceSession, shape: RunShape): Runs {
  let tensors: InputColumns[] = []
  let capacity = 0
  let waiting: Block[] = []
  let flight: Promise<void> | undefined
  let closed = false

  function flush(): void {
    if (flight !== undefined || waiting.length === 0) return
    const blocks = waiting
    waiting = []
    flight = answer(blocks).then(() => {
      flight = undefined
      flush()
    })
  }

  async function answer(blocks: readonly Block[]): Promise<void> {
    grow(blocks.reduce((sum, b) => sum + b.rows, 0))
    let rows = 0
    const encoded = blocks.filter(block => {
      block.firstRow = rows
      try {
        block.encode(tensors, rows)
      } catch (error) {
        block.reject(error)
        return false
      }
      rows += block.rows
      return true
    })
    if (rows === 0) return
    try {
      const cells = rows <= shape.mostRows ? await run(0, rows) : await runInParts(rows)
      for (const block of encoded) block.resolve(pick(cells, block.firstRow, block.rows))
    } catch (error) {
      for (const block of encoded) block.reject(error)
    }
  }

  function grow(rows: number): void {
    if (rows <= capacity) return
    capacity = 2 ** Math.ceil(Math.log2(Math.max(rows, 64)))
    tensors = shape.inputs.map(input => ({ input, cells: cellsFor(input, capacity) }))
  }

  async function run(firstRow: number, rows: number): Promise<OutputCells> {
    const feeds: Record<string, Tensor> = {}
    for (const [i, input] of shape.inputs.entries())
      feeds[input.name] = tensorOf(input, tensors[i]!.cells, firstRow, rows)
    const { [shape.output]: output } = await session.run(feeds, [shape.output])
    const data = output?.data
    if (
      !(data instanceof Float32Array || data instanceof Float64Array) ||
      data.length !== rows * shape.outputWidth
    ) {
      throw new Error(
        `Output ${shape.output} is ${output?.type} [${output?.dims.join(', ')}] for ${rows} rows; ${shape.outputWidth} floating-point numbers a row belong there.`
      )
    }
    return data
  }

  async function runInParts(rows: number): Promise<OutputCells> {
    const all = new Float64Array(rows * shape.outputWidth)
    for (let row = 0; row < rows; row += shape.mostRows)
      all.set(await run(row, Math.min(shape.mostRows, rows - row)), row * shape.outputWidth)
    return all
  }

  function pick(cells: OutputCells, firstRow: number, rows: number): Float64Array {
    const { columns, outputWidth } = shape
    const scores = new Float64Array(rows * columns.length)
    let next = 0
    for (let row = 0, at = firstRow * outputWidth; row < rows; row++, at += outputWidth)
      for (let i = 0; i < columns.length; i++) scores[next++] = cells[at + columns[i]!]!
    return scores
  }

  return {
    score(rows, encode) {
      if (closed)
        return Promise.reject(
          new Error('The model was released; score with the one that replaced it.')
        )
      if (rows === 0) return Promise.resolve(new Float64Array(0))
      return new Promise((resolve, reject) => {
        waiting.push({ rows, encode, firstRow: 0, resolve, reject })
        if (waiting.length === 1) setImmediate(flush)
      })
    },
    async close() {
      const first = !closed
      closed = true
      flush()
      while (flight !== undefined) await flight
      return first
    }
  }
}

type OutputCells = Float32Array | Float64Array

/** What a trial feeds a model with: rows of zeros and empty strings, a tensor an input. */
export function rowsOfZeros(inputs: readonly ShapedInput[], rows: number): Record<string, Tensor> {
  return Object.fromEntries(
    inputs.map(input => [input.name, tensorOf(input, cellsFor(input, rows), 0, rows)])
  )
}

/** Room for rows of an input: zeros or empty strings. */
function cellsFor({ type, width }: ModelInput, rows: number): InputColumns['cells'] {
  switch (type) {
    case 'float32':
      return new Float32Array(rows * width)
    case 'float64':
      return new Float64Array(rows * width)
    case 'int32':
      return new Int32Array(rows * width)
    case 'int64':
      return new BigInt64Array(rows * width)
    case 'bool':
      return new Uint8Array(rows * width)
    case 'string':
      return new Array<string>(rows * width).fill('')
  }
}

/** The tensor of some rows, a view of their cells; making one costs 0.2 µs. */
function tensorOf(
  { type, width, flat }: ShapedInput,
  cells: InputColumns['cells'],
  firstRow: number,
  rows: number
): Tensor {
  const from = firstRow * width
  const to = from + rows * width
  return new Tensor(
    type,
    Array.isArray(cells) ? cells.slice(from, to) : cells.subarray(from, to),
    flat ? [rows] : [rows, width]
  )
}
