import { test, type Test } from 'tap'
import { openStore } from '../../../src/adapters/redis/open-store.js'
import type { JournalEntry, JournalOutlet, Store } from '../../../src/decisioning/ports.js'
import { EMPTY_PROFILE } from '../../../src/domain/customer.js'
import type { CustomerEvent } from '../../../src/domain/interaction.js'
import { StoreUnavailable } from '../../../src/domain/refusal.js'
import { lexicon } from '../../contracts/store-contract.js'
import { keptLog } from '../../helpers/logs.js'
import { PATIENT_MS, redisMissing, startRedis, type TestRedis } from '../../helpers/redis.js'
import { startRedisCluster } from '../../helpers/redis-cluster.js'

const skip = redisMissing

interface Opened {
  readonly store: Store
  readonly outlet: JournalOutlet
  readonly redis: TestRedis
  readonly again: () => Promise<Store>
}

async function open(t: Test, journalBytes = 2 ** 20): Promise<Opened> {
  const redis = await startRedis(t)
  const again = async () => {
    const store = await openStore({
      url: redis.url,
      log: keptLog(),
      commandTimeoutMs: PATIENT_MS,
      journalBytes
    })
    t.teardown(() => store.close())
    return store
  }
  const store = await again()
  if (store.outlet === undefined) throw new Error('a store in Redis has an outlet')
  return { store, outlet: store.outlet, redis, again }
}

function event(id: string, changes: Partial<CustomerEvent> = {}): CustomerEvent {
  const customer = { namespace: 'crm', id: `c-${id}` }
  return { customer, id, source: 'test', type: 'page_view', timeMs: 1_700_000_000_000, ...changes }
}

async function readAll(outlet: JournalOutlet): Promise<JournalEntry[][]> {
  const partitions = await outlet.waiting()
  return await Promise.all(
    partitions.map(async (_, partition) => {
      const entries: JournalEntry[] = []
      for (;;) {
        const more = await outlet.read(partition, entries.at(-1)?.place)
        if (more.length === 0) return entries
        entries.push(...more)
      }
    })
  )
}

test('events are read as they were appended, and are gone once they are settled', {
  skip
}, async t => {
  const { store, outlet } = await open(t)
  const told = Array.from({ length: 50 }, (_, i) =>
    event(`e-${i}`, { value: i, data: { page: i } })
  )
  await store.journal.append(told.slice(0, 30), 'wait')
  await store.journal.append(told.slice(30), 'wait')
  const entries = await readAll(outlet)
  const ids = entries.flat().flatMap(({ events }) => events)
  t.same(
    ids.sort((a, b) => a.value! - b.value!),
    told
  )
  const before = await store.journal.standing()
  t.equal(before.waiting, 50)
  t.equal(
    before.waitingBytes,
    entries.flat().reduce((sum, { bytes }) => sum + bytes, 0),
    'what waits is counted as it is read'
  )
  for (const [partition, some] of entries.entries()) {
    await outlet.settle(partition, some)
    await outlet.settle(partition, some)
  }
  const after = await store.journal.standing()
  t.match(after, { waiting: 0, waitingBytes: 0, exported: 50, oldestMs: undefined })
  t.same((await readAll(outlet)).flat(), [])
})

test('what comes while a segment is written stays when it is settled', { skip }, async t => {
  const { store, outlet } = await open(t)
  const customer = { namespace: 'crm', id: 'one' }
  await store.journal.append([event('first', { customer })], 'wait')
  const entries = await readAll(outlet)
  await store.journal.append([event('second', { customer })], 'wait')
  for (const [partition, some] of entries.entries()) await outlet.settle(partition, some)
  const left = (await readAll(outlet)).flat()
  t.same(
    left.flatMap(({ events }) => events.map(({ id }) => id)),
    ['second']
  )
  t.match(await store.journal.standing(), { waiting: 1, waitingBytes: left[0]!.bytes })
})

const LARGE = { data: 'x'.repeat(100_000), customer: { namespace: 'crm', id: 'one' } }

test('beyond the bound an append that may wait is refused, and room lets it in again', {
  skip
}, async t => {
  const { store, outlet, again } = await open(t)
  const other = await again()
  let stored = 0
  await t.rejects(async () => {
    for (; stored < 20; stored++) await store.journal.append([event(`e-${stored}`, LARGE)], 'wait')
  }, StoreUnavailable)
  t.equal(stored, 2, 'a partition holds its quarter of a mebibyte')
  t.equal(store.journal.isFull, true)
  t.equal(other.journal.isFull, false, 'another process does not know yet')
  await t.rejects(other.journal.append([event('other', LARGE)], 'wait'))
  for (const [partition, some] of (await readAll(outlet)).entries())
    await outlet.settle(partition, some)
  t.match(await store.journal.standing(), { waiting: 0, dropped: 0 })
  t.equal(store.journal.isFull, false)
  await store.journal.append([event('late', LARGE)], 'wait')
  t.equal((await store.journal.standing()).waiting, 1)
})

test('beyond the bound an append that may be dropped is dropped and counted', { skip }, async t => {
  const { store } = await open(t)
  for (let i = 0; i < 5; i++) await store.journal.append([event(`e-${i}`, LARGE)], 'drop')
  t.match(await store.journal.standing(), { waiting: 2, dropped: 3 })
})

