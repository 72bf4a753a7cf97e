import { test } from 'tap'
import { formatProblem, Problems } from '../../src/policy/problems.js'
import { MAX_FILE_BYTES, readYaml, type YamlFile } from '../../src/policy/yaml.js'

function read(text: string): YamlFile & { told: string[] } {
  const problems = new Problems()
  const file = readYaml('a.yaml', text, problems)
  return { ...file, told: problems.list().map(formatProblem) }
}

test('every value is found by its path with its line and column', async t => {
  const { root, told } = read('a: 1\nb:\n  - {c: "x"}\n  - [d, e]\n')
  t.same(told, [])
  t.match(root?.at('a')?.place, { file: 'a.yaml', line: 1, column: 4 })
  t.match(root?.at('a')?.keyPlace, { line: 1, column: 1 })
  t.match(root?.at('b', 0, 'c')?.place, { line: 3, column: 9 })
  t.match(root?.at('b', 0, 'c')?.keyPlace, { line: 3, column: 6 })
  t.match(root?.at('b', 1, 1)?.place, { line: 4, column: 9 })
  t.equal(root?.at('b', 7, 'c'), undefined)
})

test('the text of a string begins behind its quote, or on the first line of its block', async t => {
  const { root } = read('plain: x > 1\nquoted: "x > 1"\nblock: |\n\n    x > 1\nfolded: >-\n  x\n')
  t.match(root?.at('plain')?.textPlace, { line: 1, column: 8 })
  t.match(root?.at('quoted')?.textPlace, { line: 2, column: 10 })
  t.match(root?.at('block')?.textPlace, { line: 5, column: 5 })
  t.match(root?.at('folded')?.textPlace, { line: 7, column: 3 })
})

test('values are those of YAML 1.2: dates, yes and no are texts', async t => {
  const { root } = read('a: 2026-01-01\nb: yes\nc: no\nd: 0o17\ne: 1e-6\nf: ~\ng: true\nh: 017\n')
  t.same(
    { ...(root?.value as object) },
    { a: '2026-01-01', b: 'yes', c: 'no', d: 15, e: 1e-6, f: null, g: true, h: 17 }
  )
})

test('keys are texts as written', async t => {
  const { root } = read('007: a\ntrue: b\n1.0: c\n"q": d\n')
  t.same([...root!.entries!.keys()], ['007', 'true', '1.0', 'q'])
})

test('a map has no prototype, so that names of object members are names like any other', async t => {
  const { root, told } = read('constructor: 1\ntoString: 2\n')
  t.same(told, [])
  t.equal(Object.getPrototypeOf(root?.value), null)
  t.equal(root?.at('constructor')?.value, 1)
  t.equal(root?.at('hasOwnProperty'), undefined)
})

test('a key that would replace the prototype is refused', async t => {
  const { told } = read('a:\n  "__proto__": {x: 1}\n')
  t.same(told, ['a.yaml:2:3: error: "__proto__" cannot be a name'])
  t.equal(({} as { x?: number }).x, undefined)
})

test('a key given twice is told with both places, and the first one holds', async t => {
  const { root, told } = read('a:\n  x: 1\n  y: 2\n  x: 3\n')
  t.same(told, ['a.yaml:4:3: error: "x" is given twice, first at a.yaml:2:3; remove one of them'])
  t.equal(root?.at('a', 'x')?.value, 1)
})

test('anchors, aliases, tags, second documents and keys that are no names are refused', async t => {
  t.same(read('a: &here 1\n').told, ['a.yaml:1:10: error: anchors are not allowed; remove "&here"'])
  t.same(read('a: &x {b: 1}\nc: *x\n').told, [
    'a.yaml:1:7: error: anchors are not allowed; remove "&x"',
    'a.yaml:2:4: error: aliases are not allowed; write the value of "*x" out'
  ])
  t.same(read('a: !mine 1\n').told, ['a.yaml:1:10: error: tags are not allowed; remove "!mine"'])
  t.same(read('a: !!binary aGk=\n').told, [
    'a.yaml:1:13: error: tags are not allowed; remove "tag:yaml.org,2002:binary"'
  ])
  t.same(read('a: 1\n---\nb: 2\n').told, [
    'a.yaml:2:1: error: the file holds a second document; put it into a file of its own'
  ])
  t.same(read('? [a, b]\n: 1\n').told, ['a.yaml:1:3: error: a key must be a plain name'])
})

