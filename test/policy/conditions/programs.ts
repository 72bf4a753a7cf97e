import fc from 'fast-check'
import { NAMES, NOW_MS } from './build.js'

/** What a naive interpreter looks names up in; undefined is missing or unknown. */
export interface World {
  readonly customer: Readonly<Record<string, unknown>>
  readonly context: Readonly<Record<string, unknown>>
  readonly segments: ReadonlyArray<boolean | undefined>
  readonly offer: number
  /** Clicks in 30 days: with any offer, and with each. */
  readonly clicks: number
  readonly offerClicks: readonly number[]
}

/** A random program: in our language, in CEL's stricter one, and its meaning told as simply as possible. */
export class Sample {
  constructor(
    readonly text: string,
    readonly cel: string,
    readonly meaning: (world: World) => unknown
  ) {}

  /** How a counterexample is shown. */
  [fc.toStringMethod](): string {
    return this.text
  }
}

export interface Kinds {
  /** Segments that may be named: s0 … */
  readonly segments: number
  readonly perOffer: boolean
  readonly calls: boolean
  /** Only what CEL has too: no mixed numbers, no division by what may be zero. */
  readonly common: boolean
}

export interface Grammar {
  readonly truth: fc.Arbitrary<Sample>
  readonly number: fc.Arbitrary<Sample>
  readonly text: fc.Arbitrary<Sample>
}

/** Grammars of random programs over the names of the tests' bank. */
export function grammar(kinds: Kinds): Grammar {
  return fc.letrec<Record<Sort, Sample>>(tie => ({
    truth: fc.oneof(
      { maxDepth: 5, withCrossShrink: true },
      truthLeaf(kinds),
      unary(tie('truth'), a => `!${a}`, not),
      binary(tie('truth'), tie('truth'), '&&', and),
      binary(tie('truth'), tie('truth'), '||', or),
      ...['<', '<=', '>', '>=', '==', '!='].flatMap(sign => [
        binary(tie('number'), tie('number'), sign, compare(sign)),
        binary(tie('integer'), tie('integer'), sign, compare(sign)),
        binary(tie('text'), tie('text'), sign, compare(sign)),
        binary(tie('time'), tie('time'), sign, compare(sign)),
        binary(tie('duration'), tie('duration'), sign, compare(sign))
      ]),
      ...(kinds.common
        ? []
        : [
            binary(tie('number'), tie('integer'), '<', compare('<')),
            binary(tie('integer'), tie('number'), '==', compare('=='))
          ]),
      binary(tie('truth'), tie('truth'), '==', compare('==')),
      ...['startsWith', 'endsWith', 'contains'].map(name => method(tie('text'), tie('text'), name)),
      binary(
        tie('text'),
        leaf('customer.products', world => world.customer['products']),
        'in',
        member
      ),
      binary(
        tie('number'),
        leaf('customer.scores', world => world.customer['scores']),
        'in',
        member
      ),
      oneOf(tie('text')),
      oneOf(tie('number')),
      oneOf(tie('integer')),
      choice(tie('truth'), tie('truth'))
    ),
    number: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      numberLeaf(kinds),
      unary(
        tie('number'),
        a => `-${a}`,
        strict1((a: number) => -a)
      ),
      ...['+', '-', '*'].map(sign => binary(tie('number'), tie('number'), sign, arithmetic(sign))),
      binary(tie('number'), kinds.common ? nonZero() : tie('number'), '/', arithmetic('/')),
      ...(kinds.common
        ? []
        : [
            binary(tie('number'), tie('integer'), '+', arithmetic('+')),
            binary(tie('integer'), tie('integer'), '/', arithmetic('/'))
          ]),
      choice(tie('truth'), tie('number'))
    ),
    integer: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      integerLeaf(kinds),
      ...['+', '-'].map(sign => binary(tie('integer'), tie('integer'), sign, arithmetic(sign))),
      binary(integerLeaf(kinds), tie('integer'), '*', arithmetic('*')),
      binary(tie('integer'), kinds.common ? literal(7) : tie('integer'), '%', arithmetic('%')),
      call(
        'size',
        tie('text'),
        strict1((text: string) => Array.from(text).length)
      ),
      call(
        'size',
        leaf('customer.products', world => world.customer['products']),
        strict1((list: unknown[]) => list.length)
      ),
      choice(tie('truth'), tie('integer'))
    ),
    text: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      textLeaf(kinds),
      binary(
        tie('text'),
        tie('text'),
        '+',
        strict2((a: string, b: string) => a + b)
      ),
      choice(tie('truth'), tie('text'))
    ),
    time: fc.oneof(
      { maxDepth: 2, withCrossShrink: true },
      leaf('now', () => NOW_MS),
      leaf('customer.since', world => world.customer['since']),
      leaf('timestamp("2026-02-20T08:30:00Z")', () => Date.parse('2026-02-20T08:30:00Z')),
      binary(
        tie('time'),
        tie('duration'),
        '+',
        strict2((a: number, b: number) => a + b)
      ),
      binary(
        tie('time'),
        tie('duration'),
        '-',
        strict2((a: number, b: number) => a - b)
      )
    ),
    duration: fc.oneof(
      { maxDepth: 2, withCrossShrink: true },
      leaf('duration("36h")', () => 36 * 3_600_000),
      leaf('duration("45m")', () => 45 * 60_000),
      binary(
        tie('time'),
        tie('time'),
        '-',
        strict2((a: number, b: number) => a - b)
      )
    )
  }))
}

