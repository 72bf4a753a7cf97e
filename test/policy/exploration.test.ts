import { test } from 'tap'
import { BANK, bankWith, FILE, marked, problemsOf, strategyOf } from './strategy-fixture.js'

const NONE = 'exploration: {method: none}'

function inArm(exploration: string): string {
  return bankWith(
    'holdout:',
    `experiments:\n  e: {salt: e1, arms: {A: {share: 0.5}, B: {share: 0.5, arbitration: {exploration: ${exploration}}}}}\nholdout:`
  )
}

test('a strategy explores as it says, and nothing where it says nothing', async t => {
  const of = (to: string) => strategyOf(bankWith(NONE, to)).exploration
  t.same(of(NONE), { method: 'none' })
  t.same(of('exploration: {method: epsilon, share: 0.05}'), { method: 'epsilon', share: 0.05 })
  t.same(of('exploration: {method: epsilon, share: 1}'), { method: 'epsilon', share: 1 })
  t.same(of('exploration: {method: epsilon, share: 0}'), { method: 'none' })
  t.same(strategyOf(BANK.replace(`, ${NONE}`, '')).exploration, { method: 'none' })
})

test('an arm may explore otherwise, or not at all', async t => {
  const changesOf = (exploration: string) => {
    const [experiment] = strategyOf(inArm(exploration)).experiments
    t.equal(experiment!.touches.exploration, true)
    t.same(experiment!.arms[0]?.changes.exploration, undefined)
    return experiment!.arms[1]?.changes.exploration
  }
  t.same(changesOf('{method: epsilon, share: 0.2}'), { method: 'epsilon', share: 0.2 })
  t.same(changesOf('{method: none}'), { method: 'none' })
})

test('what is wrong with an exploration is told where it stands', async t => {
  for (const wrong of [
    '{method: epsilon, share: §1.5}',
    '{method: epsilon, share: §-0.1}',
    '{method: epsilon, share: §much}',
    '{method: §greedy}',
    '{method: epsilon, share: 0.1, §share2: 1}',
    '{method: none, §share: 0.1}'
  ]) {
    for (const written of [bankWith(NONE, `exploration: ${wrong}`), inArm(wrong)]) {
      const { text, at } = marked(written)
      const found = problemsOf(text)
      t.ok(
        found.some(line => line.startsWith(`${FILE}:${at}: error: `)),
        `${wrong}: ${found.join('\n')}`
      )
      t.equal(found.length, 1)
    }
  }
  const { text, at } = marked(bankWith(NONE, '§exploration: {method: epsilon}'))
  t.same(problemsOf(text), [`${FILE}:${at}: error: "share" is missing in arbitration.exploration`])
})
