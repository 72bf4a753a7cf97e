/**
 * `npm run bench -- offers`: from 10 offers to 10,000, nearly all of which pass; then a costly model over 200 candidates, with those scored
 * that may win and with all scored. CPU of whole decisions inside the process, lot by lot in turns.
 */
import { createOnnxRuntime } from '../src/adapters/onnx/runtime.js'
import type { ModelRuntime } from '../src/decisioning/ports.js'
import { NOTHING_LEARNT } from '../src/decisioning/propensity/learnt.js'
import { decideFor, prepare } from './decide.js'
import { treesModel } from './model.js'
import { inPairs, pairedRatio, ratioText, type PairedRatio } from './ratio.js'
import { modelText, numbersFrom, OFFERS, offerValue, rulesText } from './world.js'

const COUNTS = [10, 200, 1_000, 10_000]
const CANDIDATES = 200
const TREES = 100
const DEPTH = 6
export const COSTLY_MODEL = `${TREES} trees of depth ${DEPTH}`
const TOGETHER = 4
const DECISIONS = 100
/** What one file of rules holds. */
const OFFERS_A_FILE = 2_000

/** What a decision costs in one world, against what it is compared with. */
interface WorldCost {
  readonly offers: number
  readonly world: string
  readonly cpuMicros: number
  readonly ratio: PairedRatio
}

export async function runOffers(): Promise<void> {
  for (const { offers, world, cpuMicros, ratio } of await measureOffers())
    process.stdout.write(
      `${offers} offers, ${world}: ${cpuMicros.toFixed(1)} µs CPU a decision, against ${OFFERS} ${ratioText(ratio)}\n`
    )
  for (const { offers, world, cpuMicros, ratio } of await measureScoring())
    process.stdout.write(
      `${COSTLY_MODEL}, ${offers} candidates, ${world}: ${cpuMicros.toFixed(1)} µs CPU a decision, against all scored ${ratioText(ratio)}\n`
    )
}

/** The logistic model over more and more offers, against the usual 50. */
export async function measureOffers(): Promise<WorldCost[]> {
  const costs: WorldCost[] = []
  for (const count of COUNTS)
    costs.push(await measureCount(count, 'many of the same value', offerValue))
  costs.push(await measureCount(10_000, 'values 10 to 1,000', valuesOver(10_000, 100)))
  return costs
}

/** A costly model: those scored that may win, against all scored. */
export async function measureScoring(): Promise<WorldCost[]> {
  const costs: WorldCost[] = []
  for (const spread of [10, 100, 1_000])
    costs.push(await compareScoring(`values 10 to ${10 * spread}`, valuesOver(CANDIDATES, spread)))
  return costs
}

/** Values spread evenly over their orders of magnitude, from 10 to 10 × `spread`. */
function valuesOver(count: number, spread: number): (offer: number) => number {
  const random = numbersFrom(spread)
  const values = Array.from({ length: count }, () => Math.round(1e6 * spread ** random()) / 1e5)
  return offer => values[offer]!
}

async function measureCount(
  count: number,
  world: string,
  valueOf: (offer: number) => number
): Promise<WorldCost> {
  const few = await prepare(rulesText())
  const many = await prepare(inFiles(rulesText('none', count, () => 'bench', valueOf)))
  const pairs = await inPairs(
    () => decideFor(many, TOGETHER, 'none', DECISIONS),
    () => decideFor(few, TOGETHER, 'none', DECISIONS)
  )
  return costOf(count, world, pairs)
}

/** The same decisions, with those scored that may win and with all scored. */
async function compareScoring(
  world: string,
  valueOf: (offer: number) => number
): Promise<WorldCost> {
  const rules = rulesText('none', CANDIDATES, () => 'bench', valueOf)
  const models = [{ name: 'bench', text: modelText(), bytes: treesModel(TREES, DEPTH) }]
  const real = createOnnxRuntime()
  const prepared = (runtime: ModelRuntime) =>
    prepare(rules, () => undefined, NOTHING_LEARNT, models, runtime)
  const listed = await prepared(real)
  const all = await prepared(silent(real))
  const pairs = await inPairs(
    () => decideFor(listed, TOGETHER, 'none', DECISIONS),
    () => decideFor(all, TOGETHER, 'none', DECISIONS)
  )
  return costOf(CANDIDATES, world, pairs)
}

function costOf(
  offers: number,
  world: string,
  pairs: ReadonlyArray<readonly [number, number]>
): WorldCost {
  const cpuMicros = pairs.reduce((sum, [one]) => sum + one, 0) / pairs.length
  return { offers, world, cpuMicros, ratio: pairedRatio(pairs) }
}

/** Whose models do not say what they compute, so that all are scored. */
function silent(runtime: ModelRuntime): ModelRuntime {
  return {
    ...runtime,
    async open(bytes, output) {
      const open = await runtime.open(bytes, output)
      return { ...open, arithmetic: undefined }
    }
  }
}

/** Rules with their offers spread over several files. */
function inFiles(rules: string): string[] {
  const [head = '', offers = ''] = rules.split('\noffers:\n')
  const entries = offers.trimEnd().split(/\n(?= {2}\S)/)
  const files = [`${head}\n`]
  for (let from = 0; from < entries.length; from += OFFERS_A_FILE)
    files.push(`offers:\n${entries.slice(from, from + OFFERS_A_FILE).join('\n')}\n`)
  return files
}
