import { test } from 'tap'
import { bootstrapIntervals } from '../../src/learning/bootstrap.js'
import { evaluate, type Evaluation } from '../../src/learning/evaluation.js'
import type { LoggedDecision } from '../../src/learning/off-policy.js'
import { createRandom } from '../../src/learning/random.js'
import { sumsOf } from '../helpers/logged-decisions.js'

/** A world of four offers and three kinds of customers whose rewards are known. */
const YES = [
  [0.03, 0.09, 0.05, 0.02],
  [0.12, 0.04, 0.06, 0.08],
  [0.02, 0.03, 0.15, 0.05]
]
const LOGGED = [
  [0.4, 0.3, 0.2, 0.1],
  [0.25, 0.25, 0.25, 0.25],
  [0.1, 0.5, 0.3, 0.1]
]
const NEW = [
  [0.1, 0.7, 0.1, 0.1],
  [0.6, 0.1, 0.1, 0.2],
  [0, 0.1, 0.8, 0.1]
]
/** A reward model that is wrong everywhere. */
const PREDICTED = YES.map((chances, kind) =>
  chances.map((chance, offer) => chance * (0.5 + 0.25 * ((kind + offer) % 4)))
)

const under = (policy: readonly number[], values: readonly number[]): number =>
  policy.reduce((sum, probability, offer) => sum + probability * values[offer]!, 0)

const TRUTH = NEW.reduce((sum, policy, kind) => sum + under(policy, YES[kind]!) / 3, 0)

/** Decisions of the logged policy in that world. */
function drawLog(decisions: number, seed: number): LoggedDecision[] {
  const random = createRandom(seed)
  return Array.from({ length: decisions }, () => {
    const kind = random.integer(3)
    let rest = random.uniform()
    const offer = LOGGED[kind]!.findIndex(probability => (rest -= probability) < 0)
    const chosen = offer < 0 ? 3 : offer
    return {
      reward: random.chance(YES[kind]![chosen]!) ? 1 : 0,
      loggedProbability: LOGGED[kind]![chosen]!,
      newProbability: NEW[kind]![chosen]!,
      predicted: PREDICTED[kind]![chosen]!,
      expected: under(NEW[kind]!, PREDICTED[kind]!)
    }
  })
}

const judge = (log: readonly LoggedDecision[], seed = 1): Evaluation =>
  evaluate(sumsOf(log), { seed, resamples: 500 })

const reasonsOf = (evaluation: Evaluation): readonly string[] =>
  evaluation.verdict === 'warning' ? evaluation.reasons : []

test('95 % intervals hold the truth in at least 93 % of 500 logs', async t => {
  const unbiased = ['ips', 'snips', 'dr', 'sndr']
  const held = new Map(unbiased.map(id => [id, 0]))
  for (let run = 0; run < 500; run++) {
    const estimators = sumsOf(drawLog(600, run)).estimators.filter(({ id }) => held.has(id))
    const intervals = bootstrapIntervals(
      estimators.map(({ statistic }) => statistic),
      { seed: run, resamples: 200 }
    )
    for (const [i, { low, high }] of intervals.entries()) {
      const { id } = estimators[i]!
      if (low <= TRUTH && TRUTH <= high) held.set(id, held.get(id)! + 1)
    }
  }
  for (const [id, runs] of held) t.ok(runs >= 465, `${id}: ${runs} of 500`)
})

test('a long log gives the truth, by every estimator without bias', async t => {
  const evaluation = judge(drawLog(60_000, 3))
  if (evaluation.verdict === 'warning') return t.fail(evaluation.reasons.join())
  for (const { estimator, value, low, high } of evaluation.estimates) {
    t.ok(low < value && value < high, estimator)
    if (['ips', 'snips', 'dr', 'sndr'].includes(estimator))
      t.ok(Math.abs(value / TRUTH - 1) < 0.05, `${estimator}: ${value}`)
  }
  t.ok(evaluation.logged.value < TRUTH)
  t.ok(Math.abs(evaluation.weights.mean - 1) < 0.02)
})

test('the same seed gives the same intervals, another one others', async t => {
  const log = drawLog(2000, 5)
  t.strictSame(judge(log), judge(log))
  t.notSame(judge(log, 2), judge(log, 1))
  t.equal(judge(log).verdict, 'estimates')
})

test('a log with an effective sample size of two gets a warning instead of numbers', async t => {
  const log = drawLog(2000, 7).map((each, i) => ({
    ...each,
    newProbability: i < 2 ? each.loggedProbability : each.loggedProbability * 1e-6
  }))
  const evaluation = judge(log)
  t.ok(Math.abs(evaluation.weights.effectiveSampleSize - 2) < 0.01)
  t.ok(reasonsOf(evaluation).includes('effective_sample_size'))
  t.notOk('estimates' in evaluation)
})

test('a policy that the log never followed is not evaluated', async t => {
  t.same(reasonsOf(judge(drawLog(500, 1).map(each => ({ ...each, newProbability: 0 })))), [
    'no_overlap'
  ])
  t.same(reasonsOf(judge([])), ['no_overlap'])
})

test('probabilities that cannot be right are noticed by the mean weight', async t => {
  const doubled = drawLog(2000, 9).map(each => ({
    ...each,
    loggedProbability: each.loggedProbability / 2
  }))
  t.same(reasonsOf(judge(doubled)), ['mean_weight'])
  const rounded = drawLog(2000, 9).map(each => ({
    ...each,
    newProbability: each.loggedProbability * 0.9995
  }))
  t.same(reasonsOf(judge(rounded)), [])
})

test('right probabilities are hardly ever suspected', async t => {
  let suspected = 0
  for (let run = 0; run < 200; run++) {
    const sums = sumsOf(drawLog(500, 10_000 + run).map(({ predicted: _, ...each }) => each))
    const evaluation = evaluate(sums, { seed: 1, resamples: 200 })
    if (reasonsOf(evaluation).includes('mean_weight')) suspected++
  }
  t.ok(suspected <= 2, `${suspected} of 200`)
})

test('a handful of rewards, or rewards that are all alike, carry no estimate', async t => {
  const few = drawLog(2000, 11).map((each, i) => ({ ...each, reward: i % 400 === 0 ? 1 : 0 }))
  t.same(reasonsOf(judge(few)), ['carrying_decisions'])
  const most = few.map(each => ({ ...each, reward: 1 - each.reward }))
  t.same(reasonsOf(judge(most)), ['carrying_decisions'])
  const alike = few.map(each => ({ ...each, reward: 0.3 }))
  t.same(judge(alike).carryingDecisions, 0)
  t.same(reasonsOf(judge(alike)), ['carrying_decisions'])
})
