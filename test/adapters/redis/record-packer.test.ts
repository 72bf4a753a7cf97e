import { test } from 'tap'
import { batchOf, decodeRecords } from '../../../src/adapters/redis/record-codec.js'
import { RecordPacker, type PackedRecord } from '../../../src/adapters/redis/record-packer.js'
import type { FreshRecord } from '../../../src/decisioning/ports.js'

function record(id: string, changes: Partial<FreshRecord> = {}): FreshRecord {
  return {
    id,
    decidedAtMs: 1,
    strategyHash: 'abc',
    request: '{}',
    packAnswer: () => `{"decisionId":"${id}"}`,
    packTrace: () => [id],
    ...changes
  }
}

function packer() {
  const packed: PackedRecord[] = []
  const failed: string[] = []
  const made = new RecordPacker(
    one => packed.push(one),
    id => failed.push(id)
  )
  return { packer: made, packed, failed }
}

const turn = () => new Promise(resolve => setImmediate(resolve))
const idsOf = (packed: readonly PackedRecord[]) =>
  decodeRecords(batchOf(packed), 'a batch').map(({ id }) => id)

test('records are packed after the turn that made them, a few in each turn, in their order', async t => {
  const { packer: records, packed } = packer()
  const ids = Array.from({ length: 40 }, (_, i) => `d-${i}`)
  for (const id of ids) records.add(record(id))
  t.equal(packed.length, 0, 'not before the answer is sent')
  await turn()
  t.equal(packed.length, 16)
  await turn()
  await turn()
  t.equal(records.size, 0)
  t.same(idsOf(packed), ids)
})

test('what has to be prepared is packed when it is asked for, once it is prepared', async t => {
  const { packer: records, packed } = packer()
  let prepared = false
  const prepare = async () => {
    await turn()
    prepared = true
  }
  records.add(record('slow', { prepare, packTrace: () => [prepared] }))
  records.add(record('quick'))
  await turn()
  t.same(idsOf(packed), ['quick'])
  t.ok(records.has('slow'))
  const finished = records.finish()
  t.ok(records.has('slow'))
  await Promise.all([finished, records.finish()])
  t.same(
    decodeRecords(batchOf(packed), 'a batch').map(({ id, trace }) => [id, trace]),
    [
      ['quick', ['quick']],
      ['slow', [true]]
    ]
  )
  t.notOk(records.has('slow'))
})

test('a record that cannot be packed or prepared is given up, and the others are not', async t => {
  const { packer: records, packed, failed } = packer()
  const broken = () => {
    throw new Error('broken')
  }
  records.add(record('a'))
  records.add(record('b', { packTrace: broken }))
  records.add(record('c', { prepare: () => Promise.reject(new Error('broken')) }))
  records.add(record('d', { prepare: async () => undefined }))
  await records.finish()
  t.same(idsOf(packed), ['a', 'd'])
  t.same(failed, ['b', 'c'])
  t.equal(records.size, 0)
})
