import { test } from 'tap'
import { decisionIdAt } from '../../src/cli/ids.js'

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

test('a decision id is a UUIDv7 that begins with its time', async t => {
  const id = decisionIdAt(0x0199_aabb_ccdd)
  t.match(id, UUID_V7)
  t.ok(id.startsWith('0199aabb-ccdd-7'))
})

test('ids of one millisecond differ, and later ones sort after earlier ones', async t => {
  const ids = Array.from({ length: 1000 }, () => decisionIdAt(1_780_000_000_000))
  t.equal(new Set(ids).size, 1000)
  t.ok(ids.every(id => id < decisionIdAt(1_780_000_000_001)))
})
