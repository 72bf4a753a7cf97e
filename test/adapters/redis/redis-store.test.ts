import { openStore } from '../../../src/adapters/redis/open-store.js'
import { storeContract } from '../../contracts/store-contract.js'
import { keptLog } from '../../helpers/logs.js'
import { PATIENT_MS, redisMissing, startRedis } from '../../helpers/redis.js'

storeContract('the store in a Redis by URL', redisMissing, async t => {
  const { url } = await startRedis(t)
  const open = async () => {
    const store = await openStore({ url, log: keptLog(), commandTimeoutMs: PATIENT_MS })
    t.teardown(() => store.close())
    return store
  }
  return { store: await open(), other: await open() }
})
