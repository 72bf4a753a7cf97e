import { Redis } from 'ioredis'
import { test } from 'tap'
import type { Test } from 'tap'
import { openStore } from '../../../src/adapters/redis/open-store.js'
import { eventually } from '../../contracts/store-contract.js'
import { keptLog } from '../../helpers/logs.js'
import { PATIENT_MS, redisMissing, startRedis } from '../../helpers/redis.js'

const skip = redisMissing

/** What is said when a store is opened. */
async function saidOf(t: Test, url: string): Promise<string> {
  const log = keptLog()
  const store = await openStore({ url, log, commandTimeoutMs: PATIENT_MS })
  t.equal(await store.trouble(), undefined)
  await store.close()
  return log.sentences.join('\n')
}

test('what a crash of Redis would take with it is warned of at the start', { skip }, async t => {
  const { url } = await startRedis(t)
  const client = new Redis({ path: url })
  t.equal(await saidOf(t, url), '', 'nothing is said of one that writes everything down')
  await client.config('SET', 'appendfsync', 'no')
  t.match(await saidOf(t, url), /appendfsync no\): set everysec, or always/)
  await client.config('SET', 'appendonly', 'no')
  t.match(await saidOf(t, url), /keeps nothing on disk: .* set appendonly yes/)
  await client.config('SET', 'save', '3600 1')
  t.match(await saidOf(t, url), /pictures now and then only: .* set appendonly yes/)
  client.disconnect()
})

test('a server that shows nothing of itself serves all the same', { skip }, async t => {
  const { url } = await startRedis(t, '--appendonly', 'no')
  const client = new Redis({ path: url })
  await client.acl('SETUSER', 'default', '-info', '-config')
  const log = keptLog()
  const store = await openStore({ url, log, commandTimeoutMs: PATIENT_MS })
  t.teardown(() => store.close())
  t.equal(await store.trouble(), undefined)
  t.match(log.sentences.join('\n'), /INFO could not be read/)
  client.disconnect()
})

test('what was warned of once is not said again with every connection', { skip }, async t => {
  const { url } = await startRedis(t, '--appendonly', 'no')
  const client = new Redis({ path: url })
  const log = keptLog()
  const store = await openStore({ url, log, commandTimeoutMs: PATIENT_MS })
  t.teardown(() => store.close())
  for (let i = 0; i < 3; i++) {
    await client.call('CLIENT', 'KILL', 'TYPE', 'normal')
    await eventually(
      () => store.trouble(),
      trouble => trouble === undefined
    )
  }
  t.equal(log.sentences.filter(sentence => /appendonly/.test(sentence)).length, 1)
  client.disconnect()
})
