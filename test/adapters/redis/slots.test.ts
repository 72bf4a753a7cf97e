import fc from 'fast-check'
import { test } from 'tap'
import { readRedirection, readSlots } from '../../../src/adapters/redis/redirection.js'
import { slotOf } from '../../../src/adapters/redis/slots.js'
import { redisMissing } from '../../helpers/redis.js'
import { startRedisCluster } from '../../helpers/redis-cluster.js'

test('slots of known keys', async t => {
  t.equal(slotOf('123456789'), 12_739)
  t.equal(slotOf('foo'), 12_182)
  t.equal(slotOf('{foo}.bar'), slotOf('foo'))
  t.equal(slotOf('foo{}{bar}'), 8363)
  t.equal(slotOf('foo{{bar}}zap'), slotOf('{bar'))
  t.equal(slotOf('foo{bar}{zap}'), slotOf('bar'))
})

test('any key has the slot that Redis says', { skip: redisMissing }, async t => {
  const { masters } = await startRedisCluster(t)
  const { client } = masters[0]!
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(fc.string({ unit: 'grapheme' }), fc.stringMatching(/^[{}a:]*$/)),
      async key => (await client.call('CLUSTER', 'KEYSLOT', key)) === slotOf(key)
    ),
    { numRuns: 300 }
  )
  t.pass('held')
})

test('redirections are read, with the host that a server leaves out', async t => {
  const read = (text: string) => readRedirection(new Error(text), 'seed')
  t.strictSame(read('MOVED 3999 10.0.0.2:6381'), {
    kind: 'MOVED',
    slot: 3999,
    host: '10.0.0.2',
    port: 6381
  })
  t.strictSame(read('ASK 7 ::1:7000'), { kind: 'ASK', slot: 7, host: '::1', port: 7000 })
  t.strictSame(read('MOVED 7 :7000'), { kind: 'MOVED', slot: 7, host: 'seed', port: 7000 })
  t.strictSame(read('TRYAGAIN Multiple keys request during rehashing of slot'), {
    kind: 'TRYAGAIN'
  })
  for (const text of ['CLUSTERDOWN The cluster is down', 'ERR MOVED 7 a:1'])
    t.equal(read(text), undefined)
  t.equal(readRedirection('MOVED 7 a:1', 'seed'), undefined)
})

test('slot ranges are read in order, without those whose master is not known', async t => {
  const master = (host: string | null, port: number) => [host && Buffer.from(host), port, 'id']
  t.strictSame(
    readSlots(
      [
        [100, 200, master(null, 7001)],
        [0, 99, master('', 7000), master('10.0.0.9', 7009)],
        [201, 300, master('?', 7002)],
        [301, 400, master('b.example', 7003)]
      ],
      'seed'
    ),
    [
      { from: 0, to: 99, host: 'seed', port: 7000 },
      { from: 100, to: 200, host: 'seed', port: 7001 },
      { from: 301, to: 400, host: 'b.example', port: 7003 }
    ]
  )
})
