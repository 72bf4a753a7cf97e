import { test } from 'tap'
import { createMemoryStore } from '../../../src/adapters/memory/memory-store.js'
import {
  createSharedLoader,
  type SharedLoader
} from '../../../src/decisioning/strategy/shared-loader.js'
import type { LoadReport, StrategyLoader } from '../../../src/decisioning/strategy/load-strategy.js'
import { silentLog } from '../../helpers/engine.js'

/** A loader that counts its loads; the next one ends as told. */
function countingLoader(
  outcomes: Array<LoadReport['outcome']>
): StrategyLoader & { loads: number } {
  let last: LoadReport = { outcome: 'swapped', version: 1, hash: 'first', problems: [] }
  const loader = {
    loads: 0,
    load: async () => {
      loader.loads++
      last = {
        outcome: outcomes.shift() ?? 'unchanged',
        version: loader.loads + 1,
        hash: `hash-${loader.loads}`,
        problems: []
      }
      return last
    },
    validate: async () => last,
    lastLoad: () => last
  }
  return loader
}

test('a reload at one process is a reload at all, and each is reported', async t => {
  const store = createMemoryStore({})
  t.after(() => store.close())
  const timers: NodeJS.Timeout[] = []
  t.after(() => timers.forEach(clearTimeout))
  const loaders = [
    countingLoader(['swapped']),
    countingLoader(['swapped']),
    countingLoader(['refused'])
  ]
  const shared: SharedLoader[] = []
  for (const [i, loader] of loaders.entries()) {
    shared.push(
      createSharedLoader({
        loader,
        announcements: store.announcements,
        process: `p${i}`,
        log: silentLog(),
        schedule: (work, delayMs) => timers.push(setTimeout(work, delayMs))
      })
    )
  }
  // Hellos and the answers to them each take a turn of the event loop.
  for (let turn = 0; turn < 5; turn++) await new Promise(resolve => setImmediate(resolve))
  t.same(
    shared[0]!
      .processes()
      .map(({ process }) => process)
      .sort(),
    ['p0', 'p1', 'p2'],
    'processes hear of each other when they start'
  )
  const report = await shared[0]!.load()
  t.same(
    loaders.map(({ loads }) => loads),
    [1, 1, 1]
  )
  t.equal(report.outcome, 'swapped')
  const reported = Object.fromEntries(
    report.processes.map(({ process, outcome }) => [process, outcome])
  )
  t.same(reported, { p0: 'swapped', p1: 'swapped', p2: 'refused' })
  await shared[1]!.close()
  t.same(
    (await shared[0]!.load()).processes.map(({ process }) => process).sort(),
    ['p0', 'p2'],
    'a process that says goodbye is not waited for'
  )
})
