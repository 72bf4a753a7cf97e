import fc from 'fast-check'
import { test } from 'tap'
import { encodeRows, type Cells, type EncodeCounters } from '../../src/scoring/encode.js'
import { planFeatures, type PlannedSource, type TensorType } from '../../src/scoring/plan.js'

type Row = Readonly<Record<string, unknown>>

const silent: EncodeCounters = { unknownCategory: () => undefined, truncated: () => undefined }

function counting() {
  const counted: string[] = []
  const counters: EncodeCounters = {
    unknownCategory: input => counted.push(`unknown ${input}`),
    truncated: input => counted.push(`truncated ${input}`)
  }
  return { counted, counters }
}

function attribute(
  name: string,
  type: string,
  missing: PlannedSource<Row>['missing'],
  values?: string[]
): PlannedSource<Row> {
  return {
    source: { type, perOffer: false, value: row => row[name] },
    missing,
    values,
    label: `customer.${name}`
  }
}

function offerValue(scale: number): PlannedSource<Row> {
  const source = {
    type: 'number',
    perOffer: true,
    value: (_row: Row, offer: number) => offer * scale
  }
  return { source, missing: 0, label: 'offer.value' }
}

function encode(
  type: TensorType,
  sources: ReadonlyArray<PlannedSource<Row>>,
  cells: Cells,
  facts: Row,
  offers: number[],
  counters = silent,
  firstRow = 0
) {
  const inputs = [{ name: 'x', type, width: sources.length }]
  const planned = planFeatures([{ input: 'x', sources }], inputs)
  if ('problems' in planned) throw new Error(planned.problems.join(' '))
  encodeRows(
    planned.plan,
    facts,
    Int32Array.from(offers),
    offers.length,
    counters
  )([{ input: inputs[0]!, cells }], firstRow)
  return cells
}

test('columns of the customer are copied to every row, those of the offer differ', t => {
  const sources = [
    attribute('age', 'integer', 0),
    offerValue(10),
    attribute('happy', 'boolean', false)
  ]
  const cells = encode('float32', sources, new Float32Array(9), { age: 40, happy: true }, [3, 1, 2])
  t.same([...cells], [40, 30, 1, 40, 10, 1, 40, 20, 1])
  t.end()
})

test('rows start where the run has room for them', t => {
  const cells = encode(
    'float64',
    [attribute('age', 'number', 0)],
    new Float64Array(5).fill(-1),
    { age: 7 },
    [0, 1],
    silent,
    2
  )
  t.same([...cells], [-1, -1, 7, 7, -1])
  t.end()
})

test('a missing value takes what stands in for it', t => {
  t.same(
    [...encode('float32', [attribute('age', 'number', 41)], new Float32Array(1), {}, [0])],
    [41]
  )
  t.same([...encode('string', [attribute('job', 'string', 'none')], [''], {}, [0])], ['none'])
  t.end()
})

test('a value that the plan was told is never missing stops the row when it is', t => {
  const source = {
    type: 'number',
    perOffer: false,
    canBeMissing: false,
    value: (row: Row) => row['age']
  }
  t.throws(
    () =>
      encode(
        'float32',
        [{ source, missing: undefined, label: 'customer.age' }],
        new Float32Array(1),
        {},
        [0]
      ),
    /customer\.age of input x has no value/
  )
  t.end()
})

test('integer tensors hold whole numbers; others are cut and counted', t => {
  const { counted, counters } = counting()
  const sources = ['a', 'b', 'c', 'd', 'e'].map(name => attribute(name, 'number', 0))
  const facts = { a: 7, b: -2.9, c: 1e12, d: NaN, e: true }
  t.same(
    [...encode('int32', sources, new Int32Array(5), facts, [0], counters)],
    [7, -2, 2147483647, 0, 1]
  )
  t.same(counted, ['truncated x', 'truncated x', 'truncated x'])
  const wide = encode('int64', sources, new BigInt64Array(5), { ...facts, b: -1e300 }, [0])
  t.same([...wide], [7n, -(2n ** 63n), 1000000000000n, 0n, 1n])
  t.end()
})

test('a category outside the declared values is passed on and counted', t => {
  const { counted, counters } = counting()
  const sources = [attribute('job', 'string', 'admin', ['admin', 'student'])]
  t.same(encode('string', sources, ['', ''], { job: 'pirate' }, [0, 1], counters), [
    'pirate',
    'pirate'
  ])
  t.same(counted, ['unknown x'], 'once a decision, not once a row')
  t.end()
})

test('booleans fill a tensor of truth values', t => {
  const sources = [attribute('a', 'boolean', false), attribute('b', 'boolean', true)]
  t.same([...encode('bool', sources, new Uint8Array(2), { a: true }, [0])], [1, 1])
  t.end()
})

test('copying down gives every row the same cells, whatever the count and the width', t => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 70 }), (width, rows) => {
      const names = Array.from({ length: width }, (_, i) => `a${i}`)
      const facts = Object.fromEntries(names.map((name, i) => [name, i + 1]))
      const cells = encode(
        'float32',
        names.map(name => attribute(name, 'number', 0)),
        new Float32Array(width * (rows + 1)),
        facts,
        new Array<number>(rows).fill(0)
      )
      return (
        cells.slice(0, width * rows).every((cell, at) => cell === (at % width) + 1) &&
        cells.slice(width * rows).every(cell => cell === 0)
      )
    })
  )
  t.pass('for all sizes tried')
  t.end()
})
