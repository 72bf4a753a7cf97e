import { test } from 'tap'
import { rankedBy } from '../../src/learning/rank-by-model.js'
import type {
  DecisionOutcomes,
  JournalCandidate,
  PlacingOutcome
} from '../../src/domain/journal.js'

const RULES = { mandatory: new Set<string>(), drawn: false }

function candidate(offer: string, p: number, v: number): JournalCandidate {
  return { offer, outcome: 'outranked', rank: 1, p, c: 1, v, l: 1, priority: p * v, model: 'age' }
}

function placed(changes: Partial<PlacingOutcome> = {}): PlacingOutcome {
  return {
    placement: 'home_hero',
    rank: 1,
    offer: 'a',
    treatment: 'a.web.any',
    fallback: false,
    priority: 1,
    propensity: 0.1,
    source: 'model',
    probability: 0.25,
    model: 'age',
    shownMs: 1,
    positive: true,
    value: null,
    rejected: false,
    ...changes
  }
}

function decision(changes: Partial<DecisionOutcomes> = {}): DecisionOutcomes {
  return {
    id: 'd-1',
    timeMs: 0,
    namespace: 'crm',
    customer: 'c',
    channel: 'web',
    strategyHash: 'h',
    holdout: false,
    control: false,
    experiments: {},
    degraded: [],
    filling: null,
    candidates: [
      { ...candidate('a', 0.1, 80), outcome: 'selected' },
      candidate('b', 0.1, 60),
      { ...candidate('c', 0.9, 500), outcome: 'eligibility' }
    ],
    scores: [],
    features: [],
    facts: {},
    placed: [placed()],
    ...changes
  }
}

const scores = (entries: Record<string, number>) => new Map(Object.entries(entries))

test('the first slot goes to the highest priority under the scores of the model', t => {
  const keeps = { reward: 80, loggedProbability: 0.25, newProbability: 1 }
  t.same(rankedBy(scores({ a: 0.2, b: 0.2 }), decision(), RULES), keeps)
  t.same(rankedBy(scores({ a: 0.2, b: 0.3 }), decision(), RULES), { ...keeps, newProbability: 0 })
  t.same(
    rankedBy(scores({ a: 0.01, b: 0.3 }), decision(), { ...RULES, mandatory: new Set(['a']) }),
    keeps,
    'mandatory ones come before'
  )
  t.same(
    rankedBy(scores({ b: 0.14 }), decision(), RULES),
    { ...keeps, newProbability: 0 },
    'what the model does not score keeps its propensity'
  )
  t.end()
})

test('the reward is what the success was worth, else the value of the offer', t => {
  const reward = (changes: Partial<PlacingOutcome>) =>
    rankedBy(scores({ a: 0.2, b: 0.1 }), decision({ placed: [placed(changes)] }), RULES)?.reward
  t.equal(reward({}), 80)
  t.equal(reward({ value: 12.5 }), 12.5)
  t.equal(reward({ positive: false }), 0)
  t.end()
})

test('what cannot be known is not guessed', t => {
  const both = scores({ a: 0.2, b: 0.1 })
  const silent: Array<[string, DecisionOutcomes]> = [
    ['no probability', decision({ placed: [placed({ probability: null })] })],
    ['a fallback', decision({ placed: [placed({ fallback: true })] })],
    ['the holdout', decision({ holdout: true })],
    ['the control group', decision({ control: true })],
    ['nothing placed', decision({ placed: [] })],
    [
      'several placements',
      decision({ placed: [placed(), placed({ placement: 'home_tile', offer: 'b' })] })
    ],
    [
      'a formula of its own',
      decision({ candidates: [{ ...candidate('a', 0.1, 80), priority: 3 }] })
    ]
  ]
  for (const [name, each] of silent) t.equal(rankedBy(both, each, RULES), undefined, name)
  const drawn = { ...RULES, drawn: true }
  t.equal(rankedBy(scores({ a: 0.2 }), decision(), drawn), undefined, 'a drawn propensity')
  t.ok(rankedBy(both, decision(), drawn))
  t.end()
})
