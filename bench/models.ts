/**
 * `npm run bench -- models`: what many models cost that read the same customer, fused and one by one: ten rows of each as bare runs, then
 * whole decisions inside the process. CPU, lot by lot in turns.
 */
import { createOnnxRuntime } from '../src/adapters/onnx/runtime.js'
import {
  ModelRefused,
  type EncodeRows,
  type ModelRuntime,
  type OpenModel
} from '../src/decisioning/ports.js'
import { NOTHING_LEARNT } from '../src/decisioning/propensity/learnt.js'
import { decideFor, prepare, type BenchModel } from './decide.js'
import { benchModel, treesModel } from './model.js'
import { inPairs, pairedRatio, ratioText, type PairedRatio } from './ratio.js'
import { COLUMNS, modelText, rulesText } from './world.js'

const MOST_MODELS = 20
const ROWS = 10
const RUNS = 200
const DECISIONS = 400
const TOGETHER = 4

/** The kinds of models that are fused here; all read 31 attributes and the offer's value. */
const KINDS = {
  logistic: benchModel,
  'ten trees of depth 4': (seed: number) => treesModel(10, 4, seed)
} as const

type Kind = keyof typeof KINDS

export async function runModels(): Promise<void> {
  for (const kind of Object.keys(KINDS) as Kind[]) {
    const { ratio, difference } = await measureRuns(kind)
    process.stdout.write(
      `${MOST_MODELS} models (${kind}), ${ROWS} rows each, one run against ${MOST_MODELS}: CPU ${ratioText(ratio)}; ` +
        `largest difference of outputs ${difference.toExponential(1)}\n`
    )
    for (const { models, fusedMicros, ratio } of await measureModels(kind))
      process.stdout.write(
        `${models} models (${kind}), ${models * ROWS} offers: ${fusedMicros.toFixed(1)} µs CPU a decision, against a run a model ${ratioText(ratio)}\n`
      )
  }
}

/** Twenty models with ten rows each: one run against twenty, and how far their outputs lie apart. */
export async function measureRuns(
  kind: Kind
): Promise<{ readonly ratio: PairedRatio; readonly difference: number }> {
  const runtime = createOnnxRuntime()
  const output = { name: 'probabilities', positive: '1' }
  const opened = await Promise.all(
    Array.from({ length: MOST_MODELS }, (_, i) => runtime.open(KINDS[kind](i), output))
  )
  const fused = await runtime.fuse({
    inputs: [{ name: 'all', type: 'float32', width: COLUMNS * MOST_MODELS }],
    members: opened.map((open, i) => ({ open, places: [{ tensor: 0, column: i * COLUMNS }] }))
  })
  const scoreApart = async (): Promise<Float64Array[]> =>
    await Promise.all(opened.map((open: OpenModel, i) => open.score(ROWS, rowsFor([i]))))
  const together = rowsFor(opened.map((_, i) => i))
  const scoreTogether = (): Promise<Float64Array> => fused.score(ROWS, together)

  const apart = await scoreApart()
  const all = await scoreTogether()
  const differences = all.map((score, at) =>
    Math.abs(score - apart[at % MOST_MODELS]![Math.floor(at / MOST_MODELS)]!)
  )
  const pairs = await inPairs(
    () => cpuMicros(RUNS, scoreTogether),
    () => cpuMicros(RUNS, scoreApart)
  )
  return { ratio: pairedRatio(pairs), difference: Math.max(...differences) }
}

/** What a decision costs with so many models, ten offers for each. */
interface ModelsCost {
  readonly models: number
  readonly fusedMicros: number
  readonly apartMicros: number
  readonly ratio: PairedRatio
}

/** Whole decisions, fused against one run a model. */
export async function measureModels(kind: Kind): Promise<ModelsCost[]> {
  const costs: ModelsCost[] = []
  for (const count of [1, 2, 5, 10, MOST_MODELS]) {
    const models: BenchModel[] = Array.from({ length: count }, (_, i) => ({
      name: `bench-${i}`,
      text: modelText(`bench-${i}`),
      bytes: KINDS[kind](i)
    }))
    const rules = rulesText('none', count * ROWS, offer => `bench-${offer % count}`)
    const [fused, apart] = await Promise.all(
      [createOnnxRuntime(), unfused(createOnnxRuntime())].map(runtime =>
        prepare(rules, () => undefined, NOTHING_LEARNT, models, runtime)
      )
    )
    const pairs = await inPairs(
      () => decideFor(fused!, TOGETHER, 'none', DECISIONS),
      () => decideFor(apart!, TOGETHER, 'none', DECISIONS)
    )
    const mean = (at: 0 | 1): number =>
      pairs.reduce((sum, pair) => sum + pair[at], 0) / pairs.length
    costs.push({
      models: count,
      fusedMicros: mean(0),
      apartMicros: mean(1),
      ratio: pairedRatio(pairs)
    })
  }
  return costs
}

function unfused(runtime: ModelRuntime): ModelRuntime {
  return { ...runtime, fuse: () => Promise.reject(new ModelRefused('not in this comparison')) }
}

/** Writes the same rows for each of some models, one beside the other. */
function rowsFor(models: readonly number[]): EncodeRows {
  return ([column], firstRow) => {
    if (!(column?.cells instanceof Float32Array)) return
    models.forEach((_, at) => {
      for (let row = 0; row < ROWS; row++) {
        const from = (firstRow + row) * column.input.width + at * COLUMNS
        for (let i = 0; i < COLUMNS; i++) column.cells[from + i] = (row * 31 + i * 17) % 100
      }
    })
  }
}

/** CPU microseconds a call. */
async function cpuMicros(calls: number, call: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage()
  for (let i = 0; i < calls; i++) await call()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / calls
}
