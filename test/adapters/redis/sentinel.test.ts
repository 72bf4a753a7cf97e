import { test } from 'tap'
import type { Test } from 'tap'
import { customerKeys } from '../../../src/adapters/redis/keys.js'
import { openStore } from '../../../src/adapters/redis/open-store.js'
import { createRedisStore } from '../../../src/adapters/redis/redis-store.js'
import { readWay } from '../../../src/adapters/redis/way.js'
import type { Store } from '../../../src/decisioning/ports.js'
import { StoreUnavailable } from '../../../src/domain/refusal.js'
import { event, eventually, lexicon, storeContract } from '../../contracts/store-contract.js'
import { keptLog } from '../../helpers/logs.js'
import { notAll, PATIENT_MS, redisMissing } from '../../helpers/redis.js'
import type { RedisNode } from '../../helpers/redis-node.js'
import { startWatchedRedis } from '../../helpers/redis-sentinel.js'

const skip = redisMissing
const LIMITS = {
  recordBytes: 1e6,
  journalBytes: 1e6,
  mostLessons: 1,
  commandTimeoutMs: PATIENT_MS,
  log: keptLog()
}
const WORDS = lexicon()

storeContract('the store at a master that sentinels name', skip, async t => {
  const { url } = await startWatchedRedis(t, { sentinels: 1 })
  return { store: await open(t, url), other: await open(t, url) }
})

async function open(
  t: Test,
  url: string,
  commandTimeoutMs = PATIENT_MS,
  log = keptLog()
): Promise<Store> {
  const store = await openStore({ url, log, commandTimeoutMs })
  t.teardown(() => store.close())
  return store
}

function customer(id: string) {
  return { namespace: 'crm', id }
}

function refused(work: Promise<unknown>): Promise<boolean> {
  return work.then(
    () => false,
    (error: unknown) => {
      if (error instanceof StoreUnavailable) return true
      throw error
    }
  )
}

/** Writes until one is taken. */
async function untilWritable(store: Store): Promise<void> {
  await eventually(
    () => refused(store.customers.append([event(customer('again'))])),
    isRefused => !isRefused
  )
}

test('the replica that takes over from a dead master is found, with what was acknowledged', {
  skip
}, async t => {
  const { url, servers } = await startWatchedRedis(t)
  const [master] = servers
  const log = keptLog()
  const store = await open(t, url, 1000, log)
  await untilWritable(store)
  const heard: string[] = []
  store.announcements.listen('news', text => heard.push(text))
  const key = customer('kept')
  await store.customers.append([event(key)])
  // Waits for what this client has written, and so for all before.
  await master.client.set('last', 1)
  t.equal(await master.client.wait(1, 10_000), 1, 'the replica has it')
  await master.kill()
  const diedMs = performance.now()
  t.equal(await refused(store.customers.append([event(key)])), true)
  await untilWritable(store)
  t.comment(`writable ${Math.round(performance.now() - diedMs)} ms after the death`)
  t.equal((await store.customers.load(key, WORDS)).history.length, 1)
  t.equal(await store.trouble(), undefined)
  t.match(log.sentences.join('\n'), /another server is the master now/)
  t.match(log.sentences.join('\n'), /has no replica that could take over/)
  await eventually(
    async () => {
      await store.announcements.announce('news', 'again').catch(() => undefined)
      return heard.length
    },
    count => count > 0
  )
})

test('what a master that hung was told before it was replaced is carried out nowhere', {
  skip
}, async t => {
  const { url, servers, masterAfter } = await startWatchedRedis(t)
  const [master] = servers
  const store = await open(t, url, 100)
  await untilWritable(store)
  master.pause()
  const told: Array<Promise<boolean>> = []
  const waiting = new AbortController()
  const replaced = masterAfter(master).finally(() => {
    waiting.abort()
  })
  while (!waiting.signal.aborted) {
    told.push(refused(store.customers.append([event(customer(`late-${told.length}`))])))
    await new Promise(resolve => setTimeout(resolve, 5))
  }
  const outcomes = await Promise.all(told)
  await untilWritable(store)
  master.resume()
  const late = outcomes.flatMap((isRefused, i) => (isRefused ? [customer(`late-${i}`)] : []))
  t.ok(late.length > 50)
  const atNew = await Promise.all(late.map(key => store.customers.load(key, WORDS)))
  t.equal(atNew.filter(({ history }) => history.length > 0).length, 0, 'nothing at the new one')
  // It answers this client after what had arrived before it was woken.
  const { client } = master
  const atOld = await Promise.all(late.map(key => client.exists(customerKeys(key).history)))
  t.equal(atOld.filter(Boolean).length, 0, 'nothing at the old one')
  t.not((await replaced).port, master.port)
})

test('a way that leads to no master is said with its remedy', { skip }, async t => {
  const { url, sentinels, servers } = await startWatchedRedis(t, { sentinels: 1, replicas: 0 })
  const [{ client, port }] = sentinels as [RedisNode]
  const said = async (wrong: string, wanted: RegExp) => {
    const { store } = createRedisStore({ ...LIMITS, way: readWay(wrong) })
    const trouble = await eventually(
      () => store.trouble(),
      sentence => wanted.test(String(sentence))
    )
    t.match(trouble, wanted)
    await store.close()
  }
  await said(url.replace(/[^/]+$/, 'offer'), /do not know the master: correct the name/)
  await said(`redis://127.0.0.1:${port}`, /this is a Redis Sentinel, .* write redis\+sentinel:/)
  await said(`redis+sentinel://127.0.0.1:${servers[0].port}/x`, /is no Redis Sentinel/)
  await client.call('ACL', 'SETUSER', 'default', 'resetpass', '>secret')
  await said(url, /sentinels ask for a password: add \?sentinel_password=/)
  const store = await open(t, `${url}?sentinel_password=secret`)
  t.equal(await store.trouble(), undefined)
})

test('a sentinel that was cut off and names the master before is not believed', {
  skip: notAll
}, async t => {
  const { url, servers, sentinels, masterAfter } = await startWatchedRedis(t)
  const [master] = servers
  const store = await open(t, url, 1000)
  await untilWritable(store)
  const [asked, , cutOff] = sentinels as [RedisNode, RedisNode, RedisNode]
  await asked.client.call('SENTINEL', 'FAILOVER', 'offers')
  const { client, port } = await masterAfter(master)
  let written = 0
  const isAtNew = async () => {
    const key = customer(`at-${written++}`)
    await store.customers.append([event(key)])
    return (await client.exists(customerKeys(key).history)) === 1
  }
  await eventually(
    () => isAtNew().catch(() => false),
    isThere => isThere
  )
  // As one that was away while the others chose.
  await cutOff.client.call('SENTINEL', 'REMOVE', 'offers')
  await cutOff.client.call('SENTINEL', 'MONITOR', 'offers', '127.0.0.1', master.port, 2)
  const believed: boolean[] = []
  const named = async () =>
    String(await cutOff.client.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', 'offers'))
  while (!(await named()).endsWith(String(port))) believed.push(await isAtNew())
  t.ok(believed.length > 0, `${believed.length} writes while it named the one before`)
  t.equal(believed.every(Boolean), true, 'all are with the new one')
})
