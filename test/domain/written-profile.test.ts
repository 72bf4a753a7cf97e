import { deepStrictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import { test } from 'tap'
import type { Profile } from '../../src/domain/customer.js'
import { inMergeOrder, sameParty } from '../../src/domain/identity.js'
import { rewrite, uniteProfiles } from '../../src/domain/written-profile.js'
import type { Write, WrittenProfile } from '../../src/domain/written-profile.js'
import { holds } from '../helpers/holds.js'

const NAMESPACES = ['crm', 'cookie']
const CRM = { namespace: 'crm', id: 'c-1' }
const COOKIE = { namespace: 'cookie', id: 'a' }
const NOBODY: Profile = { attributes: {}, tags: [], consent: {} }

const plainRecord = { noNullPrototype: true }
const key = fc.constantFrom(
  CRM,
  COOKIE,
  { namespace: 'cookie', id: 'b' },
  { namespace: 'x', id: 'a' }
)
const written: fc.Arbitrary<WrittenProfile> = fc
  .tuple(
    fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.tuple(fc.nat(3), fc.nat(2), key), plainRecord),
    fc.subarray(['sport', 'travel', 'cards']),
    fc.dictionary(
      fc.constantFrom('marketing', 'profiling'),
      fc.record(
        { granted: fc.boolean(), timeMs: fc.nat(2), source: fc.constantFrom('web', 'app') },
        plainRecord
      ),
      plainRecord
    )
  )
  .map(([given, tags, consent]) => {
    const entries = Object.entries(given)
    // One write has one value.
    const attributes: Record<string, string> = {}
    const writes: Record<string, Write> = {}
    for (const [name, [, timeMs, by]] of entries) {
      attributes[name] = `${timeMs} ${by.id}`
      writes[name] = { timeMs, key: by }
    }
    return { profile: { attributes, tags, consent }, writes }
  })

const unite = (...parties: readonly WrittenProfile[]) => uniteProfiles(parties, NAMESPACES)!

test('profiles come to the same united in any order, in any grouping and again', async t => {
  holds(
    t,
    fc.property(written, written, written, (a, b, c) => {
      const all = unite(a, b, c)
      deepStrictEqual(unite(c, a, b), all)
      deepStrictEqual(unite(unite(a, b), c), all)
      deepStrictEqual(unite(a, unite(b, c)), all)
      deepStrictEqual(unite(all, b, all), all)
    }),
    1000
  )
})

test('of two writes at one moment the one under the key that comes first wins', async t => {
  const at = (by: typeof CRM, value: string) =>
    rewrite(undefined, { ...NOBODY, attributes: { tier: value } }, { timeMs: 5, key: by })
  const { profile } = unite(at(COOKIE, 'silver'), at(CRM, 'gold'))
  t.equal(profile.attributes['tier'], 'gold')
})

test('a change gives its time to what it changes only', async t => {
  const first = rewrite(
    undefined,
    { ...NOBODY, attributes: { tier: 'gold', interests: ['cards', 'travel'] } },
    { timeMs: 1, key: CRM }
  )
  const { writes } = rewrite(
    first,
    { ...NOBODY, attributes: { tier: 'silver', interests: ['cards', 'travel'], age: 41 } },
    { timeMs: 2, key: COOKIE }
  )
  t.strictSame(writes, {
    tier: { timeMs: 2, key: COOKIE },
    interests: { timeMs: 1, key: CRM },
    age: { timeMs: 2, key: COOKIE }
  })
})

test('the earliest namespace comes first, then the smaller id, then what is no longer declared', async t => {
  const keys = [
    { namespace: 'retired', id: '1' },
    { namespace: 'cookie', id: 'b' },
    { namespace: 'crm', id: 'z' },
    { namespace: 'cookie', id: 'a' },
    { namespace: 'cookie', id: 'B' }
  ]
  const expected = ['crm/z', 'cookie/B', 'cookie/a', 'cookie/b', 'retired/1']
  const texts = inMergeOrder([...keys, ...keys], NAMESPACES).map(
    ({ namespace, id }) => `${namespace}/${id}`
  )
  t.strictSame(texts, expected)
  t.equal(sameParty(keys[0]!, { ...keys[0]! }), true)
})
