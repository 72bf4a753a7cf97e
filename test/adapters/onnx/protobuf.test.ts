import fc from 'fast-check'
import { test } from 'tap'
import {
  createReader,
  createWriter,
  ProtobufBroken,
  readFloats,
  readInts
} from '../../../src/adapters/onnx/protobuf.js'

test('what is written is read again', t => {
  const field = fc.integer({ min: 1, max: 2 ** 29 - 1 })
  const int = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
  fc.assert(
    fc.property(
      field,
      int,
      fc.string({ unit: 'grapheme' }),
      fc.uint8Array(),
      (number, value, text, bytes) => {
        const inner = createWriter().text(1, text).bytes(2, bytes)
        const message = createWriter().varint(number, value).message(number, inner).finish()
        const reader = createReader(message)
        t.ok(reader.next() && reader.field === number && reader.int() === Number(value))
        t.ok(reader.next())
        const nested = createReader(reader.bytes())
        t.ok(nested.next() && nested.text() === text)
        t.ok(nested.next() && Buffer.compare(nested.bytes(), bytes) === 0)
        t.notOk(nested.next() || reader.next())
      }
    ),
    { numRuns: 50 }
  )
  t.end()
})

test('lists are read packed and unpacked', t => {
  const ints = [0, 1, -1, 127, 128, 2 ** 40, -(2 ** 40)]
  const floats = [0, 1.5, -0.25]
  const message = createWriter()
    .packedVarints(1, ints)
    .packedFloats(2, floats)
    .varint(1, 7)
    .float(2, 8)
    .finish()
  const found = { ints: [] as number[], floats: [] as number[] }
  const reader = createReader(message)
  while (reader.next()) {
    if (reader.field === 1) readInts(reader, int => found.ints.push(int))
    else readFloats(reader, found.floats)
  }
  t.same(found, { ints: [...ints, 7], floats: [...floats, 8] })
  t.end()
})

test('bytes that are no message are refused where they break', t => {
  const broken: Record<string, number[]> = {
    'a length beyond the end': [0x0a, 0x7f, 1, 2],
    'a length of 2^63': [0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
    'a tag that never ends': new Array<number>(11).fill(0xff),
    'a number cut off': [0x08, 0xff],
    'field number 0': [0x00, 0x00],
    'a group': [0x0b, 0x0c],
    'four bytes missing': [0x0d, 1, 2]
  }
  for (const [name, bytes] of Object.entries(broken)) {
    const reader = createReader(Uint8Array.from(bytes))
    t.throws(() => reader.next(), ProtobufBroken, name)
  }
  t.end()
})

test('random bytes end in a message or in a refusal, never in anything else', t => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), bytes => {
      try {
        const reader = createReader(bytes)
        while (reader.next()) reader.whole()
        return true
      } catch (error) {
        return error instanceof ProtobufBroken
      }
    }),
    { numRuns: 500 }
  )
  t.pass('for all bytes tried')
  t.end()
})
