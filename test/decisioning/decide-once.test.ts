import { test } from 'tap'
import { createMemoryStore } from '../../src/adapters/memory/memory-store.js'
import { openStore } from '../../src/adapters/redis/open-store.js'
import type { Decide, DecideResult } from '../../src/decisioning/decide.js'
import { createDecideOnce } from '../../src/decisioning/decide-once.js'
import type { SharedDocuments } from '../../src/decisioning/ports.js'
import { LOCAL_CALLER } from '../../src/domain/caller.js'
import { Refusal } from '../../src/domain/refusal.js'
import { eventually } from '../contracts/store-contract.js'
import { keptLog } from '../helpers/logs.js'
import { redisMissing, startRedis } from '../helpers/redis.js'

const REQUEST = {
  customer: { id: 'c-1' },
  channel: 'web',
  placements: [{ id: 'hero' }],
  options: { timeoutMs: 50 }
}
const KEYED = { idempotencyKey: 'k', requestText: '{}' }
const NO_TIME = { profile: 0, policy: 0, model: 0, arbitrate: 0, total: 0 }
const clock = { monotonicMs: () => performance.now() }

/** Decides at once, by numbers; what it decided is told nowhere else. */
function numbering(): Decide {
  let count = 0
  return async () => ({ body: `{"n":${++count}}`, timings: NO_TIME }) as DecideResult
}

function once(documents: SharedDocuments, decide: Decide) {
  const decideOnce = createDecideOnce({ decide, documents, clock })
  return async (): Promise<string> =>
    (await decideOnce(REQUEST, LOCAL_CALLER, performance.now(), KEYED)).body
}

test('a key takes nothing of the time that a request allows while the store hangs', {
  skip: redisMissing
}, async t => {
  const redis = await startRedis(t)
  // A write may take ten times as long.
  const store = await openStore({ url: redis.url, log: keptLog(), commandTimeoutMs: 3000 })
  t.teardown(() => store.close())
  const ask = once(store.documents, numbering())
  t.equal(await ask(), '{"n":1}')
  t.equal(await eventually(ask, body => body === '{"n":1}'), '{"n":1}')

  redis.pause()
  const begunMs = performance.now()
  t.equal(await ask(), '{"n":2}', 'nobody knows of the first, so it is decided')
  t.ok(performance.now() - begunMs < 1500, 'far from hanging with it, on a busy machine too')
  redis.resume()
})

test('a key is free again half a minute after the process that worked on it has ended', async t => {
  let nowMs = 1e12
  const { documents } = createMemoryStore({
    recordBytes: 1e6,
    mostLessons: 10,
    clock: () => nowMs
  })
  void once(documents, () => new Promise(() => undefined))()
  const ask = once(documents, numbering())
  await t.rejects(ask(), Refusal)
  nowMs += 29_000
  await t.rejects(ask(), /being worked on/)
  nowMs += 2000
  t.equal(await ask(), '{"n":1}')
  nowMs += 9 * 60_000
  t.equal(await ask(), '{"n":1}', 'an answer is kept for ten minutes')
  nowMs += 2 * 60_000
  t.equal(await ask(), '{"n":2}')
})
