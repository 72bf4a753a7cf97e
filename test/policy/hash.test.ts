import { test } from 'tap'
import { bucketOf, murmur3 } from '../../src/policy/hash.js'

const GOLDEN = [
  ['hello', 0x248bfa47, 1427],
  ['h1:crm/c-1001', 794593804, 1850],
  ['c1:crm/c-1001', 4211905262, 9806],
  ['e1:crm/客户', 3173588425, 7389]
] as const

test('hashes and buckets are the golden ones', t => {
  for (const [text, hash, bucket] of GOLDEN) {
    t.equal(murmur3(text), hash, text)
    t.equal(bucketOf(text), bucket, text)
  }
  t.end()
})

test('texts of every length modulo four hash as the reference does', t => {
  // Appleby's smhasher, seed 0.
  t.equal(murmur3(''), 0)
  t.equal(murmur3('a'), 0x3c2569b2)
  t.equal(murmur3('ab'), 0x9bbfd75f)
  t.equal(murmur3('abc'), 0xb3dd93fa)
  t.equal(murmur3('abcd'), 0x43ed676a)
  t.end()
})

test('buckets fill evenly', t => {
  const counts = new Array<number>(10).fill(0)
  for (let i = 0; i < 100_000; i++) counts[Math.floor(bucketOf(`h1:crm/c-${i}`) / 1000)]!++
  for (const count of counts) t.ok(count > 9_700 && count < 10_300, String(count))
  t.end()
})