type Sort = 'truth' | 'number' | 'integer' | 'text' | 'time' | 'duration'
type Meaning2 = (a: unknown, b: unknown) => unknown

function truthLeaf({ segments, perOffer, calls }: Kinds): fc.Arbitrary<Sample> {
  return fc.oneof(
    fc.boolean().map(value => same(String(value), () => value)),
    ...['customer.vip', 'context.urgent'].map(named),
    ...['customer.age', 'customer.name', 'context.urgent'].map(name => {
      return leaf(`has(${name})`, world => lookUp(world, name) !== undefined)
    }),
    ...Array.from({ length: segments }, (_, i) =>
      leaf(`segment.s${i}`, world => world.segments[i])
    ),
    ...(perOffer
      ? [leaf('offer.group == "cards"', world => NAMES.offers[world.offer]!.group === 'cards')]
      : []),
    ...(perOffer
      ? [
          leaf('"finance/credit" in offer.tags', world =>
            NAMES.offers[world.offer]!.tags.some(tag => `${tag}/`.startsWith('finance/credit/'))
          )
        ]
      : []),
    ...(calls
      ? [leaf('tagged("finance")', () => true), leaf('tagged("mobility")', () => false)]
      : [])
  )
}

function numberLeaf({ perOffer, calls, common }: Kinds): fc.Arbitrary<Sample> {
  return fc.oneof(
    fc
      .constantFrom(0, 1, 2.5, 100, 1e9, 0.1)
      .map(
        value =>
          new Sample(
            !common && Number.isInteger(value) ? `${value}` : asDouble(value),
            asDouble(value),
            () => value
          )
      ),
    ...['customer.balance', 'customer.rate', 'context.lat'].map(named),
    ...(perOffer ? [leaf('offer.value', world => NAMES.offers[world.offer]!.value)] : []),
    ...(calls ? [leaf('lastSeen("complaint", "any")', () => -1)] : [])
  )
}

function integerLeaf({ perOffer, calls }: Kinds): fc.Arbitrary<Sample> {
  return fc.oneof(
    fc.integer({ min: 0, max: 100 }).chain(literal),
    ...['customer.age', 'customer.children'].map(named),
    ...(calls ? [leaf('seen("click", "any", "30d")', world => world.clicks)] : []),
    ...(calls && perOffer
      ? [leaf('seen("click", "same", "30d")', world => world.offerClicks[world.offer])]
      : [])
  )
}

function textLeaf({ perOffer }: Kinds): fc.Arbitrary<Sample> {
  return fc.oneof(
    fc
      .constantFrom(
        '',
        'a',
        'ab',
        'Ann',
        'Zoë',
        'admin',
        '😀',
        '"',
        '\\',
        '\u2028',
        '${0}',
        '__proto__'
      )
      .map(value => same(quoted(value), () => value)),
    ...['customer.name', 'customer.city'].map(named),
    ...(perOffer ? [leaf('offer.id + "!"', world => `${NAMES.offers[world.offer]!.id}!`)] : [])
  )
}

function named(name: string): fc.Arbitrary<Sample> {
  return leaf(name, world => lookUp(world, name))
}

function lookUp(world: World, name: string): unknown {
  const [root, member] = name.split('.') as ['customer' | 'context', string]
  return world[root][member]
}

function leaf(text: string, meaning: Sample['meaning']): fc.Arbitrary<Sample> {
  return fc.constant(same(text, meaning))
}

function same(text: string, meaning: Sample['meaning']): Sample {
  return new Sample(text, text, meaning)
}

function literal(value: number): fc.Arbitrary<Sample> {
  return leaf(String(value), () => value)
}

function nonZero(): fc.Arbitrary<Sample> {
  return fc.constantFrom(0.5, 2, 1000).map(value => same(asDouble(value), () => value))
}

