import { test } from 'tap'
import { createMemoryStore } from '../../../src/adapters/memory/memory-store.js'
import { claim, DAY, quota } from '../../contracts/limits-contract.js'
import { quotasFollowTheModel } from '../../contracts/quota-model.js'
import { lexicon } from '../../contracts/store-contract.js'
import { holdsAsync } from '../../helpers/holds.js'

const HOUR_MS = 3_600_000

test('quotas in memory follow the model', async t => {
  await holdsAsync(t, quotasFollowTheModel(createMemoryStore().quotas), 100)
})

test('quotas in memory go by the clock of the store', async t => {
  let nowMs = Date.UTC(2025, 5, 15, 23)
  const { quotas } = createMemoryStore({ clock: () => nowMs })
  const [daily, lasting] = [quota('daily', 1, DAY), quota('lasting', 1)]
  const claims = () => [daily, lasting].map(of => claim(of, { atMs: nowMs }))
  t.strictSame(await quotas.claim(claims()), ['held', 'held'])
  t.strictSame(await quotas.claim(claims()), ['full', 'full'])
  nowMs += HOUR_MS
  t.strictSame(await quotas.claim(claims()), ['held', 'held'], 'lapsed, and another day')
  nowMs += 48 * HOUR_MS
  const { taken } = await quotas.read(lexicon({ quotas: [daily, lasting] }))
  t.strictSame([...taken], [0, 0])
})
