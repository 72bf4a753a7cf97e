import { test } from 'tap'
import { runRace, type RaceSettings } from '../helpers/race.js'
import { redisMissing } from '../helpers/redis.js'

/** Smaller than the races of `npm run bench -- races`, which run long and many. */
const QUOTA = 200
const CUSTOMERS = 150
/** Two races fit into the time that a file has. */
const LONGEST_MS = 50_000
const RACES: ReadonlyArray<Pick<RaceSettings, 'redis' | 'fault'>> = [
  { redis: 'one server', fault: 'a process is killed' },
  { redis: 'cluster', fault: 'Redis is killed' }
]

for (const { redis, fault } of RACES) {
  test(`strict limits hold exactly across four processes on ${redis}: ${fault}`, {
    skip: redisMissing
  }, async t => {
    const result = await runRace(t, {
      redis,
      fault,
      random: Math.random,
      quota: QUOTA,
      longestMs: LONGEST_MS,
      customers: CUSTOMERS
    })
    t.strictSame(result.violations, [])
    t.equal(result.counted, QUOTA)
    t.comment(`${result.decisions} decisions, ${result.held} held, ${result.shown} shown`)
  })
}
