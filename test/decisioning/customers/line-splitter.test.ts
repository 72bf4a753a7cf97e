import fc from 'fast-check'
import { test } from 'tap'
import { createLineSplitter, type Line } from '../../../src/decisioning/customers/line-splitter.js'

function linesOf(pieces: readonly Uint8Array[], longestBytes = 100): Line[] {
  const splitter = createLineSplitter(longestBytes)
  return [...pieces.flatMap(piece => [...splitter.split(piece)]), ...splitter.end()]
}

function texts(pieces: readonly string[], longestBytes?: number): Array<string | undefined> {
  return linesOf(
    pieces.map(piece => Buffer.from(piece)),
    longestBytes
  ).map(({ text, fault }) => text ?? fault)
}

test('lines are counted from 1 and the last needs no newline', async t => {
  t.same(linesOf([Buffer.from('a\n\nb')]), [
    { number: 1, text: 'a' },
    { number: 2, text: '' },
    { number: 3, text: 'b' }
  ])
  t.same(linesOf([]), [])
  t.same(texts(['a\n']), ['a'])
})

test('carriage returns and a byte order mark are taken off', async t => {
  t.same(texts(['\ufeffa\r\nb\r', '\nc\r']), ['a', 'b', 'c'])
})

test('wherever the pieces are cut, the lines are the same', async t => {
  const line = fc
    .string({ unit: 'grapheme', maxLength: 12 })
    .filter(text => !/[\n\r\ufeff]/.test(text))
  fc.assert(
    fc.property(fc.array(line, { minLength: 1 }), fc.array(fc.nat({ max: 200 })), (lines, cuts) => {
      const file = Buffer.from(lines.map(text => `${text}\n`).join(''))
      const at = [
        0,
        ...cuts.map(cut => Math.min(cut, file.length)).sort((a, b) => a - b),
        file.length
      ]
      const pieces = at.slice(1).map((to, i) => file.subarray(at[i], to))
      const found = linesOf(pieces, 1000).map(({ text }) => text)
      return found.length === lines.length && found.every((text, i) => text === lines[i])
    })
  )
  t.pass()
})

test('a line may be as long as allowed and no longer, in one piece or in many', async t => {
  const fits = 'x'.repeat(100)
  t.same(texts([`${fits}\r\n`, fits.slice(0, 60), fits.slice(60), '\r', '\nb']), [fits, fits, 'b'])
  const fault = 'is longer than 100 bytes'
  t.same(texts([`${fits}x\nb\n`]), [fault, 'b'])
  t.same(texts(Array.from(`${fits}x\nb\n`)), [fault, 'b'])
  t.same(texts([fits, `${'x'.repeat(1e6)}\nb`, `\n${fits}`, 'x']), [fault, 'b', fault])
  t.same(texts([`${fits}\rx\n`, fits, '\r', 'x\n']), [fault, fault])
})

test('bytes that are no UTF-8 are a fault of their line alone', async t => {
  t.same(linesOf([Buffer.from('a\n\xff\nb\n', 'latin1')]), [
    { number: 1, text: 'a' },
    { number: 2, fault: 'is not UTF-8' },
    { number: 3, text: 'b' }
  ])
})

test('a piece whose memory is used again does not change a line that was begun in it', async t => {
  const splitter = createLineSplitter(100)
  const piece = Buffer.from('half')
  t.same([...splitter.split(piece)], [])
  piece.fill('?')
  t.same([...splitter.split(Buffer.from(' done\n'))], [{ number: 1, text: 'half done' }])
})
