import fc from 'fast-check'

const NASTY_NAMES = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  '',
  'a/b~c',
  'length',
  '\u0000',
  '\ud800',
  '$ref'
]
const NASTY_TEXTS = [
  '\u0000',
  '\ud800',
  '\u2028',
  '💥'.repeat(64),
  'x'.repeat(300),
  '../../etc',
  '{{7*7}}',
  '${x}',
  '2026-13-40T99:99:99Z',
  '-1',
  '1e309'
]

const nastyText = fc.oneof(
  fc.constantFrom(...NASTY_TEXTS),
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.string({ unit: 'grapheme' })
)
const nastyValue: fc.Arbitrary<unknown> = fc.oneof(
  nastyText,
  fc.jsonValue({ maxDepth: 4 }),
  fc.constantFrom<unknown>(null, true, [], {}, 0, -0, -1, 1e308, 5e-324, 2 ** 53, 0.5),
  fc.dictionary(
    fc.oneof(fc.constantFrom(...NASTY_NAMES), fc.string()),
    fc.jsonValue({ maxDepth: 1 }),
    { maxKeys: 5 }
  )
)

/** Puts a value somewhere inside a copy: steps choose the way down, the last one may be a name that was not there. */
function changed(
  value: unknown,
  steps: readonly number[],
  name: string | undefined,
  put: unknown
): unknown {
  const [step, ...rest] = steps
  if (step === undefined || typeof value !== 'object' || value === null) return put
  if (Array.isArray(value)) {
    const at = step % (value.length + 1)
    const items: readonly unknown[] = value
    return [...items.slice(0, at), changed(items[at], rest, name, put), ...items.slice(at + 1)]
  }
  const members: Record<string, unknown> = Object.fromEntries(Object.entries(value))
  const names = Object.keys(members)
  const own =
    rest.length === 0 && name !== undefined
      ? name
      : (names[step % Math.max(1, names.length)] ?? 'new')
  Object.defineProperty(members, own, {
    value: changed(members[own], rest, name, put),
    enumerable: true,
    configurable: true,
    writable: true
  })
  return members
}

const steps = fc.array(fc.nat(20), { minLength: 1, maxLength: 5 })
const newName = fc.option(fc.constantFrom(...NASTY_NAMES, 'extra', 'id', 'type'), {
  nil: undefined
})
const mutations = fc.array(fc.tuple(steps, newName, nastyValue), { maxLength: 3 })

/** A body: what is right with changes, its text damaged, or something else altogether. */
export function bodyFrom(right: unknown): fc.Arbitrary<string | Buffer | undefined> {
  const near = mutations.map(
    all =>
      JSON.stringify(
        all.reduce((body, [way, name, put]) => changed(body, way, name, put), right)
      ) as string | undefined
  )
  const damaged = fc
    .tuple(near, fc.nat(400), fc.nat(40), fc.string({ maxLength: 20 }))
    .map(([text = '', at, cut, put]) => text.slice(0, at) + put + text.slice(at + cut))
  const bytes = fc.uint8Array({ maxLength: 200 }).map(all => Buffer.from(all))
  const others = fc.oneof(
    fc.json({ maxDepth: 8 }),
    bytes,
    fc.constantFrom(
      '[',
      '{"a":'.repeat(1000),
      '['.repeat(100_000),
      '1e999',
      'NaN',
      '"\\ud800"',
      '{"__proto__":{"x":1}}',
      '{"a":1,"a":2}',
      `[${'0,'.repeat(2000)}0]`,
      ' '
    )
  )
  return fc.oneof(
    { weight: 6, arbitrary: near },
    { weight: 2, arbitrary: damaged },
    { weight: 2, arbitrary: others }
  )
}
