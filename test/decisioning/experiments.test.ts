import { test } from 'tap'
import { startEngine } from '../helpers/engine.js'
import { offerYaml, rulesWith } from '../helpers/rules.js'

const TWO = [offerYaml('gold', { value: 2 }), offerYaml('travel', { value: 1 })].join('\n')

const HERO = {
  channel: 'web',
  placements: [{ id: 'home_hero' }],
  options: { explain: 'full' as const }
}

test('a customer in an arm is decided by what the arm changes, and is told so', async t => {
  const { ask } = await startEngine(t, {
    rules: rulesWith({
      offers: TWO,
      rest: 'experiments: {worth: {salt: e1, arms: {A: {share: 0}, B: {share: 1, values: {travel: 3}}}}}'
    })
  })
  const answer = await ask({ customer: { id: 'c-1' }, ...HERO })
  t.same(answer.customer['experiments'], { worth: 'B' })
  t.same(answer.placements[0]?.offers[0]?.offerId, 'travel')
  t.match(answer.explanation, { experiments: [{ name: 'worth', arm: 'B', exposed: true }] })
})
