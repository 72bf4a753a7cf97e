import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test, type Test } from 'tap'
import { createJournalSegments } from '../../src/adapters/journal/segments.js'
import { collect } from '../../src/cli/report/collect.js'
import type { Report } from '../../src/cli/report/describe.js'
import { judgeChance } from '../../src/cli/report/judge.js'
import { createRandom } from '../../src/learning/random.js'
import { runCommand } from '../helpers/cli.js'
import { answerOf, journalled, writeSegment } from '../helpers/journalled.js'
import { smallStrategy } from '../helpers/offerd.js'
import { offerYaml, rulesWith } from '../helpers/rules.js'

const START_MS = Date.UTC(2026, 2, 1)
const ROWS = 4000
const RULES = rulesWith({
  offers: offerYaml('gold-card', { propensity: { model: 'cards' } }),
  rest: 'experiments: {hero: {salt: e1, arms: {A: {share: 0.5}, B: {share: 0.5, arbitration: {formula: p * v}}}}}'
})
const MODEL = `model: cards
version: 1
file: model.onnx
inputs:
  - {input: age, from: customer.age, missing: 40, range: [18, 60]}
output: {name: probabilities, positive: "1"}
`

interface World {
  /** The probability of the positive where p was said. */
  readonly truth?: (p: number) => number
  readonly ageAt?: (row: number) => number
  /** The arm of every customer. */
  readonly armOf?: (row: number) => string
}

/** A journal in which every customer of a model is shown one offer; a tenth is in the holdout and answers half as often. */
async function journalOf(
  t: Test,
  {
    truth = p => p,
    ageAt = row => 20 + (row % 40),
    armOf = row => 'AB'[(row >> 1) % 2]!
  }: World = {}
) {
  const { folder, env } = await smallStrategy(t, RULES)
  await mkdir(join(folder, 'models/cards'))
  await writeFile(join(folder, 'models/cards/model.yaml'), MODEL)
  const random = createRandom(3)
  const decisions = Array.from({ length: ROWS }, (_, row) => {
    const p = 0.05 + 0.4 * random.uniform()
    const id = `d-${String(row).padStart(5, '0')}`
    return journalled(id, START_MS + 1000 * row, {
      customer: { namespace: 'crm', id: `c-${row}` },
      holdout: row % 10 === 0,
      experiments: row % 10 === 0 ? {} : { hero: armOf(row) },
      placing:
        row % 10 === 0
          ? { offer: 'welcome', fallback: true, propensity: null, source: null }
          : { propensity: p, source: 'model' },
      candidates: [
        {
          offer: 'gold-card',
          outcome: 'selected',
          rank: 1,
          p,
          c: 1,
          v: 1,
          l: 1,
          priority: p,
          model: 'cards'
        }
      ],
      features: [
        {
          model: 'cards@1',
          shared: ['customer.age'],
          sharedValues: [ageAt(row)],
          byOffer: [],
          offers: { 'gold-card': [] }
        }
      ]
    })
  })
  const events = decisions.flatMap(decision => {
    if (decision.holdout)
      // Of their own accord: about an offer that they were not shown.
      return random.chance(0.1)
        ? [{ ...own(answerOf(decision, 'accept', 60)), offerId: 'gold-card' }]
        : []
    const positive = random.chance(truth(decision.candidates[0]!.p!))
    return [
      answerOf(decision, 'impression', 10),
      ...(positive ? [answerOf(decision, 'accept', 60)] : [])
    ]
  })
  const segments = createJournalSegments(join(env['OFFERD_DATA']!, 'journal'))
  await writeSegment(segments, START_MS + 1000 * ROWS, decisions, events)
  const shown = events.filter(({ type }) => type === 'impression').length
  const positive = events.filter(({ type, decisionId }) => type === 'accept' && decisionId).length
  return { shown, positive, report: (...words: string[]) => runCommand(['report', ...words], env) }
}

function own<T extends { decisionId?: string; placement?: string }>(event: T) {
  const { decisionId: _decisionId, placement: _placement, ...rest } = event
  return rest
}

