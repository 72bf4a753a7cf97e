import { test } from 'tap'
import { createDecisionIds, partsOf } from '../../src/domain/decision-id.js'

const NOW_MS = 1_750_000_000_000

test('an id is a UUIDv7 that tells its time and its writer', async t => {
  const id = createDecisionIds(0xdeadbeef)(NOW_MS)
  t.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-deadbeef[0-9a-f]{4}$/)
  t.strictSame(partsOf(id), { timeMs: NOW_MS, writer: 0xdeadbeef })
})

test('ids of one process ascend and differ, many in a millisecond and when the clock steps back', async t => {
  const nextId = createDecisionIds(1)
  const times = [
    ...new Array<number>(10_000).fill(NOW_MS),
    NOW_MS - 5000,
    NOW_MS + 1,
    NOW_MS + 60_000
  ]
  const ids = times.map(nextId)
  t.strictSame(ids.toSorted(), ids)
  t.equal(new Set(ids).size, ids.length)
  t.ok(partsOf(ids[9999]!)!.timeMs - NOW_MS < 5, 'the time runs ahead only a little')
  t.equal(partsOf(ids.at(-1)!)!.timeMs, NOW_MS + 60_000)
})

test('what is no id of ours has no parts', async t => {
  const id = createDecisionIds(1)(NOW_MS)
  for (const other of ['', 'x', id.toUpperCase(), `${id}0`, id.replace('-7', '-4'), `${id}\n`])
    t.equal(partsOf(other), undefined)
})