test('a decision record is kept and journalled in one go, and waits here while the journal is full', {
  skip
}, async t => {
  const { store, outlet } = await open(t)
  const append = (id: string, size: number) =>
    store.records.append({
      id,
      decidedAtMs: 1_700_000_000_000,
      strategyHash: 'abc',
      packAnswer: () => JSON.stringify({ text: 'x'.repeat(size) }),
      request: '{}',
      packTrace: () => ['trace'],
      journal: { whenFull: 'wait', pack: () => ({ channel: 'web' }) }
    })
  append('d-1', 10)
  await store.records.flush()
  t.same((await store.records.get('d-1'))?.trace, ['trace'])
  const [entry] = (await readAll(outlet)).flat()
  t.match(entry?.decisions, [{ id: 'd-1', journal: { channel: 'web' } }])

  for (let i = 0; i < 12; i++) append(`large-${i}`, 200_000)
  await store.records.flush()
  t.equal(store.journal.isFull, true)
  for (let tries = 0; store.journal.isFull && tries < 100; tries++) {
    for (const [partition, some] of (await readAll(outlet)).entries())
      await outlet.settle(partition, some)
    await store.journal.standing()
    await store.records.flush()
  }
  const rest = (await readAll(outlet)).flat().flatMap(({ decisions }) => decisions)
  const { exported } = await store.journal.standing()
  t.equal(exported + rest.length, 13, 'everything came to the journal once there was room')
})

test('one process at a time holds the lease, until it gives it up or says nothing', {
  skip
}, async t => {
  const { outlet, store, again } = await open(t)
  const { outlet: other } = await again()
  t.equal(await outlet.lease('a', 60_000), true)
  t.equal(await outlet.lease('a', 60_000), true)
  t.equal(await other!.lease('b', 60_000), false)
  t.equal((await store.journal.standing()).isExported, true)
  await other!.giveUp('b')
  t.equal(await other!.lease('b', 60_000), false, 'only the holder gives it up')
  await outlet.giveUp('a')
  t.equal(await other!.lease('b', 20), true)
  for (let tries = 0; tries < 500; tries++) {
    if (await outlet.lease('a', 60_000)) break
    await new Promise(resolve => setTimeout(resolve, 10))
  }
  t.equal(await other!.lease('b', 60_000), false, 'the lease had lapsed')
})

test('why the exporter failed is known to every process until it succeeds', { skip }, async t => {
  const { outlet, again } = await open(t)
  const other = await again()
  await outlet.tell('the disk is full')
  t.equal((await other.journal.standing()).trouble, 'the disk is full')
  await outlet.tell(undefined)
  t.equal((await other.journal.standing()).trouble, undefined)
})

test("a customer's key stays the same, and goes with the customer for good", { skip }, async t => {
  const { store, outlet } = await open(t)
  const [one, two] = ['one', 'two'].map(id => ({ namespace: 'crm', id })) as [
    { namespace: string; id: string },
    { namespace: string; id: string }
  ]
  t.equal(await outlet.keyOf(one), undefined)
  const [first, second] = await outlet.keysOf([one, two], 60_000)
  t.equal(first?.length, 32)
  t.notSame(first, second)
  t.same(await outlet.keysOf([two, one], 60_000), [second, first])
  t.same(await outlet.keyOf(one), first)
  await store.customers.change(one, () => EMPTY_PROFILE, lexicon())
  t.equal(await store.customers.erase(one), true)
  t.equal(await outlet.keyOf(one), undefined)
  t.same(await outlet.keysOf([one, two], 60_000), [undefined, second])
})

test('appends that Redis has acknowledged outlive its end', { skip }, async t => {
  const { store, outlet, redis } = await open(t)
  await store.journal.append([event('kept')], 'wait')
  await redis.restart()
  for (let tries = 0; tries < 500 && (await store.trouble()) !== undefined; tries++)
    await new Promise(resolve => setTimeout(resolve, 10))
  t.same(
    (await readAll(outlet)).flat().flatMap(({ events }) => events.map(({ id }) => id)),
    ['kept']
  )
})

test('in a cluster, events and records of many customers wait on several servers and are settled there', {
  skip,
  timeout: 120_000
}, async t => {
  const { url } = await startRedisCluster(t)
  const store = await openStore({ url, log: keptLog(), commandTimeoutMs: PATIENT_MS })
  t.teardown(() => store.close())
  const outlet = store.outlet!
  const told = Array.from({ length: 40 }, (_, i) => event(`e-${i}`))
  await store.journal.append(told, 'wait')
  store.records.append({
    id: 'd-1',
    decidedAtMs: 1_700_000_000_000,
    strategyHash: 'abc',
    packAnswer: () => '{}',
    request: '{}',
    packTrace: () => null,
    journal: { whenFull: 'wait', pack: () => null }
  })
  await store.records.flush()
  t.equal((await store.records.get('d-1'))?.id, 'd-1')
  t.equal((await store.journal.standing()).waiting, 41)
  const entries = await readAll(outlet)
  t.equal(entries.filter(some => some.length > 0).length, 4, 'all partitions hold some')
  for (const [partition, some] of entries.entries()) await outlet.settle(partition, some)
  t.match(await store.journal.standing(), { waiting: 0, exported: 41 })
  t.equal(await outlet.lease('a', 60_000), true)
  t.equal(
    (
      await outlet.keysOf(
        told.map(({ customer }) => customer),
        60_000
      )
    ).length,
    40
  )
})
