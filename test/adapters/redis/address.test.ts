import { test } from 'tap'
import { addressOf, readAddresses } from '../../../src/adapters/redis/address.js'

test('one address is read with its credentials, which are not shown', async t => {
  const [address] = readAddresses('rediss://me:se%2Fcret@host:6380/3')
  t.strictSame(address.options, {
    host: 'host',
    port: 6380,
    db: 3,
    username: 'me',
    password: 'se/cret',
    tls: { servername: 'host' }
  })
  t.equal(address.text, 'rediss://host:6380/3')
  t.strictSame(readAddresses('unix:/run/a,b.sock')[0].options, { path: '/run/a,b.sock' })
  t.strictSame(readAddresses('redis://host')[0].options, { host: 'host', port: 6379, db: 0 })
})

test('several addresses are the servers of a cluster', async t => {
  const addresses = readAddresses('redis://a:7000, redis://b:7001,redis://[::1]:7002')
  t.strictSame(
    addresses.map(({ text }) => text),
    ['redis://a:7000', 'redis://b:7001', 'redis://[::1]:7002']
  )
  t.throws(() => readAddresses('redis://a:7000/1,redis://b'), /database 0 only/)
  for (const wrong of ['redis://a,', 'redis://a,http://b', 'redis://a,/run/redis.sock', ''])
    t.throws(() => readAddresses(wrong), /with commas between for a cluster/)
})

test('other servers of a cluster are reached as the first was', async t => {
  const [seed] = readAddresses('rediss://me:secret@cluster.example:6379')
  const named = addressOf(seed, 'b.cluster.example', 6380)
  t.match(named.options, { host: 'b.cluster.example', port: 6380, username: 'me' })
  t.strictSame(named.options.tls, { servername: 'b.cluster.example' })
  const numbered = addressOf(seed, '10.0.0.7', 6380)
  t.strictSame(numbered.options.tls, { servername: 'cluster.example' })
  t.equal(numbered.text, 'rediss://10.0.0.7:6380')
  t.equal(addressOf(readAddresses('redis://a')[0], '::1', 7).text, 'redis://[::1]:7')
})
