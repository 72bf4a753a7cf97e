import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { kill } from 'node:process'
import { Redis } from 'ioredis'
import { test } from 'tap'
import type { Test } from 'tap'
import { withLock } from '../../../src/adapters/redis/lock.js'
import { openStore } from '../../../src/adapters/redis/open-store.js'
import { isListening } from '../../../src/adapters/redis/own-server.js'
import type { Store } from '../../../src/decisioning/ports.js'
import { EMPTY_PROFILE } from '../../../src/domain/customer.js'
import { limitsContract } from '../../contracts/limits-contract.js'
import { eventually, lexicon, storeContract } from '../../contracts/store-contract.js'
import { keptLog } from '../../helpers/logs.js'
import { PATIENT_MS, redisMissing } from '../../helpers/redis.js'

const KEY = { namespace: 'crm', id: 'c-1' }

function openOwn(dataDir: string): Promise<Store> {
  return openStore({ dataDir, log: keptLog(), commandTimeoutMs: PATIENT_MS })
}

async function openTwo(t: Test) {
  const dataDir = await mkdtemp(join(tmpdir(), 'offerd-own-'))
  t.teardown(() => rm(dataDir, { recursive: true }))
  const store = await openOwn(dataDir)
  const other = await openOwn(dataDir)
  t.teardown(async () => {
    await store.close()
    await other.close()
  })
  return { store, other }
}

storeContract('the store in a Redis of its own', redisMissing, openTwo)
limitsContract('the store in a Redis of its own', redisMissing, openTwo)

const skip = redisMissing

async function folder(t: Test, ...parts: string[]): Promise<string> {
  const base = await mkdtemp(join(tmpdir(), 'offerd-own-'))
  t.teardown(() => rm(base, { recursive: true }))
  return join(base, ...parts)
}

test('the last process that leaves stops the server, and what was written is there the next time', {
  skip
}, async t => {
  const dataDir = await folder(t)
  const [first, second] = [await openOwn(dataDir), await openOwn(dataDir)]
  await first.customers.change(KEY, () => EMPTY_PROFILE, lexicon())
  await first.close()
  t.equal((await second.customers.load(KEY, lexicon())).known, true)
  await second.close()
  t.equal(await isListening(join(dataDir, 'redis.sock')), false)
  const third = await openOwn(dataDir)
  t.equal((await third.customers.load(KEY, lexicon())).known, true)
  await third.close()
})

test('processes that start together share one server', { skip }, async t => {
  const dataDir = await folder(t)
  const stores = await Promise.all(Array.from({ length: 4 }, () => openOwn(dataDir)))
  await stores[0]!.customers.change(KEY, () => EMPTY_PROFILE, lexicon())
  for (const store of stores) t.equal((await store.customers.load(KEY, lexicon())).known, true)
  for (const store of stores) await store.close()
  t.equal(await isListening(join(dataDir, 'redis.sock')), false)
})

test('a server that dies is started again', { skip }, async t => {
  const dataDir = await folder(t)
  const store = await openOwn(dataDir)
  await store.customers.change(KEY, () => EMPTY_PROFILE, lexicon())
  const client = new Redis({ path: join(dataDir, 'redis.sock') })
  client.on('error', () => undefined)
  const pid = /process_id:(\d+)/.exec(await client.info('server'))![1]
  client.disconnect()
  kill(Number(pid), 'SIGKILL')
  await eventually(
    async () =>
      store.customers.load(KEY, lexicon()).then(
        () => true,
        () => false
      ),
    served => !served
  )
  await eventually(
    async () =>
      store.customers.load(KEY, lexicon()).then(
        () => true,
        () => false
      ),
    Boolean
  )
  await store.close()
  t.pass('served again')
})

test('a folder whose path is too long for a socket serves all the same', { skip }, async t => {
  const dataDir = await folder(t, 'a'.repeat(120))
  const store = await openOwn(dataDir)
  await store.customers.change(KEY, () => EMPTY_PROFILE, lexicon())
  t.equal((await store.customers.load(KEY, lexicon())).known, true)
  await store.close()
})

test('a lock that a dead process left is taken over', async t => {
  const path = join(await folder(t), 'lock')
  await writeFile(path, '')
  const longAgo = new Date(Date.now() - 60_000)
  await utimes(path, longAgo, longAgo)
  t.equal(await withLock(path, async () => 'mine'), 'mine')
  let inside = 0
  await Promise.all(
    Array.from({ length: 5 }, () =>
      withLock(path, async () => {
        t.equal(++inside, 1)
        await new Promise(resolve => setImmediate(resolve))
        inside--
      })
    )
  )
})
