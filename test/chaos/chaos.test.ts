import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'tap'
import { redisMissing } from '../helpers/redis.js'
import { runChaos } from './chaos.js'
import { FAULTS } from './faults.js'
import { reportOf } from './report.js'

/** How long, and by which seed; `npm run chaos` runs all faults for minutes. */
const SECONDS = Number(process.env['OFFERD_CHAOS_SECONDS'] ?? 14)
const SEED = Number(process.env['OFFERD_CHAOS_SEED'] ?? 1)
const SHORT = ['script-flush', 'pause-200', 'oom']

test('whatever goes wrong, limits hold, nothing acknowledged is lost or doubled, and all is well again', {
  skip: redisMissing
}, async t => {
  const folder = await mkdtemp(join(tmpdir(), 'offerd-chaos-test-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const result = await runChaos(t, {
    seed: SEED,
    seconds: SECONDS,
    faults: FAULTS.filter(({ name }) => SHORT.includes(name)),
    decisionsPerSecond: 60,
    eventsPerSecond: 30,
    customers: 300,
    timeoutMs: 100,
    historyFile: join(folder, 'history.ndjson'),
    say: sentence => t.comment(sentence)
  })
  for (const line of reportOf(result, SEED).split('\n')) t.comment(line)
  const { invariants, rows } = result.verdict
  // How long answers take, and how soon, is judged by `npm run chaos` on a machine that does nothing else.
  for (const name of ['I1 limits', 'I2 events', 'I3 rules', 'I4 reasons'])
    t.same(invariants[name], [], name)
  t.equal(rows.length, SHORT.length)
  const failed = rows.flatMap(({ violations }) =>
    violations.filter(violation => violation.includes('not answered 200'))
  )
  t.same(failed, [])
})
