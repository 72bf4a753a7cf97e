/**
 * `npm run bench -- learning`: what decisions that adapt earn in the example's world, whose truth is known, and how soon they recover when
 * it changes half-way; a table, and a plot of regret in bench/results. Then what adapting costs a decision.
 * BENCH_LEARNING is the number of decisions, 50,000 when unset.
 */
import { mkdir, writeFile } from 'node:fs/promises'
import type { Learnt, LearntTable } from '../src/decisioning/propensity/learnt.js'
import {
  meanReward,
  runLearning,
  type LearningRun,
  type LearningRunOptions
} from '../test/helpers/learning-world.js'
import { decideFor, prepare } from './decide.js'
import { pairedRatio, ratioText } from './ratio.js'
import { rulesText } from './world.js'

const DECISIONS = Number(process.env['BENCH_LEARNING'] ?? 50_000)
const PARTS = 10
const PAIRS = Number(process.env['BENCH_PAIRS'] ?? 60)
const WARMING_PAIRS = 4
const FOLDER = 'bench/results'

const RUNS: ReadonlyArray<readonly [name: string, options: Omit<LearningRunOptions, 'decisions'>]> =
  [
    ['prior', { policy: 'prior' }],
    ['model', { policy: 'model' }],
    ['adaptive', { policy: 'adaptive' }],
    ['adaptive, changed', { policy: 'adaptive', forget: 0.999, changeAt: DECISIONS / 2 }]
  ]

export async function runLearningBench(): Promise<void> {
  const runs: Array<readonly [string, LearningRun]> = []
  for (const [name, options] of RUNS) {
    const endings: Array<() => unknown> = []
    const run = await runLearning(
      { after: ending => void endings.push(ending) },
      { ...options, decisions: DECISIONS }
    )
    for (const end of endings) await end()
    runs.push([name, run])
    const shares = Array.from({ length: PARTS }, (_, part) => {
      const size = DECISIONS / PARTS
      const { shown, best } = meanReward(run, part * size, (part + 1) * size)
      return (shown / best).toFixed(3)
    })
    process.stdout.write(`${name}: of the best possible, by tenths: ${shares.join(' ')}\n`)
  }
  await mkdir(FOLDER, { recursive: true })
  await writeFile(`${FOLDER}/learning.svg`, plotOf(runs))
  process.stdout.write(`The plot of regret is ${FOLDER}/learning.svg\n`)
  await compareCosts()
}

const WIDTH = 720
const HEIGHT = 420
const MARGIN = 50
const POINTS = 200
const COLOURS = ['#999999', '#d62728', '#1f77b4', '#2ca02c']

/** Regret summed up: how many answers the best possible would have had more. */
function plotOf(runs: ReadonlyArray<readonly [name: string, run: LearningRun]>): string {
  const curves = runs.map(([, { shown, best }]) => {
    let regret = 0
    return shown.map((reward, i) => (regret += best[i]! - reward))
  })
  const most = Math.max(...curves.map(curve => curve.at(-1)!))
  const lines = curves.map((curve, number) => {
    const points = Array.from({ length: POINTS }, (_, i) => {
      const at = Math.floor(((i + 1) * curve.length) / POINTS) - 1
      const x = MARGIN + ((WIDTH - 2 * MARGIN) * (at + 1)) / curve.length
      const y = HEIGHT - MARGIN - ((HEIGHT - 2 * MARGIN) * curve[at]!) / most
      return `${x.toFixed(1)},${y.toFixed(1)}`
    })
    const colour = COLOURS[number]!
    return (
      `<polyline fill="none" stroke="${colour}" stroke-width="2" points="${points.join(' ')}"/>` +
      `<text x="${MARGIN + 10}" y="${MARGIN + 18 * number}" fill="${colour}">${runs[number]![0]}</text>`
    )
  })
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" font-family="sans-serif" font-size="13">` +
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="white"/>` +
    `<text x="${MARGIN}" y="${HEIGHT - 15}">0 to ${DECISIONS.toLocaleString('en')} decisions; regret up to ${Math.round(most).toLocaleString('en')} answers</text>` +
    `${lines.join('')}</svg>\n`
  )
}

/** All 50 offers adapt and have experience, against none that does. */
async function compareCosts(): Promise<void> {
  const plain = await prepare(rulesText())
  const adapting = await prepare(
    rulesText().replaceAll('prior: 0.1}', 'prior: 0.1, adapt: true}'),
    () => undefined,
    ALL_LEARNT
  )
  const pairs: Array<readonly [number, number]> = []
  for (let round = 0; round < PAIRS + WARMING_PAIRS; round++) {
    const first = await decideFor(round % 2 === 0 ? adapting : plain, 16, 'none', 1000)
    const second = await decideFor(round % 2 === 0 ? plain : adapting, 16, 'none', 1000)
    if (round >= WARMING_PAIRS) pairs.push(round % 2 === 0 ? [first, second] : [second, first])
  }
  process.stdout.write(
    `CPU of a decision with adapt: true on all 50 offers, against none: ${ratioText(pairedRatio(pairs))}\n`
  )
}

const tables = new WeakMap<object, LearntTable>()

/** Experience with every offer in every channel. */
const ALL_LEARNT: Learnt = {
  current(strategy) {
    const known = tables.get(strategy)
    if (known !== undefined) return known
    const experience = strategy.offers.map(({ adapt }, i) =>
      adapt === undefined
        ? undefined
        : {
            way: adapt.way,
            impressions: 1000 + i,
            positives: 100 + i,
            total: 1000 + i,
            begunAt: 0,
            regression: undefined
          }
    )
    const table = { version: 1, channels: strategy.channels.map(() => experience) }
    tables.set(strategy, table)
    return table
  }
}
