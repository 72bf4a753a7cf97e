import { runRace, type Fault, type RaceSettings } from '../test/helpers/race.js'
import { numbersFrom } from './world.js'

const RUNS = Number(process.env['BENCH_RUNS'] ?? 8)
const SEED = Number(process.env['BENCH_SEED'] ?? 1)
const FAULTS: readonly Fault[] = [
  'nothing',
  'a process is killed',
  'Redis is killed',
  'Redis is stopped'
]
const STORES: ReadonlyArray<RaceSettings['redis']> = ['one server', 'cluster']

/** Races for a scarce offer, over all faults and both kinds of Redis in turns; fails when a limit did not hold. */
export async function runRaces(): Promise<void> {
  let violations = 0
  for (let run = 0; run < RUNS; run++) {
    const redis = STORES[Math.floor(run / FAULTS.length) % STORES.length]!
    const fault = FAULTS[run % FAULTS.length]!
    const ends: Array<() => unknown> = []
    const ending = { teardown: (end: () => unknown) => void ends.push(end) }
    try {
      const result = await runRace(ending, { redis, fault, random: numbersFrom(SEED + run) })
      const { decisions, held, counted, shown, late, looks, seconds } = result
      process.stdout.write(
        `${run + 1}. ${redis}, ${fault}: ${decisions} decisions, ${held} held, ${counted} counted, ${shown} shown, ${late} late, ` +
          `${looks} looks in ${seconds.toFixed(0)} s, ${result.violations.length} violations\n`
      )
      for (const violation of result.violations.slice(0, 10))
        process.stdout.write(`   ${violation}\n`)
      violations += result.violations.length
    } finally {
      for (const end of ends.reverse()) await end()
    }
  }
  process.stdout.write(`${RUNS} runs, ${violations} violations\n`)
  if (violations > 0) throw new Error('a limit did not hold')
}
