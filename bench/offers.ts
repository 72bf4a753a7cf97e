/**
 * `npm run bench -- offers`: from 50 offers to 10,000, nearly all of which pass; then a costly model over 200 candidates, with those scored
 * that may win and with all scored. CPU of whole decisions inside the process, lot by lot in turns.
 */
import { createOnnxRuntime } from '../src/adapters/onnx/runtime.js'
import type { ModelRuntime } from '../src/decisioning/ports.js'
import { NOTHING_LEARNT } from '../src/decisioning/propensity/learnt.js'
import { decideFor, prepare } from './decide.js'
import { treesModel } from './model.js'
import { inPairs, pairedRatio, ratioText } from './ratio.js'
import { modelText, numbersFrom, OFFERS, offerValue, rulesText } from './world.js'

const COUNTS = [200, 1_000, 10_000]
const CANDIDATES = 200
const TREES = 100
const DEPTH = 6
const TOGETHER = 4
const DECISIONS = 100
/** What one file of rules holds. */
const OFFERS_A_FILE = 2_000

export async function runOffers(): Promise<void> {
  for (const count of COUNTS) await compareCounts(count, 'many of the same value', offerValue)
  await compareCounts(10_000, 'values 10 to 1,000', valuesOver(10_000, 100))
  for (const spread of [10, 100, 1_000])
    await compareScoring(`values 10 to ${10 * spread}`, valuesOver(CANDIDATES, spread))
}

/** Values spread evenly over their orders of magnitude, from 10 to 10 × `spread`. */
function valuesOver(count: number, spread: number): (offer: number) => number {
  const random = numbersFrom(spread)
  const values = Array.from({ length: count }, () => Math.round(1e6 * spread ** random()) / 1e5)
  return offer => values[offer]!
}

/** The logistic model over so many offers, against the usual 50. */
async function compareCounts(
  count: number,
  world: string,
  valueOf: (offer: number) => number
): Promise<void> {
  const few = await prepare(rulesText())
  const many = await prepare(inFiles(rulesText('none', count, () => 'bench', valueOf)))
  const decisions = Math.max(25 * TOGETHER, Math.round((DECISIONS * OFFERS) / count))
  const pairs = await inPairs(
    () => decideFor(many, TOGETHER, 'none', decisions),
    () => decideFor(few, TOGETHER, 'none', DECISIONS)
  )
  const micros = pairs.reduce((sum, [one]) => sum + one, 0) / pairs.length
  process.stdout.write(
    `${count} offers, ${world}: ${micros.toFixed(1)} µs CPU a decision, against ${OFFERS} ${ratioText(pairedRatio(pairs))}\n`
  )
}

/** The same decisions, with those scored that may win and with all scored. */
async function compareScoring(world: string, valueOf: (offer: number) => number): Promise<void> {
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
  const micros = pairs.reduce((sum, [one]) => sum + one, 0) / pairs.length
  process.stdout.write(
    `${TREES} trees of depth ${DEPTH}, ${CANDIDATES} candidates, ${world}: ${micros.toFixed(1)} µs CPU a decision, against all scored ${ratioText(pairedRatio(pairs))}\n`
  )
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
