import { join } from 'node:path'
import { test } from 'tap'
import { createJournalSegments } from '../../src/adapters/journal/segments.js'
import type { Evaluation } from '../../src/learning/evaluation.js'
import { createRandom } from '../../src/learning/random.js'
import { runCommand } from '../helpers/cli.js'
import { answerOf, journalled, writeSegment } from '../helpers/journalled.js'
import { smallStrategy } from '../helpers/offerd.js'
import { offerYaml, rulesWith } from '../helpers/rules.js'

const START_MS = Date.UTC(2026, 2, 1)
const DECISIONS = 4000
/** The share of chance that decided; a stands before b, and is answered by so many. */
const SHARE = 0.4
const RATES = { a: 0.1, b: 0.3 }

const CANDIDATE = { outcome: 'outranked', c: 1, v: 1, l: 1, model: null }
const CANDIDATES = [
  { ...CANDIDATE, offer: 'a', rank: 1, p: 0.5, priority: 0.5 },
  { ...CANDIDATE, offer: 'b', rank: 2, p: 0.4, priority: 0.4 }
]
const FILLING = { slots: [{ placement: 'home_hero', count: 1 }], rooms: [1, 1], groupLimit: null }

test('the journal tells what an even draw and the best filling would have earned', async t => {
  const { env } = await smallStrategy(
    t,
    rulesWith({ offers: `${offerYaml('a')}\n${offerYaml('b')}` })
  )
  const random = createRandom(11)
  const decisions = Array.from({ length: DECISIONS }, (_, i) => {
    const offer = random.chance(SHARE / 2) ? 'b' : 'a'
    const probability = offer === 'a' ? 1 - SHARE / 2 : SHARE / 2
    const known = { candidates: CANDIDATES, filling: FILLING, placing: { offer, probability } }
    const idle = { holdout: true, placing: { offer: 'welcome', fallback: true } }
    const customer = { namespace: 'crm', id: `c-${i}` }
    return journalled(`d-${i}`, START_MS + i, { customer, ...(i % 50 === 0 ? idle : known) })
  })
  const events = decisions.flatMap(decision => {
    const offer = decision.placed[0]!.offer as keyof typeof RATES
    if (decision.holdout) return []
    const answer = random.chance(RATES[offer])
      ? [{ ...answerOf(decision, 'accept', 2), value: 10 }]
      : []
    return [answerOf(decision, 'impression', 1), ...answer]
  })
  const count = (type: string, offer: string) =>
    events.filter(event => event.type === type && event.offerId === offer).length
  const all = { a: count('impression', 'a'), b: count('impression', 'b') }
  const yes = { a: count('accept', 'a'), b: count('accept', 'b') }
  const segments = createJournalSegments(join(env['OFFERD_DATA']!, 'journal'))
  await writeSegment(segments, START_MS + 2 * DECISIONS, decisions, events)
  const ask = async (...words: string[]) => {
    const outcome = await runCommand(['evaluate', '--journal', '--json', ...words], env)
    t.equal(outcome.code, 0, outcome.stderr + outcome.stdout)
    const evaluation = JSON.parse(outcome.stdout) as Evaluation & { idle: number }
    if (evaluation.verdict !== 'estimates') throw new Error(outcome.stdout)
    const snips = evaluation.estimates.find(({ estimator }) => estimator === 'snips')!.value
    return { ...evaluation, snips }
  }
  const uniform = await ask('--policy', 'uniform', '--placement', 'home_hero')
  t.equal(uniform.idle, DECISIONS / 50)
  // Weights .5 / .8 and .5 / .2.
  const evenly = (yes.a * 0.625 + yes.b * 2.5) / (all.a * 0.625 + all.b * 2.5)
  t.ok(Math.abs(uniform.snips - evenly) < 1e-9)
  const greedy = await ask('--policy', 'greedy')
  t.ok(Math.abs(greedy.snips - yes.a / all.a) < 1e-9, 'what the best offer earned')
  const same = await ask('--policy', 'logged')
  t.match(same.weights, { mean: 1, largest: 1, standardError: 0 })
  const worth = await ask('--policy', 'uniform', '--reward', 'value')
  t.ok(Math.abs(worth.logged.value - 10 * same.logged.value) < 1e-9, 'every accept is worth 10')
})

test('a question that the journal cannot answer is refused', async t => {
  const { env } = await smallStrategy(t)
  const refused = async (...words: string[]) => {
    const { code, stderr } = await runCommand(['evaluate', '--journal', ...words], env)
    t.ok(code === 1 || code === 2)
    return stderr
  }
  t.match(await refused(), 'name the policy with --policy logged, uniform or greedy')
  t.match(await refused('--policy', 'other'), 'or other rules with --strategy DIR')
  t.match(
    await refused('--policy', 'logged', '--log', 'x.csv'),
    'take --log or the journal, not both'
  )
  t.match(
    await refused('--policy', 'logged', '--strategy', 'rules'),
    'take --policy or --strategy, not both'
  )
  const drawing = await smallStrategy(
    t,
    rulesWith({
      offers: offerYaml('a'),
      rest: 'arbitration: {exploration: {method: thompson}}'
    })
  )
  t.match(
    await refused('--strategy', drawing.env['OFFERD_RULES']!),
    'draws propensities (exploration: thompson), whose answers have no exact probabilities'
  )
  t.match(await refused('--policy', 'logged', '--placement', 'x'), 'has no such placement')
  t.match(await refused('--policy', 'logged', '--reward', 'x'), 'is positive or value')
  t.match(await refused('--policy', 'logged'), 'the journal has no decisions of this period')
})
