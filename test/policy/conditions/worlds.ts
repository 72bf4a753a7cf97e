import fc from 'fast-check'

const TEXTS = ['', 'a', 'ab', 'Ann', 'Anna', 'Zoë', 'admin', '😀', '"', '\\', '\u2028', '__proto__']
const NUMBERS = [0, 1, -1, 2.5, 99.9, 100, 1e9, -0.1]

/** Random customers and contexts; with `missing`, any value that is no list may be absent. */
export function worlds(missing: boolean): fc.Arbitrary<{
  readonly customer: Record<string, unknown>
  readonly context: Record<string, unknown>
}> {
  const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
    missing ? fc.option(value, { nil: undefined }) : value
  return fc.record({
    customer: fc.record({
      age: maybe(fc.integer({ min: 0, max: 100 })),
      children: maybe(fc.integer({ min: 0, max: 5 })),
      balance: maybe(fc.constantFrom(...NUMBERS)),
      rate: maybe(fc.constantFrom(...NUMBERS)),
      name: maybe(fc.constantFrom(...TEXTS)),
      city: maybe(fc.constantFrom(...TEXTS)),
      vip: maybe(fc.boolean()),
      since: maybe(
        fc.constantFrom(0, Date.parse('2026-02-20T08:30:00Z'), Date.parse('2026-02-28T09:00:00Z'))
      ),
      products: fc.subarray(TEXTS),
      scores: fc.subarray(NUMBERS)
    }),
    context: fc.record({ lat: maybe(fc.constantFrom(...NUMBERS)), urgent: maybe(fc.boolean()) })
  })
}
