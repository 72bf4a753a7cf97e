import type { DecisionRequest } from '../../src/domain/decision.js'
import { EMPTY_PROFILE } from '../../src/domain/customer.js'
import type { Random } from '../../src/learning/random.js'
import { logistic } from '../adapters/onnx/build.js'
import type { Answer, Engine, ModelFolder } from './engine.js'
import { offerYaml, rulesWith } from './rules.js'

/** What of the busy strategy is other than usual. */
export interface BusyChanges {
  readonly exploration?: string
  readonly formula?: string
  readonly gold?: Record<string, unknown>
  readonly tiredLimit?: number
}

/** A strategy that uses every part of deciding: policies, limits, strict quotas, experiments, models, chance, shares kept out. */
export function busyRules({
  exploration = '{method: epsilon, share: 0.2}',
  formula = 'p * c * v * l',
  gold = {},
  tiredLimit = 2
}: BusyChanges = {}): string {
  const treatments = {
    any: { placements: ['home_hero', 'home_tile', 'agent'], content: { headline: 'x' } }
  }
  return rulesWith({
    groups: `  cards: {issue: grow, lever: 10, eligibility: customer.age >= 18}
  loans: {issue: grow}
  service: {issue: grow}`,
    offers: [
      offerYaml('gold', { value: 80, propensity: { model: 'young', prior: 0.3 }, ...gold }),
      offerYaml('travel', {
        value: 'customer.balance / 100',
        propensity: { model: 'young', prior: 0.2, evidence: 20 },
        purposes: ['marketing']
      }),
      offerYaml('scarce', {
        value: 500,
        quotas: [{ limit: 40, window: 'total', counts: 'accept', strict: true, reserve: '1h' }]
      }),
      offerYaml('hourly', { value: 60, quotas: [{ limit: 30, window: 'day' }] }),
      offerYaml('mortgage', {
        group: 'loans',
        value: 90,
        propensity: { model: 'rich', prior: 0.1 },
        applicability: '!("mortgage" in customer.products)',
        suitability: 'seen("complaint", "any", "30d") == 0'
      }),
      offerYaml('car', { group: 'loans', value: 40, propensity: { prior: 0.4, evidence: 30 } }),
      offerYaml('old', { until: '2020-01-01' }),
      `  calm: ${JSON.stringify({ group: 'service', value: 5, mandatory: false, treatments })}`
    ].join('\n'),
    rest: `segments: {rich: customer.balance > 4000}
contextWeights: [{when: context.intent == "loan", group: loans, weight: 50}, {when: segment.rich, offer: gold, weight: 20}]
influencers: [{after: later, offer: same, lever: {from: 20, to: 0}, over: 7d}]
contactPolicies:
  - {id: tired, counts: [impression], scope: offer, limit: ${tiredLimit}, window: 7d, channels: [web]}
  - {id: rejected, counts: [reject], scope: group, limit: 1, window: 30d, suppressFor: 60d}
  - {id: daily, counts: [impression], scope: all, limit: 4, window: day, strict: true}
exclusions: [{never: [gold, travel]}, {after: accept, of: mortgage, not: [car], for: 30d}]
arbitration: {formula: ${formula}, groupLimit: 2, exploration: ${exploration}}
holdout: {share: 0.05, salt: h}
control: {share: 0.1, salt: c}
experiments:
  formula: {salt: e, layer: one, arms: {A: {share: 0.4}, B: {share: 0.4, arbitration: {formula: p * v}}}}
  values: {salt: v, when: context.device == "mobile", arms: {A: {share: 0.5}, B: {share: 0.5, values: {car: 70}}}}`
  })
}

export const BUSY_MODELS: Readonly<Record<string, ModelFolder>> = {
  young: modelOf('young', 'customer.age', [-0.05]),
  rich: modelOf('rich', 'customer.balance / 1000.0', [0.3])
}

function modelOf(name: string, from: string, weights: readonly number[]): ModelFolder {
  return {
    yaml: `model: ${name}
version: 1
file: model.onnx
inputs: [{input: x, columns: [{from: '${from}', missing: 1}]}]
output: {name: p, positive: "1"}
`,
    files: { 'model.onnx': logistic({ weights }) }
  }
}

