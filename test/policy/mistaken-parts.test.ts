import { test } from 'tap'
import { BANK, bankWith, FILE, marked, problemsOf } from './strategy-fixture.js'

const EXPLORATION = 'exploration: {method: none}'

test('what asks for nothing is accepted', async t => {
  const nothing = 'experiments: {}\nholdout:'
  t.same(
    problemsOf(
      bankWith('holdout:', nothing).replace('evidence: 50}', 'evidence: 50, adapt: false}')
    ),
    []
  )
  t.same(problemsOf(BANK.replace(`, ${EXPLORATION}`, '')), [])
})

/** What is added to the fixture; the mark stands at the mistake. */
const MISTAKES: ReadonlyArray<readonly [from: string, to: string, said: string]> = [
  [
    'holdout:',
    'experiments:\n  e: {salt: e1, when: §context.devise == "mobile", arms: {A: {share: 1}}}\nholdout:',
    ''
  ],
  [
    'holdout:',
    'experiments:\n  e: {salt: e1, when: \'seen("click", §"same", "7d") > 0\', arms: {A: {share: 1}}}\nholdout:',
    ''
  ],
  [
    'holdout:',
    'experiments:\n  e: {salt: e1, §arms: {A: {share: 0.7}, B: {share: 0.7}}}\nholdout:',
    'the shares of all arms of the experiment e come to 1.4; together they must be at most 1'
  ],
  [
    'holdout:',
    'experiments:\n  e: {salt: e1, layer: one, arms: {A: {share: 0.7}}}\n  f: {salt: e2, layer: one, §arms: {A: {share: 0.7}}}\nholdout:',
    'the shares of all arms of the layer one come to 1.4; together they must be at most 1'
  ],
  [
    'holdout:',
    'experiments:\n  e: {salt: e1, arms: {A: {share: 0.7, levers: {§crads: 1}}}}\nholdout:',
    'there is no offer, group or issue "crads" (did you mean "cards"?)'
  ],
  [
    'holdout:',
    'experiments:\n  e: {salt: e1, arms: {A: {share: 0.7, arbitration: {formula: p * §w}}}}\nholdout:',
    ''
  ],
  [
    'holdout:',
    'journal: {maxBytes: §lots}\nholdout:',
    'journal.maxBytes must be a size such as 50GB or 500MB'
  ],
  ['evidence: 50}', 'evidence: 50, adapt: {features: [§customer.agee]}}', ''],
  [
    'evidence: 50}',
    'evidence: 50, adapt: {§featurs: [customer.age]}}',
    'offers.gold-card.propensity.adapt has no key "featurs"; known are features, forget (did you mean "features"?)'
  ]
]

test('a mistake in a part that few strategies have is told at its place', async t => {
  for (const [from, to, said] of MISTAKES) {
    const { text, at } = marked(bankWith(from, to))
    const found = problemsOf(text)
    t.ok(
      found.some(line => line.startsWith(`${FILE}:${at}: error: ${said}`)),
      `${to}: ${found.join('\n')}`
    )
  }
})
