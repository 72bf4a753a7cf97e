import type { Test } from 'tap'
import { openStore } from '../../../src/adapters/redis/open-store.js'
import type { TlsFiles } from '../../../src/adapters/redis/security.js'
import { exposuresContract } from '../../contracts/exposures-contract.js'
import { learningContract, MOST_LESSONS } from '../../contracts/learning-contract.js'
import { limitsContract } from '../../contracts/limits-contract.js'
import { mergeContract } from '../../contracts/merge-contract.js'
import { storeContract } from '../../contracts/store-contract.js'
import { createAuthority, writeFiles } from '../../helpers/certificates.js'
import { keptLog } from '../../helpers/logs.js'
import { notAll, PATIENT_MS, startRedis } from '../../helpers/redis.js'
import { startRedisCluster } from '../../helpers/redis-cluster.js'
import type { NodeTls } from '../../helpers/redis-node.js'
import { startWatchedRedis } from '../../helpers/redis-sentinel.js'
import { startTlsRedis } from '../../helpers/redis-tls.js'

/** A started Redis: where two processes find it, which may be by two names. */
interface Started {
  readonly urls: readonly [string, string]
  readonly files?: TlsFiles
}

/** Every way to Redis. The tests of each go by parts of the contracts always; here all go all of them. */
const WAYS: Readonly<Record<string, (t: Test) => Promise<Started>>> = {
  'by a unix socket': async t => {
    const { socketPath } = await startRedis(t)
    return { urls: [socketPath, `unix://${socketPath}`] }
  },
  'over TLS': async t => {
    const { url, numberedUrl, files } = await startTlsRedis(t)
    return { urls: [url, numberedUrl], files }
  },
  'at a master that sentinels name': async t => {
    const { url, sentinels } = await startWatchedRedis(t)
    return { urls: [url, `redis+sentinel://localhost:${sentinels[1]!.port}/offers`] }
  },
  'at a master that sentinels name over TLS': async t => {
    const tls = await tlsFiles(t)
    const { url, sentinels } = await startWatchedRedis(t, { tls })
    const other = `rediss+sentinel://localhost:${sentinels[2]!.port}/offers`
    return { urls: [url, other], files: tls }
  },
  'in a cluster over TLS': async t => {
    const tls = await tlsFiles(t)
    const { url, masters } = await startRedisCluster(t, { tls })
    return { urls: [url, masters[0]!.url], files: tls }
  },
  'in a cluster of three masters and three replicas': async t => {
    const { url, replicas } = await startRedisCluster(t, { replicas: 1 })
    return { urls: [url, replicas[0]!.url] }
  }
}

/** One certificate for all, servers and clients. */
async function tlsFiles(t: Test): Promise<NodeTls> {
  const authority = createAuthority()
  return await writeFiles(t, { ca: authority.cert, ...authority.issue() })
}

for (const [way, start] of Object.entries(WAYS)) {
  const openTwo = async (t: Test) => {
    const { urls, files } = await start(t)
    const open = async (url: string) => {
      const store = await openStore({
        url,
        tls: files,
        log: keptLog(),
        commandTimeoutMs: PATIENT_MS,
        mostLessons: MOST_LESSONS
      })
      t.teardown(() => store.close())
      return store
    }
    return { store: await open(urls[0]), other: await open(urls[1]) }
  }
  for (const contract of [
    storeContract,
    exposuresContract,
    learningContract,
    limitsContract,
    mergeContract
  ])
    contract(`the store in a Redis ${way}`, notAll, openTwo)
}
