import fc from 'fast-check'
import { test } from 'tap'
import { JsonBytes, piecesOf } from '../../src/decisioning/json-bytes.js'

const bytes = new JsonBytes()

function figure(value: number): string {
  bytes.start()
  bytes.figure(value)
  return bytes.toString()
}

test('a figure is printed to 6 decimals, and always as JSON', async t => {
  for (const [value, text] of [
    [0, '0'],
    [80, '80'],
    [9.6, '9.600000'],
    [123.0456, '123.045600'],
    [999, '999'],
    [1000, '1000'],
    [1002003, '1002003'],
    [999_999_999, '999999999'],
    [12_000_000_000, '12000000000'],
    [70_001.5, '70001.500000'],
    [0.9999999, '1.000000'],
    [9.9999999, '10.000000'],
    [-2.5, '-2.5'],
    [1e300, '1e+300'],
    [NaN, 'null'],
    [Infinity, 'null']
  ] as const)
    t.equal(figure(value), text)
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 1e8, noNaN: true }),
      value => Math.abs((JSON.parse(figure(value)) as number) - value) <= 5.1e-7
    )
  )
  fc.assert(fc.property(fc.nat(), value => figure(value) === String(value)))
  fc.assert(fc.property(fc.double(), value => JSON.parse(figure(value)) !== undefined))
})

test('pieces and texts of any script and length come out as they went in', async t => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.boolean(), fc.string({ unit: 'grapheme', maxLength: 40 })), {
        maxLength: 2000
      }),
      parts => {
        bytes.start()
        const pieces = piecesOf(parts.map(([, text]) => text))
        parts.forEach(([prepared, text], i) => {
          if (prepared) bytes.piece(pieces, i)
          else bytes.text(text)
        })
        return bytes.toString() === parts.map(([, text]) => text).join('')
      }
    ),
    { numRuns: 200 }
  )
  const long = 'ü'.repeat(100_000)
  bytes.start()
  bytes.text(long)
  bytes.figure(0.5)
  bytes.piece(piecesOf([long]), 0)
  t.equal(bytes.toString(), `${long}0.500000${long}`, 'far beyond the room it starts with')
})
