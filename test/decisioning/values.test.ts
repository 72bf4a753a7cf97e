import { test } from 'tap'
import type { Declared, ValueType } from '../../src/policy/strategy.js'
import { checkId, checkValue, checkValues, showValue } from '../../src/decisioning/values.js'

function declared(type: ValueType, values?: readonly string[]): Declared {
  return { name: 'it', type, values, protected: false, personal: false }
}

function fault(type: ValueType, value: unknown, values?: readonly string[]): string {
  return checkValue(declared(type, values), value).fault ?? 'no fault'
}

test('ids of any script are fine up to 256 bytes', async t => {
  for (const id of ['c', 'c-1001', '客户', '{a}/b c', '😀', 'x'.repeat(256), 'é'.repeat(128)]) {
    t.equal(checkId(id), undefined)
  }
  t.match(checkId('x'.repeat(257)), /256 bytes/)
  t.match(checkId('é'.repeat(129)), /256 bytes/)
})

test('ids without text, with control characters or lone surrogates are refused', async t => {
  t.match(checkId(''), /empty/)
  t.match(checkId(7), /string, not a number/)
  t.match(checkId(undefined), /not nothing/)
  for (const id of ['a\0', 'a\n', '\u007f', 'a\u0085']) t.match(checkId(id), /control/)
  for (const id of ['\ud83d', 'a\ude00', '\ude00\ud83d']) t.match(checkId(id), /surrogates/)
})

test('values of the declared type pass unchanged', async t => {
  const right: Array<[ValueType, string | number | boolean | string[] | number[]]> = [
    ['number', -0.5],
    ['integer', 41],
    ['string', ''],
    ['boolean', false],
    ['list<string>', ['a', '']],
    ['list<number>', [1.5]],
    ['list<string>', []]
  ]
  for (const [type, value] of right) t.same(checkValue(declared(type), value), { value })
})

test('values of another type are refused with what they are', async t => {
  t.equal(fault('number', '4'), 'must be a number, not a string')
  t.equal(fault('integer', null), 'must be a whole number, not null')
  t.equal(fault('string', ['a']), 'must be a string, not a list')
  t.equal(fault('boolean', 1), 'must be true or false, not a number')
  t.equal(fault('timestamp', 5), 'must be an RFC 3339 time in a string, not a number')
  t.equal(fault('list<string>', {}), 'must be a list, not an object')
  t.equal(fault('list<number>', [1, 'b']), 'item 2 must be a number, not a string')
})

test('numbers are finite and integers whole', async t => {
  t.match(fault('number', JSON.parse('1e999')), /fits a double/)
  t.match(fault('number', NaN), /fits a double/)
  for (const value of [4.5, 1e300, 2 ** 53])
    t.match(fault('integer', value), /whole number between/)
  t.same(checkValue(declared('integer'), 5e3), { value: 5000 })
})

test('timestamps become milliseconds and are shown as RFC 3339 again', async t => {
  const { value } = checkValue(declared('timestamp'), '2026-03-01T12:00:00.25+02:00')
  t.equal(value, Date.UTC(2026, 2, 1, 10, 0, 0, 250))
  t.equal(showValue(declared('timestamp'), value ?? 0), '2026-03-01T10:00:00.250Z')
  t.match(fault('timestamp', '2026-03-01'), /RFC 3339/)
})

test('a value of a name that is no longer declared is shown as it is stored', async t => {
  t.equal(showValue(undefined, 5), 5)
  t.same(showValue(declared('list<string>'), ['a']), ['a'])
})

test('a value outside its choices is refused, in lists too', async t => {
  const jobs = ['admin', 'student']
  t.same(checkValue(declared('string', jobs), 'admin'), { value: 'admin' })
  t.equal(fault('string', 'pilot', jobs), 'must be one of "admin", "student"')
  t.equal(
    fault('list<string>', ['admin', 'pilot'], jobs),
    'item 2 must be one of "admin", "student"'
  )
  const many = Array.from({ length: 12 }, (_, i) => `v${i}`)
  t.match(fault('string', 'v12', many), /"v9" and 2 more/)
})

test('texts and lists are bounded', async t => {
  t.equal(fault('string', 'x'.repeat(4096)), 'no fault')
  t.match(fault('string', 'é'.repeat(2049)), /4096 bytes/)
  t.match(fault('string', 'a\ud800'), /surrogates/)
  t.equal(fault('list<number>', new Array(1000).fill(1)), 'no fault')
  t.match(fault('list<number>', new Array(1001).fill(1)), /1000 items/)
})

test('named values come back by position and every fault with its pointer', async t => {
  const names = {
    kind: 'attribute',
    declared: [declared('integer'), declared('string')],
    index: new Map([
      ['age', 0],
      ['a/b~c', 1]
    ])
  }
  const faults: Array<{ pointer: string; detail: string }> = []
  const given = JSON.parse(
    '{"age": 41, "a/b~c": 1, "aeg": 1, "__proto__": 1, "constructor": 1}'
  ) as Record<string, unknown>
  t.same(checkValues(names, given, '/attributes', faults), [[0, 41]])
  t.same(faults, [
    { pointer: '/attributes/a~1b~0c', detail: 'must be a string, not a number' },
    { pointer: '/attributes/aeg', detail: 'there is no attribute "aeg"; did you mean "age"?' },
    { pointer: '/attributes/__proto__', detail: 'there is no attribute "__proto__"' },
    { pointer: '/attributes/constructor', detail: 'there is no attribute "constructor"' }
  ])
})
