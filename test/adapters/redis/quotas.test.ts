import { test } from 'tap'
import type { Test } from 'tap'
import { openStore } from '../../../src/adapters/redis/open-store.js'
import { reservationId } from '../../../src/domain/limits.js'
import type { Store } from '../../../src/decisioning/ports.js'
import { claim, fact, quota } from '../../contracts/limits-contract.js'
import { quotasFollowTheModel } from '../../contracts/quota-model.js'
import { lexicon } from '../../contracts/store-contract.js'
import { holdsAsync } from '../../helpers/holds.js'
import { keptLog } from '../../helpers/logs.js'
import { PATIENT_MS, redisMissing, startRedis } from '../../helpers/redis.js'

const skip = redisMissing

async function open(t: Test, processes: number): Promise<Store[]> {
  const { url } = await startRedis(t)
  const stores = []
  for (let i = 0; i < processes; i++) {
    const store = await openStore({ url, log: keptLog(), commandTimeoutMs: PATIENT_MS })
    t.teardown(() => store.close())
    stores.push(store)
  }
  return stores
}

test('quotas in Redis follow the model', { skip }, async t => {
  const [store] = await open(t, 1)
  await holdsAsync(t, quotasFollowTheModel(store!.quotas), 100)
})

test('eight processes take a quota to its limit and never beyond', { skip }, async t => {
  const LIMIT = 1000
  const stores = await open(t, 8)
  const contested = quota('contested', LIMIT)
  const words = lexicon({ quotas: [contested] })
  let mostSeen = 0
  let held = 0
  await Promise.all(
    stores.map(async ({ quotas, customers }, process) => {
      for (let i = 0; i < 400; i += 4) {
        const some = Array.from({ length: 4 }, () => claim(contested))
        const outcomes = await quotas.claim(some)
        const taken = some.filter((_, n) => outcomes[n] === 'held')
        held += taken.length
        // A part is counted; that changes nothing of what is taken.
        await quotas.count(taken.slice(2).map(({ id }) => fact(contested, { reservation: id })))
        const reading = await quotas.read(words)
        const state = await customers.load({ namespace: 'crm', id: `c-${process}` }, words)
        mostSeen = Math.max(mostSeen, reading.taken[0]!, state.quotas.taken[0]!)
      }
    })
  )
  t.equal(held, LIMIT)
  t.equal(mostSeen, LIMIT)
})

test('what four processes promise one customer at once is all kept', { skip }, async t => {
  const stores = await open(t, 4)
  const key = { namespace: 'crm', id: 'promised' }
  const words = lexicon({ reserves: true })
  const promises = stores.flatMap(({ customers }, process) =>
    Array.from({ length: 10 }, async (_, i) => {
      const atMs = Date.now()
      const reservation = {
        ...{ id: reservationId(`${process}-${i}`, 'loan'), offer: 1, type: 1, channel: 0 },
        ...{ atMs, untilMs: atMs + 3_600_000 }
      }
      const hold = { reservations: [reservation], events: [] }
      let outcome = await customers.hold(await customers.load(key, words), hold, words)
      while (!outcome.held) outcome = await customers.hold(outcome.changed, hold, words)
      return reservation.id
    })
  )
  const ids = await Promise.all(promises)
  const { reserved } = await stores[0]!.customers.load(key, words)
  t.strictSame(reserved.map(({ id }) => id).toSorted(), ids.toSorted())
})
