import { test } from 'tap'
import { compileStrategy } from '../../src/policy/compile.js'
import { formatProblem } from '../../src/policy/problems.js'
import { BANK } from './strategy-fixture.js'

function told(files: Readonly<Record<string, string>>): string[] {
  return compileStrategy(
    Object.entries(files).map(([path, text]) => ({ path, text }))
  ).problems.map(formatProblem)
}

test('maps are merged entry by entry and lists end to end', async t => {
  const more = `offers:
  travel-card: {group: cards, value: 10, treatments: {any: {placements: [home_tile]}}}
contextWeights:
  - {when: segment.affluent, offer: travel-card, weight: 5}
`
  const { strategy } = compileStrategy([
    { path: 'rules/a.yaml', text: BANK },
    { path: 'rules/b.yaml', text: more }
  ])
  t.equal(strategy?.offers.at(-1)?.id, 'travel-card')
  t.same(
    strategy?.contextWeights.map(({ target }) => target),
    ['group loans', 'offer gold-card', 'issue retain', 'offer travel-card']
  )
})

test('an entry in two files is told with both places', async t => {
  t.same(told({ 'rules/a.yaml': BANK, 'rules/b.yaml': 'groups:\n  cards: {issue: grow}\n' }), [
    'rules/b.yaml:2:3: error: "cards" is given twice, first at rules/a.yaml:41:3; remove one of them'
  ])
})

test('a single value in two files is told with both places', async t => {
  t.same(told({ 'rules/a.yaml': BANK, 'rules/b.yaml': 'currency: USD\n' }), [
    'rules/b.yaml:1:1: error: "currency" is given twice, first at rules/a.yaml:2:1; remove one of them'
  ])
  t.same(told({ 'rules/a.yaml': BANK, 'rules/b.yaml': 'arbitration: {groupLimit: 3}\n' }), [
    'rules/b.yaml:1:15: error: "groupLimit" is given twice, first at rules/a.yaml:90:39; remove one of them'
  ])
})

test('an empty section adds nothing', async t => {
  t.same(told({ 'rules/a.yaml': BANK, 'rules/b.yaml': 'offers:\ncontextWeights:\n' }), [])
})

test('a file that is no map is told', async t => {
  t.same(told({ 'rules/a.yaml': BANK, 'rules/b.yaml': '- offers\n' }), [
    'rules/b.yaml:1:1: error: a rules file must be a map of keys such as "offers:" or "channels:"'
  ])
})

test('no files at all are a strategy without its keys', async t => {
  t.equal(told({}).length, 8)
  t.match(told({})[0], /^rules:1:1: error: "strategy" is missing; every strategy needs it$/)
})

test('a file of broken syntax hides no wrong shape in another, and blames no other for what it holds itself', async t => {
  const [head = '', offers = ''] = BANK.split('offers:\n')
  const files = {
    'rules/a.yaml': head,
    'rules/b.yaml': `offers:\n${offers.replace('lever: 5', 'lever: [5')}`,
    'rules/c.yaml': 'holdouts: {}\nstartEvidence: x\n'
  }
  const lines = told(files)
  t.ok(
    lines.every(
      line =>
        /^rules\/b\.yaml:\d+:\d+: error: this is not valid YAML/.test(line) ||
        line.startsWith('rules/c.yaml')
    ),
    lines.join('\n')
  )
  t.same(
    lines.filter(line => line.startsWith('rules/c.yaml')),
    [
      'rules/c.yaml:1:1: error: there is no key "holdouts" (did you mean "holdout"?)',
      'rules/c.yaml:2:1: error: "startEvidence" is given twice, first at rules/a.yaml:5:1; remove one of them'
    ]
  )
})
