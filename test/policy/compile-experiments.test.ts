import fc from 'fast-check'
import { test } from 'tap'
import { bucketOf } from '../../src/policy/hash.js'
import type { Strategy } from '../../src/policy/strategy.js'
import { bankWith, FILE, marked, problemsOf, strategyOf } from './strategy-fixture.js'

function bank(experiments: string): string {
  return bankWith('holdout:', `experiments:\n${experiments}\nholdout:`)
}

function rangesOf({ layers }: Strategy): ReadonlyArray<ReadonlyArray<readonly [number, number]>> {
  return layers.map(({ arms }) =>
    arms.map(({ fromBucket, untilBucket }) => [fromBucket, untilBucket])
  )
}

test('arms take consecutive buckets, in the order of the file', async t => {
  const ranges = (arms: string) => rangesOf(strategyOf(bank(`  e: {salt: e1, arms: {${arms}}}`)))
  t.same(ranges('A: {share: 0.5}, B: {share: 0.5, levers: {cards: 1}}'), [
    [
      [0, 5000],
      [5000, 10_000]
    ]
  ])
  const { experiments } = strategyOf(
    bank('  e: {salt: e1, arms: {2: {share: 0.1}, 1: {share: 0.2, levers: {cards: 1}}}}')
  )
  t.same(
    experiments[0]!.arms.map(({ name, fromBucket, untilBucket }) => [
      name,
      fromBucket,
      untilBucket
    ]),
    [
      ['2', 0, 1000],
      ['1', 1000, 3000]
    ]
  )
})

test('shares whose binary fractions are inexact lose and gain no bucket', async t => {
  const ranges = (shares: readonly number[]) =>
    rangesOf(
      strategyOf(
        bank(
          `  e: {salt: e1, arms: ${JSON.stringify(Object.fromEntries(shares.map((share, i) => [`a${i}`, { share }])))}}`
        )
      )
    )[0]
  t.same(ranges([0.1, 0.2, 0.7]), [
    [0, 1000],
    [1000, 3000],
    [3000, 10_000]
  ])
  t.same(ranges([0.07]), [[0, 700]])
  t.same(ranges([0.29, 0.28]), [
    [0, 2900],
    [2900, 5700]
  ])
  t.same(ranges(new Array<number>(10).fill(0.1))?.at(-1), [9000, 10_000])
  t.equal(
    strategyOf(bankWith('{share: 0.02, salt: h1}', '{share: 0.07, salt: h1}')).holdout?.limit,
    700
  )
})

test('arms adjoin without gap or overlap, each as wide as its share to one bucket', async t => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 1, maxLength: 12 }),
      fc.integer({ min: 1, max: 30_011 }),
      async (parts, more) => {
        const whole = parts.reduce((sum, part) => sum + part, more)
        const shares = parts.map(part => part / whole)
        const arms = Object.fromEntries(shares.map((share, i) => [`a${i}`, { share }]))
        const [ranges = []] = rangesOf(
          strategyOf(bank(`  e: {salt: s, arms: ${JSON.stringify(arms)}}`))
        )
        let next = 0
        ranges.forEach(([from, until], i) => {
          if (from !== next || Math.abs(until - from - shares[i]! * 10_000) > 1) t.fail(`arm ${i}`)
          next = until
        })
        return next <= 10_000
      }
    ),
    { numRuns: 50 }
  )
  t.pass()
})

test('experiments of a layer share its bucket and take their arms from it one after the other', async t => {
  const { layers, experiments } = strategyOf(
    bank(
      '  one: {salt: e1, layer: hero, arms: {A: {share: 0.25, levers: {cards: 1}}}}\n' +
        '  alone: {salt: e2, arms: {A: {share: 1, levers: {loans: 1}}}}\n' +
        '  two: {salt: e3, layer: hero, arms: {A: {share: 0.5, levers: {cards: 2}}, B: {share: 0.25}}}'
    )
  )
  t.same(
    layers.map(({ salt, arms }) => [
      salt,
      ...arms.map(arm => [experiments[arm.experiment]!.name, arm.name, arm.fromBucket])
    ]),
    [
      ['hero', ['one', 'A', 0], ['two', 'A', 2500], ['two', 'B', 7500]],
      ['e2', ['alone', 'A', 0]]
    ]
  )
  t.equal(new Set(experiments.map(({ id }) => id)).size, 3)
})

test('a canonical customer has the golden bucket', async t => {
  t.equal(bucketOf('e1:crm/客户'), 7389)
})