test('the tags that say what a value is anyway are accepted', async t => {
  t.same(read('a: !!str 1\n').root?.at('a')?.value, '1')
})

test('wrong syntax is told where it is', async t => {
  const { broken, told } = read('a: [1, 2\nb: 3\n')
  t.equal(broken, true)
  t.match(told[0], /^a\.yaml:2:1: error: this is not valid YAML: /)
  t.match(read('a: "unclosed\n').told[0], /^a\.yaml:\d+:\d+: error: this is not valid YAML: /)
  t.match(read('a: 1\n\tb: 2\n').told[0], /^a\.yaml:2:1: error: this is not valid YAML: tabs/)
})

test('carriage returns and a byte order mark change no place', async t => {
  const { root, told } = read('\uFEFFa: 1\r\nb: x\r\n')
  t.same(told, [])
  t.equal(root?.at('b')?.value, 'x')
  t.match(root?.at('b')?.place, { line: 2, column: 4 })
})

test('an empty file and one of comments hold nothing', async t => {
  for (const text of ['', '\n\n', '# only a comment\n', '---\n', '--- # nothing\n...\n']) {
    const { root, broken, told } = read(text)
    t.same([root?.value ?? null, broken, told], [null, false, []], JSON.stringify(text))
  }
})

test('32 levels are read, 33 are not', async t => {
  const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`
  t.same(read(nested(32)).told, [])
  t.same(read(nested(33)).told, [
    'a.yaml:1:33: error: maps and lists are nested more than 32 levels deep'
  ])
  t.same(read('- '.repeat(32) + 'x').told, [])
  t.match(read('- '.repeat(33) + 'x').told, [/nested more than 32 levels deep/])
  const blocks = (depth: number): string =>
    Array.from({ length: depth }, (_, i) => `${' '.repeat(i)}a:\n`).join('')
  t.same(read(blocks(32)).told, [])
  t.match(read(blocks(33)).told, [/nested more than 32 levels deep/])
})

test('bombs of brackets, braces, dashes and question marks are refused at once', async t => {
  for (const bomb of ['[', '{a: ', '- ', '? ', '[{a: ', ': ']) {
    const startMs = performance.now()
    const { told } = read(bomb.repeat(MAX_FILE_BYTES / bomb.length / 2))
    t.match(told, [/nested more than 32 levels deep/], bomb)
    t.ok(performance.now() - startMs < 1000, bomb)
  }
})

test('a bomb of aliases is refused before it grows', async t => {
  const levels = Array.from(
    { length: 30 },
    (_, i) => `l${i + 1}: &l${i + 1} [*l${i}, *l${i}, *l${i}]`
  )
  const { told } = read(`l0: &l0 boom\n${levels.join('\n')}\n`)
  t.equal(told.length, 31)
})

test('a file larger than 2 MiB is refused unread', async t => {
  t.same(read(`a: ${'x'.repeat(MAX_FILE_BYTES)}`).told, [
    `a.yaml:1:1: error: the file is larger than ${MAX_FILE_BYTES} bytes; spread its entries over several files`
  ])
  t.same(read(`a: ${'x'.repeat(MAX_FILE_BYTES - 10)}`).told, [])
})

test('20,000 keys are read in less than a second', async t => {
  const text = Array.from({ length: 20_000 }, (_, i) => `key-${i}: ${i}\n`).join('')
  // Processor time, and the best of three, since other tests run beside this one.
  const costs = [1, 2, 3].map(() => {
    const before = process.cpuUsage()
    const { root, told } = read(text)
    const { user } = process.cpuUsage(before)
    t.same(told, [])
    t.equal(root?.entries?.size, 20_000)
    return user
  })
  t.ok(Math.min(...costs) < 1_000_000, `${costs.join(', ')} µs`)
})
