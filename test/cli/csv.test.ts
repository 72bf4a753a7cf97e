import fc from 'fast-check'
import { test } from 'tap'
import { readCsv, type CsvRow } from '../../src/cli/csv.js'
import { holdsAsync } from '../helpers/holds.js'

async function* streamOf(pieces: ReadonlyArray<string | Uint8Array>): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) yield typeof piece === 'string' ? Buffer.from(piece) : piece
}

async function read(
  pieces: ReadonlyArray<string | Uint8Array>,
  separator?: string
): Promise<{ header: readonly string[]; rows: CsvRow[] }> {
  const named = { name: 'rows.csv', ...(separator === undefined ? {} : { separator }) }
  const { header, rows } = await readCsv(streamOf(pieces), named)
  const kept: CsvRow[] = []
  for await (const row of rows) kept.push(row)
  return { header, rows: kept }
}

const cellsOf = (rows: readonly CsvRow[]) => rows.map(({ cells, fault }) => cells ?? fault)

test('rows carry the line they begin on; empty lines count and are passed over', async t => {
  t.same(await read(['a,b\n1,2\n\n3,', '4']), {
    header: ['a', 'b'],
    rows: [
      { line: 2, cells: ['1', '2'] },
      { line: 4, cells: ['3', '4'] }
    ]
  })
})

test('quotes hold separators, line ends and doubled quotes', async t => {
  const { rows } = await read(['a;b\r\n"1;\r\n""x""";\r\n"";5" screen\r\n7;"8"\r\n'], ';')
  t.same(rows, [
    { line: 2, cells: ['1;\n"x"', ''] },
    { line: 4, cells: ['', '5" screen'] },
    { line: 5, cells: ['7', '8'] }
  ])
})

test('a byte order mark and spaces around names are no part of the header', async t => {
  t.same((await read(['\ufeffage , "no"\n1,2'])).header, ['age', '"no"'])
  t.same((await read(['\ufeff"age"\n1'])).header, ['age'])
})

test('wrong rows are named and the next is read', async t => {
  const latin = Buffer.from('6,\xe9\n', 'latin1')
  const { rows } = await read(['a,b\n1\n"2"x,3\n4,5,6\n', latin, '7,8'])
  t.same(cellsOf(rows), [
    'has 1 cells where the header has 2',
    'has text between a closing quote and the next separator',
    'has 3 cells where the header has 2',
    'is not UTF-8',
    ['7', '8']
  ])
  t.same(
    rows.map(({ line }) => line),
    [2, 3, 4, 5, 6]
  )
  const long = await read(['a,b\n1,', 'x'.repeat(1024 * 1024), '\n3,4'])
  t.same(cellsOf(long.rows), ['is longer than 1048576 bytes', ['3', '4']])
})

test('a missing quote never swallows rows without a word', async t => {
  await t.rejects(read(['a,b\n1,2\n"3,4\n5,6\n']), {
    message: 'rows.csv, line 3: a quote is opened here and not closed'
  })
  await t.rejects(read(['a,b\n"1,2\n3,"4\n']), {
    message: /from line 2 to line 3 .* quote missing/
  })
  await t.rejects(read(['a,b\n"1\n2"\n']), { message: /from line 2 to line 3 has 1 cells/ })
  const endless = ['a,b\n"1', ...Array.from({ length: 40 }, () => `${'x'.repeat(65_536)}\n`)]
  await t.rejects(read(endless), { message: /line 2: a quote is opened here/ })
})

test('a header that cannot name the columns is refused', async t => {
  await t.rejects(read([]), { message: 'rows.csv is empty; a header is needed' })
  await t.rejects(read(['a,,b\n']), { message: 'rows.csv, line 1: column 2 has no name' })
  await t.rejects(read(['\na,b,a\n']), { message: 'rows.csv, line 2: two columns are called "a"' })
  await t.rejects(read(['"a"b\n']), { message: /line 1: the header has text between/ })
})

test('what a writer quotes is read again, wherever the pieces are cut', async t => {
  const cell = fc.string({
    unit: fc.constantFrom('a', '"', ',', '\n', ' ', 'é', '😀'),
    maxLength: 6
  })
  const table = fc
    .integer({ min: 2, max: 4 })
    .chain(width => fc.array(fc.array(cell, { minLength: width, maxLength: width })))
  const property = fc.asyncProperty(table, fc.array(fc.nat({ max: 300 })), async (rows, cuts) => {
    const quoted = rows.map(cells => cells.map(each => `"${each.replaceAll('"', '""')}"`).join(','))
    const width = rows[0]?.length ?? 2
    const names = Array.from({ length: width }, (_, i) => `c${i}`).join(',')
    const file = Buffer.from([names, ...quoted].map(line => `${line}\r\n`).join(''))
    const at = [0, ...cuts.map(cut => Math.min(cut, file.length)), file.length].sort(
      (a, b) => a - b
    )
    const found = await read(at.slice(1).map((to, i) => file.subarray(at[i], to)))
    return JSON.stringify(cellsOf(found.rows)) === JSON.stringify(rows)
  })
  await holdsAsync(t, property, 200)
})