function asDouble(value: number): string {
  return Number.isInteger(value) ? `${value}.0` : String(value)
}

/** A literal of both languages; \u2028 and the like stay as they are. */
function quoted(value: string): string {
  return JSON.stringify(value)
}

function unary(
  a: fc.Arbitrary<Sample>,
  write: (a: string) => string,
  meaning: (a: unknown) => unknown
): fc.Arbitrary<Sample> {
  return a.map(
    one =>
      new Sample(write(`(${one.text})`), write(`(${one.cel})`), world =>
        meaning(one.meaning(world))
      )
  )
}

function binary(
  a: fc.Arbitrary<Sample>,
  b: fc.Arbitrary<Sample>,
  sign: string,
  meaning: Meaning2
): fc.Arbitrary<Sample> {
  return fc
    .tuple(a, b)
    .map(
      ([left, right]) =>
        new Sample(
          `(${left.text}) ${sign} (${right.text})`,
          `(${left.cel}) ${sign} (${right.cel})`,
          world => meaning(left.meaning(world), right.meaning(world))
        )
    )
}

function method(
  a: fc.Arbitrary<Sample>,
  b: fc.Arbitrary<Sample>,
  name: string
): fc.Arbitrary<Sample> {
  const ask = strict2((text: string, part: string) =>
    name === 'startsWith'
      ? text.startsWith(part)
      : name === 'endsWith'
        ? text.endsWith(part)
        : text.includes(part)
  )
  return fc
    .tuple(a, b)
    .map(
      ([left, right]) =>
        new Sample(
          `(${left.text}).${name}(${right.text})`,
          `(${left.cel}).${name}(${right.cel})`,
          world => ask(left.meaning(world), right.meaning(world))
        )
    )
}

function call(
  name: string,
  a: fc.Arbitrary<Sample>,
  meaning: (a: unknown) => unknown
): fc.Arbitrary<Sample> {
  return unary(a, text => `${name}${text}`, meaning)
}

function oneOf(of: fc.Arbitrary<Sample>): fc.Arbitrary<Sample> {
  return fc.tuple(of, fc.array(of, { minLength: 1, maxLength: 4 })).map(
    ([one, many]) =>
      new Sample(
        `(${one.text}) in [${many.map(item => item.text).join(', ')}]`,
        `(${one.cel}) in [${many.map(item => item.cel).join(', ')}]`,
        world => {
          const x = one.meaning(world)
          return x === undefined
            ? undefined
            : many.map(item => compare('==')(x, item.meaning(world))).reduce(or)
        }
      )
  )
}

function choice(test: fc.Arbitrary<Sample>, of: fc.Arbitrary<Sample>): fc.Arbitrary<Sample> {
  return fc.tuple(test, of, of).map(
    ([a, b, c]) =>
      new Sample(
        `((${a.text}) ? (${b.text}) : (${c.text}))`,
        `((${a.cel}) ? (${b.cel}) : (${c.cel}))`,
        world => {
          const truth = a.meaning(world)
          return truth === undefined
            ? undefined
            : truth === true
              ? b.meaning(world)
              : c.meaning(world)
        }
      )
  )
}

function not(a: unknown): unknown {
  return a === undefined ? undefined : a === false
}

function and(a: unknown, b: unknown): unknown {
  return a === false || b === false ? false : a === undefined || b === undefined ? undefined : true
}

function or(a: unknown, b: unknown): unknown {
  return a === true || b === true ? true : a === undefined || b === undefined ? undefined : false
}

function member(a: unknown, list: unknown): unknown {
  return a === undefined ? undefined : (list as unknown[]).includes(a)
}

function compare(sign: string): Meaning2 {
  return strict2((a: number, b: number) => {
    switch (sign) {
      case '<':
        return a < b
      case '<=':
        return a <= b
      case '>':
        return a > b
      case '>=':
        return a >= b
      case '==':
        return a === b
      default:
        return a !== b
    }
  })
}

function arithmetic(sign: string): Meaning2 {
  return strict2((a: number, b: number) => {
    const result = calculate(sign, a, b)
    return Number.isNaN(result) ? undefined : result
  })
}

function calculate(sign: string, a: number, b: number): number {
  switch (sign) {
    case '+':
      return a + b
    case '-':
      return a - b
    case '*':
      return a * b
    case '/':
      return b === 0 ? NaN : a / b
    default:
      return a % b
  }
}

function strict1(meaning: (a: never) => unknown): (a: unknown) => unknown {
  return a => (a === undefined ? undefined : meaning(a as never))
}

function strict2<A>(meaning: (a: A, b: A) => unknown): Meaning2 {
  return (a, b) => (a === undefined || b === undefined ? undefined : meaning(a as A, b as A))
}
