import { test } from 'tap'
import { addressOf, readAddress } from '../../../src/adapters/redis/address.js'
import { readWay } from '../../../src/adapters/redis/way.js'

test('one address is read with its credentials, which are not shown', async t => {
  const way = readWay('rediss://me:se%2Fcret@host:6380/3')
  if (way.kind !== 'server') return t.fail('one address is one server')
  t.match(way.server.options, {
    host: 'host',
    port: 6380,
    db: 3,
    username: 'me',
    password: 'se/cret',
    tls: { servername: 'host' }
  })
  t.equal(way.text, 'rediss://host:6380/3')
  t.match(readWay('unix:/run/a,b.sock'), { server: { options: { path: '/run/a,b.sock' } } })
  t.strictSame(readAddress('redis://host')?.options, { host: 'host', port: 6379, db: 0 })
})

test('several addresses are the servers of a cluster', async t => {
  const way = readWay('redis://a:7000, redis://b:7001,redis://[::1]:7002')
  t.equal(way.kind, 'cluster')
  t.equal(way.text, 'redis://a:7000, redis://b:7001, redis://[::1]:7002')
  t.throws(() => readWay('redis://a:7000/1,redis://b'), /database 0 only/)
  for (const wrong of ['redis://a,', 'redis://a,http://b', 'redis://a,/run/redis.sock', ''])
    t.throws(() => readWay(wrong), /with commas between for a cluster/)
})

test('sentinels are read with the name of their master, whose credentials are its own', async t => {
  const way = readWay(
    'redis+sentinel://me:se%2F:cret@a:7000,b,[::1]:7002/offers/3?sentinel_password=guard'
  )
  if (way.kind !== 'sentinels') return t.fail('sentinels are sentinels')
  t.strictSame(
    way.sentinels.map(({ options }) => options),
    [
      { host: 'a', port: 7000, db: 0, password: 'guard' },
      { host: 'b', port: 26_379, db: 0, password: 'guard' },
      { host: '::1', port: 7002, db: 0, password: 'guard' }
    ]
  )
  t.strictSame(way.watched.at('10.0.0.7', 6380).options, {
    host: '10.0.0.7',
    port: 6380,
    db: 3,
    username: 'me',
    password: 'se/:cret'
  })
  t.equal(way.watched.name, 'offers')
  t.notMatch(way.text, /cret|guard/)
  for (const wrong of ['redis+sentinel://a', 'redis+sentinel://a,/x', 'redis+sentinel://a:b:c/x'])
    t.throws(() => readWay(wrong), /redis\+sentinel:\/\/host:26379/)
  t.throws(() => readWay('redis+sentinel://a/x?password=y'), /sentinel_username and sentinel_pass/)
})

test('servers that others tell of are reached as those are', async t => {
  const seed = readAddress('rediss://me:secret@cluster.example:6379')!
  const named = addressOf(seed, 'b.cluster.example', 6380)
  t.match(named.options, { host: 'b.cluster.example', port: 6380, username: 'me' })
  t.match(named.options.tls, { servername: 'b.cluster.example' })
  const numbered = addressOf(seed, '10.0.0.7', 6380)
  t.match(numbered.options.tls, { servername: 'cluster.example' })
  t.equal(numbered.text, 'rediss://10.0.0.7:6380')
  const number = addressOf(readAddress('rediss://10.0.0.8')!, '10.0.0.7', 6380)
  t.notOk('servername' in (number.options.tls ?? {}), 'a number is no name')
  t.equal(addressOf(readAddress('redis://a')!, '::1', 7).text, 'redis://[::1]:7')
})
