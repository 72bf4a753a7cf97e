import type { Test } from 'tap'
import { openStore } from '../../../src/adapters/redis/open-store.js'
import { exposuresContract } from '../../contracts/exposures-contract.js'
import { learningContract, MOST_LESSONS } from '../../contracts/learning-contract.js'
import { limitsContract } from '../../contracts/limits-contract.js'
import { mergeContract } from '../../contracts/merge-contract.js'
import { storeContract } from '../../contracts/store-contract.js'
import { keptLog } from '../../helpers/logs.js'
import { PATIENT_MS, redisMissing, startRedis } from '../../helpers/redis.js'

async function openTwo(t: Test) {
  const { url } = await startRedis(t)
  const open = async () => {
    const store = await openStore({
      url,
      log: keptLog(),
      commandTimeoutMs: PATIENT_MS,
      mostLessons: MOST_LESSONS
    })
    t.teardown(() => store.close())
    return store
  }
  return { store: await open(), other: await open() }
}

storeContract('the store in a Redis by URL', redisMissing, openTwo)
exposuresContract('the store in a Redis by URL', redisMissing, openTwo)
learningContract('the store in a Redis by URL', redisMissing, openTwo)
limitsContract('the store in a Redis by URL', redisMissing, openTwo)
mergeContract('the store in a Redis by URL', redisMissing, openTwo)
