/**
 * `npm run bench:compare REV`: another commit against the working tree in one run, both with their journal on; `REV REV` compares two
 * commits. Each has a Redis of its own, because commits may store things differently.
 */
import { checkOut, type Checkout } from './checkout.js'
import { CUSTOMERS, lotOf, startJournalling } from './contenders.js'
import { withOfferd } from './ground.js'
import type { LoadOrder } from './load.js'
import { startLoad, type Server } from './processes.js'
import { ratioText, shortRatio } from './ratio.js'
import { machine, say, tableOf, writeResult } from './report.js'
import { seedOfferd } from './seed.js'
import { inTurns, medianOf, ratioOf, type Figures } from './turns.js'

const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 16)
const SECONDS = Number(process.env['BENCH_SECONDS'] ?? 1)
const CONNECTIONS = [16, 64]
const HALF = 0.5
const WARMING_SECONDS = 5

interface Contender {
  readonly name: string
  readonly server: Server
}

/** Both under one load, by contender and round. */
interface Measured {
  readonly what: string
  readonly figures: Figures[][]
}

/** @param revisions the older commit, and the newer one unless that is the working tree */
export async function runRevisions(revisions: readonly string[]): Promise<void> {
  const [before, after, ...more] = revisions
  if (before === undefined || more.length > 0)
    throw new Error('name one commit, or two: npm run bench:compare HEAD~1')
  const built: Checkout[] = []
  try {
    built.push(await checkOut(before))
    if (after !== undefined) built.push(await checkOut(after))
    const [old, fresh] = built
    await withService(old!.name, old!.program, one =>
      withService(fresh?.name ?? 'the working tree', fresh?.program, async other => {
        const text = `${machine()}\n\n${await compareTwo(one, other)}\n`
        say(`\n${text}`)
        say(`Also in ${await writeResult('compare.md', text)}`)
      })
    )
  } finally {
    for (const { remove } of built) await remove()
  }
}

/** The service of a build, journalling, with the customers of the bench. */
async function withService(
  name: string,
  program: string | undefined,
  work: (contender: Contender) => Promise<void>
): Promise<void> {
  await withOfferd(async ground => {
    await seedOfferd(ground.offerd.url, CUSTOMERS)
    await work({ name, server: await startJournalling(ground) })
  }, program)
}

/** Saturated, over few connections and many, and then both at half of the rate that the slower one bears. */
async function compareTwo(before: Contender, after: Contender): Promise<string> {
  const load = startLoad()
  try {
    const both = [before, after]
    for (const { server } of both)
      await load.run(lotOf('', server, { seconds: WARMING_SECONDS }).order)
    const measure = async (order: Partial<LoadOrder>): Promise<Figures[][]> =>
      inTurns(
        load,
        both.map(({ name, server }) => lotOf(name, server, { seconds: SECONDS, ...order })),
        ROUNDS
      )
    const measured: Measured[] = []
    for (const connections of CONNECTIONS)
      measured.push({
        what: `${connections} connections`,
        figures: await measure({ connections })
      })
    const rates = measured.at(-1)!.figures.map(rounds => medianOf(rounds, 'requestsPerSecond'))
    const ratePerSecond = Math.round(HALF * Math.min(...rates))
    measured.push({
      what: `${ratePerSecond} requests/s`,
      figures: await measure({ ratePerSecond })
    })
    return textOf(both, measured)
  } finally {
    await load.stop()
  }
}

function textOf([before, after]: readonly Contender[], measured: readonly Measured[]): string {
  const names = [before!.name, after!.name]
  const rows = measured.flatMap(({ what, figures }) =>
    figures.map((rounds, i) => [what, names[i]!, ...cellsOf(rounds), ...ratiosOf(figures, i)])
  )
  const verdicts = measured.map(({ what, figures: [one, other] }) => {
    const ratio = ratioText(ratioOf(other!, one!, 'cpuMicrosPerRequest'))
    return `${what}: CPU of ${names[1]} against ${names[0]} ${ratio}.`
  })
  return `${tableOf(HEAD, rows)}\n\n${verdicts.join('\n')}`
}

const HEAD = [
  'load',
  'what runs',
  'requests/s',
  'p50 ms',
  'p99 ms',
  'CPU µs/request',
  'requests/s against the first',
  'CPU against the first'
]

function cellsOf(rounds: readonly Figures[]): string[] {
  return [
    medianOf(rounds, 'requestsPerSecond').toFixed(0),
    medianOf(rounds, 'p50Ms').toFixed(2),
    medianOf(rounds, 'p99Ms').toFixed(2),
    medianOf(rounds, 'cpuMicrosPerRequest').toFixed(1)
  ]
}

function ratiosOf(figures: readonly Figures[][], i: number): string[] {
  return (['requestsPerSecond', 'cpuMicrosPerRequest'] as const).map(figure =>
    shortRatio(ratioOf(figures[i]!, figures[0]!, figure))
  )
}
