import { openStore } from '../../../src/adapters/redis/open-store.js'
import { learningContract, MOST_LESSONS } from '../../contracts/learning-contract.js'
import { keptLog } from '../../helpers/logs.js'
import { PATIENT_MS, redisMissing } from '../../helpers/redis.js'
import { startRedisCluster } from '../../helpers/redis-cluster.js'

learningContract('the store in a Redis Cluster', redisMissing, async t => {
  const { url } = await startRedisCluster(t)
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
})
