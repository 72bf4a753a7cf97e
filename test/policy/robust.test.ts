import fc from 'fast-check'
import { test } from 'tap'
import { parse } from 'yaml'
import { readModelFile } from '../../src/policy/model-file.js'
import { StrategySchema } from '../../src/policy/schema.js'
import { BANK, compileText } from './strategy-fixture.js'

const RUNS = Number(process.env['OFFERD_FUZZ_RUNS'] ?? 1000)

const json = fc.jsonValue({ maxDepth: 4 })

/** Compiles, and insists that there is a strategy exactly where there is no error, and a sentence for every problem. */
function holds(text: string): boolean {
  const { strategy, problems } = compileText(text)
  const errors = problems.filter(({ severity }) => severity === 'error')
  return (
    (strategy === undefined) === errors.length > 0 &&
    problems.every(({ message, line, column }) => message.length > 0 && line >= 1 && column >= 1)
  )
}

test('any JSON value as a rules file is answered with problems, never with an exception', async t => {
  fc.assert(
    fc.property(json, value => holds(JSON.stringify(value))),
    { numRuns: 200 }
  )
  t.pass('held')
})

test('any JSON value under any key is answered with problems, never with an exception', async t => {
  const keys = fc.constantFrom(...Object.keys(StrategySchema.shape))
  fc.assert(
    fc.property(fc.dictionary(keys, json), value => holds(JSON.stringify(value))),
    { numRuns: 200 }
  )
  t.pass('held')
})

test('a good strategy with any one value replaced never throws', async t => {
  const bank: unknown = parse(BANK)
  const paths = [...pathsOf(bank)]
  const strange = fc.oneof(
    json,
    fc.constantFrom(
      '',
      'constructor',
      'customer.age',
      '1 +',
      'x'.repeat(300),
      -1,
      1e308,
      [],
      {},
      [[]],
      { a: null }
    )
  )
  fc.assert(
    fc.property(fc.constantFrom(...paths), strange, (path, value) =>
      holds(JSON.stringify(replaced(bank, path, value)))
    ),
    { numRuns: 150 }
  )
  t.pass('held')
})

test('any text as a rules file or a model file never throws', {
  timeout: 60_000 + RUNS * 10
}, async t => {
  const yamlish = fc.array(
    fc.constantFrom(
      'offers:',
      ' ',
      '\n',
      '  ',
      '- ',
      '[',
      ']',
      '{',
      '}',
      ',',
      ': ',
      '"',
      "'",
      '|',
      '>',
      '&a',
      '*a',
      '!t',
      '#',
      '%',
      '? ',
      '---',
      'x',
      '1',
      '\t',
      '\u0000',
      '\uD800'
    ),
    { maxLength: 40 }
  )
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        yamlish.map(parts => parts.join(''))
      ),
      text => {
        readModelFile({ path: 'models/x/model.yaml', text })
        return holds(text)
      }
    ),
    { numRuns: RUNS }
  )
  t.pass(`held for ${RUNS} texts`)
})

test('any JSON value as a model file never throws', async t => {
  const keys = fc.constantFrom(
    'model',
    'version',
    'file',
    'inputs',
    'output',
    'shadow',
    'calibration',
    'check'
  )
  fc.assert(
    fc.property(fc.oneof(json, fc.dictionary(keys, json)), value => {
      const { model, problems } = readModelFile({
        path: 'models/x/model.yaml',
        text: JSON.stringify(value)
      })
      return (model === undefined) === problems.some(({ severity }) => severity === 'error')
    }),
    { numRuns: 200 }
  )
  t.pass('held')
})

type Path = ReadonlyArray<string | number>

function* pathsOf(value: unknown, path: Path = []): Generator<Path> {
  if (path.length > 0) yield path
  if (typeof value !== 'object' || value === null) return
  for (const [key, child] of Object.entries(value))
    yield* pathsOf(child, [...path, Array.isArray(value) ? Number(key) : key])
}

function replaced(value: unknown, [key, ...rest]: Path, by: unknown): unknown {
  if (key === undefined) return by
  if (Array.isArray(value))
    return value.map((item: unknown, i) => (i === key ? replaced(item, rest, by) : item))
  const object = value as Record<string, unknown>
  return { ...object, [key]: replaced(object[key], rest, by) }
}
