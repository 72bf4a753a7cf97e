import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore } from '../../../src/adapters/redis/open-store.js'
import { storeContract } from '../../contracts/store-contract.js'
import { keptLog } from '../../helpers/logs.js'
import { PATIENT_MS, redisMissing } from '../../helpers/redis.js'

storeContract('the store in a Redis of its own', redisMissing, async (t) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'offerd-own-'))
  t.teardown(() => rm(dataDir, { recursive: true }))
  const store = await openStore({ dataDir, log: keptLog(), commandTimeoutMs: PATIENT_MS })
  const other = await openStore({ dataDir, log: keptLog(), commandTimeoutMs: PATIENT_MS })
  t.teardown(async () => {
    await store.close()
    await other.close()
  })
  return { store, other }
})