/** A wrong experiment; the mark stands at the mistake. */
const MISTAKES: ReadonlyArray<readonly [arm: string, said: string]> = [
  ['values: {§gold-crad: 5}', 'there is no offer "gold-crad" (did you mean "gold-card"?)'],
  [
    'values: {gold-card: "§customer.blance"}',
    'unknown name customer.blance; declare it under attributes or correct it (did you mean "customer.balance"?)'
  ],
  ['values: {gold-card: "§customer.job"}', 'a number is needed here, but this gives a text'],
  [
    'values: {§welcome: 5}',
    'the offer welcome is fallbackOnly: it never competes, so an experiment cannot tell what changing it does'
  ],
  [
    'levers: {§welcome: 5}',
    'the offer welcome is fallbackOnly: it never competes, so an experiment cannot tell what changing it does'
  ],
  ['models: {§gold: cards}', 'there is no offer "gold"'],
  [
    'treatments: {gold-card: §heroo}',
    'there is no treatment of gold-card "heroo" (did you mean "hero"?)'
  ],
  ['treatments: {§gold-cart: hero}', 'there is no offer "gold-cart" (did you mean "gold-card"?)'],
  ['arbitration: {formula: p * §q}', 'unknown name q;']
]

for (const [arm, said] of MISTAKES) {
  test(`an arm that says ${arm.replace('§', '')} is refused`, async t => {
    const { text, at } = marked(bank(`  e: {salt: e1, arms: {A: {share: 1, ${arm}}}}`))
    const problems = problemsOf(text)
    t.equal(problems.length, 1, problems.join('\n'))
    const [first = ''] = problems
    t.ok(first.startsWith(`${FILE}:${at}: error: `), `${at}: ${first}`)
    t.ok(first.includes(said), first)
  })
}

test('a name that is an offer and a group cannot say whose lever it changes', async t => {
  const text = bank('  e: {salt: e1, arms: {A: {share: 1, levers: {loans: 3}}}}').replace(
    '  car-loan:\n',
    '  loans:\n'
  )
  t.match(problemsOf(text).join('\n'), /"loans" is the name of an offer and of a group/)
})

/** What is allowed and told all the same. */
const WARNINGS: ReadonlyArray<readonly [experiments: string, said: RegExp]> = [
  ['  e: {salt: e1, arms: {A: {share: 1}}}', /no arm of the experiment e changes anything/],
  [
    '  e: {salt: e1, arms: {A: {share: 1, treatments: {gold-card: hero}}}}',
    /hero is what gold-card shows in its placements anyway/
  ],
  [
    '  e: {salt: e1, arms: {A: {share: 1, levers: {cards: 3}}}}\n  f: {salt: e2, arms: {A: {share: 1, levers: {cards: 4}}}}',
    /the experiments e and f change the same things, and a customer can be in both: then f holds/
  ]
]

for (const [experiments, said] of WARNINGS) {
  test(`a warning says: ${said.source}`, async t => {
    const problems = problemsOf(bank(experiments))
    t.equal(problems.length, 1)
    t.match(problems[0], /: warning: /)
    t.match(problems[0], said)
  })
}

test('experiments of one layer may change the same things, for nobody is in both', async t => {
  t.same(
    problemsOf(
      bank(
        '  e: {salt: e1, layer: a, arms: {A: {share: 0.5, levers: {cards: 3}}}}\n  f: {salt: e2, layer: a, arms: {A: {share: 0.5, levers: {cards: 4}}}}'
      )
    ),
    []
  )
})

test('conditions go on reading the own value of an offer whose value an arm changes, which is told', async t => {
  const text = bank('  e: {salt: e1, arms: {A: {share: 1, values: {gold-card: 3}}}}').replace(
    'suitability: context.device == "mobile"',
    'suitability: offer.value > 5'
  )
  t.match(
    problemsOf(text).join('\n'),
    /offer\.value at \S+ goes on reading the value that gold-card has without the experiment/
  )
})

test('a treatment is named as in the files or as in answers, and one that only an arm shows is not told as never shown', async t => {
  const second = `      agent:
        placements: [agent]`
  for (const name of ['loud', 'gold-card.web.loud']) {
    const text = bank(
      `  e: {salt: e1, arms: {A: {share: 1, treatments: {gold-card: ${name}}}}}`
    ).replace(second, `      loud: {placements: [home_hero]}\n${second}`)
    t.same(problemsOf(text), [])
    const { experiments, placements } = strategyOf(text)
    const [change] = experiments[0]!.arms[0]!.changes.treatments
    t.equal(change?.treatment.id, 'gold-card.web.loud')
    t.equal(placements[change!.placement]?.id, 'home_hero')
  }
})