test('a journal as models expect it gives their figures, and no alarm', async t => {
  const { shown, positive, report } = await journalOf(t)
  const { code, stdout, stderr } = await report('--json', '--check')
  t.equal(code, 0, stderr + stdout)
  const { decisions, offers, models, chance, lifts, experiments, alarms } = JSON.parse(
    stdout
  ) as Report
  t.equal(decisions, ROWS)
  t.match(offers, [{ offer: 'gold-card', placed: shown, shown, positive, rate: positive / shown }])
  t.ok(offers[0]!.low < offers[0]!.rate! && offers[0]!.high > offers[0]!.rate!)
  t.match(models, [{ model: 'cards', shown, positive, sampled: shown, outside: [{ figure: 0 }] }])
  t.ok(models[0]!.auc! > 0.6 && models[0]!.calibrationError < 0.03)
  const bins = models[0]!.calibration
  t.equal(bins.length, 10)
  t.equal(
    bins.reduce((sum, { rows }) => sum + rows, 0),
    shown
  )
  t.ok(bins.every(({ observed, low, high }) => low <= observed && observed <= high))
  t.match(chance, { slots: shown, share: 0, priorityCost: 0, propensityCost: 0 })
  t.ok(models[0]!.stability[0]!.figure < 0.05)
  t.match(experiments, [{ experiment: 'hero', sampleRatio: { verdict: 'match' } }])
  const [holdout, arms] = lifts
  t.match(holdout, { group: 'decided', against: 'holdout', customers: shown })
  t.ok(holdout!.low > 0.05 && holdout!.high < 0.25, 'customers of the holdout answer less')
  t.match(arms, { group: 'hero', arm: 'B', against: 'A' })
  t.ok(arms!.low < 0 && arms!.high > 0, 'the arms answer alike')
  t.same(alarms, [])
  const text = await report()
  t.match(text.stdout, 'No figure has left its bounds.')
})

test('answers, features and arms that are shifted raise alarms, and --check ends with 1', async t => {
  const { report } = await journalOf(t, {
    truth: p => Math.min(1, p + 0.3),
    ageAt: row => (row < ROWS / 2 ? 20 : 70) + (row % 10),
    armOf: row => (row % 3 === 0 ? 'B' : 'A')
  })
  const { code, stdout } = await report('--check')
  t.equal(code, 1)
  t.match(stdout, /ALARM model cards: calibration error 0\.\d+ above 0\.05/)
  t.match(stdout, /ALARM model cards: stability index of customer\.age \d/)
  t.match(stdout, 'ALARM model cards: share of customer.age outside training 0.5 above 0.05')
  t.match(stdout, 'ALARM experiment hero: sample ratio mismatch')
  t.equal((await report()).code, 0, 'without --check it is told only')
  const lenient = await report('--calibration', '0.5', '--stability', '99', '--outside', '1')
  t.notMatch(lenient.stdout, 'ALARM model')
})

test('features are compared with a reference, and what cannot be read is refused', async t => {
  const { report } = await journalOf(t, { ageAt: row => (row < ROWS / 2 ? 20 : 40) + (row % 10) })
  const half = new Date(START_MS + 500 * ROWS).toISOString()
  const same = await report('--from', half, '--reference', `${half}..2026-03-02`)
  t.notMatch(same.stdout, 'stability index')
  const other = await report('--from', half, '--reference', `2026-03-01..${half}`)
  t.match(other.stdout, 'stability index of customer.age')
  const none = await report('--from', '2027-01-01')
  t.match(none.stdout, 'The journal has no decisions of this period.')
  for (const words of [
    ['--auc', 'x'],
    ['--reference', '2026-03-01']
  ])
    t.equal((await report(...words)).code, 2)
})

test('what chance cost is told from slots in which another than the best stood', async t => {
  const chance = { slots: 0, byChance: 0, priority: 0, priorityOfBest: 0, propensity: 0 }
  const scored = (offer: string, rank: number, p: number, outcome = 'outranked') => ({
    ...{ offer, rank, p, outcome, c: 1, v: 10, l: 1, priority: 10 * p, model: null }
  })
  const candidates = [
    scored('full', 1, 0.9, 'quota'),
    scored('best', 2, 0.3),
    scored('other', 3, 0.2)
  ]
  const decisions = ['best', 'other', 'other', 'best'].map((offer, i) => ({
    ...journalled(`d-${i}`, START_MS, {
      placing: {
        offer,
        priority: offer === 'best' ? 3 : 2,
        propensity: offer === 'best' ? 0.3 : 0.2
      },
      candidates
    }),
    namespace: 'crm',
    customer: 'c'
  }))
  async function* outcomes() {
    for (const { placed, ...decision } of decisions)
      yield {
        ...decision,
        placed: placed.map(one => ({
          ...{ ...one, model: null, shownMs: null, positive: false, value: null, rejected: false }
        }))
      }
  }
  const collected = await collect(outcomes())
  t.match(collected.chance, { slots: 4, byChance: 2, priority: 2, priorityOfBest: 12 })
  const judged = judgeChance(collected)!
  t.match(judged, { slots: 4, share: 0.5, priorityOfBest: 3, priorityCost: 0.5 })
  t.ok(Math.abs(judged.propensityCost - 0.05) < 1e-12)
  t.equal(judgeChance({ ...collected, chance }), undefined)
})