/** How busy it is. */
export interface Pace {
  readonly customers: number
  /** Most decisions at the same time. */
  readonly together: number
  /** Lets so much time pass between them. */
  readonly passMs?: number
}

/**
 * A time of a busy service: profiles, merges, events and decisions of all kinds, some in such a hurry that they degrade.
 * Answers the decisions' ids.
 */
export async function live(
  engine: Engine,
  random: Random,
  decisions: number,
  { customers: people, together: most, passMs = 0 }: Pace = { customers: 40, together: 8 }
): Promise<string[]> {
  const { customers } = engine.store
  const { lexicon } = engine.snapshots.current().strategy
  for (let i = 0; i < people; i++) {
    if (i % 5 === 4) continue
    const attributes = {
      ...(i % 7 === 3 ? {} : { age: 15 + random.integer(60) }),
      balance: random.integer(10_000),
      phone: '+49 1',
      products: i % 4 === 0 ? ['mortgage'] : []
    }
    const consent = { marketing: { granted: i % 3 > 0, timeMs: 1, source: 'branch' } }
    const profile = { ...EMPTY_PROFILE, attributes, consent }
    await customers.change({ namespace: 'crm', id: `c-${i}` }, () => profile, lexicon)
  }
  const ids: string[] = []
  while (ids.length < decisions) {
    const together = Math.min(1 + random.integer(most), decisions - ids.length)
    const asked = Array.from({ length: together }, () => engine.ask(requestFrom(random, people)))
    const answers = await Promise.all(asked)
    ids.push(...answers.map(({ decisionId }) => decisionId))
    await Promise.all(answers.map(answer => react(engine, random, answer)))
    engine.pass(passMs)
    if (random.integer(20) === 0) {
      const [crm, cookie] = [`c-${random.integer(people)}`, `k-${random.integer(people)}`]
      await customers.merge(
        { namespace: 'crm', id: crm },
        { namespace: 'cookie', id: cookie },
        lexicon
      )
    }
  }
  await engine.store.records.flush()
  return ids
}

function requestFrom(random: Random, people: number): DecisionRequest {
  const pick = <T>(...from: readonly T[]): T => from[random.integer(from.length)]!
  const agent = random.integer(4) === 0
  const namespace = pick('crm', 'crm', 'cookie')
  return {
    customer: { id: `${namespace === 'crm' ? 'c' : 'k'}-${random.integer(people)}`, namespace },
    channel: agent ? 'call_center' : 'web',
    placements: agent
      ? [{ id: 'agent' }]
      : pick<DecisionRequest['placements']>(
          [{ id: 'home_hero' }],
          [{ id: 'home_tile', count: 2 }],
          [{ id: 'home_hero' }, { id: 'home_tile', filter: { group: ['cards'] } }],
          [{ id: 'home_tile' }, { id: 'home_hero' }]
        ),
    context: { device: pick('mobile', 'desktop'), ...pick({}, { intent: 'loan' }) },
    ...pick({}, {}, { attributes: { age: 33 } }),
    ...pick({}, {}, {}, { exclude: ['gold'] }),
    ...pick({}, {}, {}, { events: [{ type: pick('page_view', 'complaint') }] }),
    language: 'de-AT',
    options: {
      explain: pick('none', 'summary', 'full'),
      ...pick({}, {}, {}, {}, {}, {}, {}, { timeoutMs: 1 })
    }
  }
}

/** Some answers are shown, some of them are liked. */
async function react(engine: Engine, random: Random, answer: Answer): Promise<void> {
  const offers = answer.placements.flatMap(placement => placement.offers)
  const offer = offers[random.integer(offers.length)]
  const type = ['impression', 'impression', 'click', 'accept', 'reject', 'none', 'none'][
    random.integer(7)
  ]!
  if (offer === undefined || type === 'none') return
  await engine.tell({ id: `${answer.decisionId}-${type}`, type, token: offer.token })
}
