/**
 * `npm run bench -- learning`: what decisions that adapt earn in the example's world, whose truth is known, and how soon they recover when
 * it changes half-way; a table, and a plot of regret in bench/results. Then what adapting costs a decision.
 * BENCH_LEARNING is the number of decisions, 50,000 when unset.
 */
import type { Learnt, LearntTable } from '../src/decisioning/propensity/learnt.js'
import {
  meanReward,
  runLearning,
  type LearningRun,
  type LearningRunOptions
} from '../test/helpers/learning-world.js'
import { decideFor, prepare } from './decide.js'
import { plot } from './plot.js'
import { pairedRatio, ratioText } from './ratio.js'
import { writeResult } from './report.js'
import { rulesText } from './world.js'

const DECISIONS = Number(process.env['BENCH_LEARNING'] ?? 50_000)
const PARTS = 10
const PAIRS = Number(process.env['BENCH_PAIRS'] ?? 60)
const WARMING_PAIRS = 4

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
  process.stdout.write(`The plot of regret is ${await writeResult('learning.svg', plotOf(runs))}\n`)
  await compareCosts()
}

const POINTS = 200

/** Regret summed up: how many answers the best possible would have had more. */
function plotOf(runs: ReadonlyArray<readonly [name: string, run: LearningRun]>): string {
  return plot({
    title: 'Regret, summed up',
    x: { label: 'decisions' },
    y: { label: 'answers that the best possible would have had more' },
    lines: runs.map(([name, { shown, best }]) => {
      let regret = 0
      const curve = shown.map((reward, i) => (regret += best[i]! - reward))
      const points = Array.from({ length: POINTS }, (_, i) => {
        const at = Math.floor(((i + 1) * curve.length) / POINTS) - 1
        return [at + 1, curve[at]!] as const
      })
      return { name, points }
    })
  })
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
