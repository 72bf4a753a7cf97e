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
import { inPairs, pairedRatio, ratioText } from './ratio.js'
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

export async function runModels(): Promise<void> {
  for (const kind of Object.keys(KINDS) as Array<keyof typeof KINDS>) {
    await compareRuns(kind)
    for (const models of [1, 2, 5, 10, MOST_MODELS]) await compareDecisions(kind, models)
  }
}

/** Twenty models with ten rows each: one run against twenty, and how far their outputs lie apart. */
async function compareRuns(kind: keyof typeof KINDS): Promise<void> {
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
  process.stdout.write(
    `${MOST_MODELS} models (${kind}), ${ROWS} rows each, one run against ${MOST_MODELS}: CPU ${ratioText(pairedRatio(pairs))}; ` +
      `largest difference of outputs ${Math.max(...differences).toExponential(1)}\n`
  )
}

/** Ten offers for each model: whole decisions, fused against one run a model. */
async function compareDecisions(kind: keyof typeof KINDS, count: number): Promise<void> {
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
  const micros = pairs.reduce((sum, [one]) => sum + one, 0) / pairs.length
  process.stdout.write(
    `${count} models (${kind}), ${count * ROWS} offers: ${micros.toFixed(1)} µs CPU a decision, against a run a model ${ratioText(pairedRatio(pairs))}\n`
  )
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
