import fc from 'fast-check'
import { test } from 'tap'
import { writeLogistic, writeTrees } from '../../../src/adapters/onnx/write.js'
import { planShortlist } from '../../../src/decisioning/shortlist/shortlist-plan.js'
import { writeLegend } from '../../../src/decisioning/trace/legend.js'
import type { Snapshot } from '../../../src/decisioning/snapshot.js'
import { createRandom } from '../../../src/learning/random.js'
import type { Exploration, Strategy } from '../../../src/policy/strategy.js'
import {
  NOW_MS,
  startEngine,
  type Answer,
  type Engine,
  type ModelFolder
} from '../../helpers/engine.js'
import { holdsAsync } from '../../helpers/holds.js'
import { offerYaml, rulesWith } from '../../helpers/rules.js'

const OFFERS = 150
const GROUPS = ['cards', 'loans', 'service']
const TREATMENTS = [['home_hero', 'home_tile'], ['home_tile'], ['home_hero', 'home_tile', 'agent']]
const RULES = rulesWith({
  offers: Array.from({ length: OFFERS }, (_, i) =>
    offerYaml(`o${i}`, {
      group: GROUPS[i % 3],
      // Some are alike in all, and some are worth what the customer has.
      value: i % 11 === 0 ? 'customer.balance / 100' : 1 + (i % 40),
      propensity: i % 7 === 0 ? { prior: 0.2 } : { model: i % 2 === 0 ? 'trees' : 'linear' },
      ...(i % 13 === 0 ? { eligibility: 'customer.age > 30' } : {}),
      treatments: { any: { placements: TREATMENTS[i % 4 === 0 ? 1 : 2], content: {} } }
    })
  ).join('\n'),
  rest: `contextWeights:
  - {when: customer.age > 40, group: loans, weight: 40}
  - {when: customer.balance > 100, offer: o3, weight: 90}
influencers:
  - {after: click, offer: same, lever: {from: 300, to: 0}, over: 7d}
  - {after: reject, offer: any, lever: {from: -30, to: 0}, over: 7d}`
})

const INPUTS = `inputs: [{input: x, columns: [{from: customer.age, missing: 40}, {from: offer.value, missing: 1}]}]
output: {name: probabilities, positive: "1"}
`

/** Stumps by age and by the offer's value; calibrated, so that no probability is above 0.6. */
function trees(): ModelFolder {
  const random = createRandom(5)
  const bytes = writeTrees({
    name: 'trees',
    inputs: [{ name: 'x', columns: 2 }],
    base: -1,
    trees: Array.from({ length: 40 }, (_, i) => ({
      features: [i % 2, -1, -1],
      thresholds: [random.uniform() * (i % 2 === 0 ? 90 : 40), 0, 0],
      lefts: [1, 0, 0],
      rights: [2, 0, 0],
      values: [0, random.uniform() - 0.5, random.uniform() - 0.5]
    }))
  })
  const calibration = 'calibration: {method: isotonic, points: [[0, 0.01], [0.5, 0.3], [1, 0.6]]}\n'
  const yaml = `model: trees\nversion: 1\nfile: model.onnx\n${INPUTS}${calibration}`
  return { yaml, files: { 'model.onnx': bytes } }
}

function linear(): ModelFolder {
  const bytes = writeLogistic({
    name: 'linear',
    inputs: [{ name: 'x', columns: 2 }],
    intercept: -2,
    coefficients: Float64Array.of(0.03, -0.02)
  })
  const yaml = `model: linear\nversion: 1\nfile: model.onnx\n${INPUTS}`
  return { yaml, files: { 'model.onnx': bytes } }
}

const MODELS = { trees: trees(), linear: linear() }

/** What a random strategy differs in from RULES. */
interface Bent {
  readonly seed: number
  readonly spread: number
  readonly mandatory: number
  readonly groupLimit: number
  readonly weight: number
  readonly ties: boolean
  readonly pairs: number
  readonly control: boolean
  readonly method: 'none' | 'epsilon'
}

const bent: fc.Arbitrary<Bent> = fc.record({
  seed: fc.nat(),
  spread: fc.constantFrom(0, 1, 3, 6),
  mandatory: fc.constantFrom(0, 0, 0.03, 0.5),
  groupLimit: fc.constantFrom(1, 2, Infinity),
  weight: fc.integer({ min: -150, max: 200 }),
  ties: fc.boolean(),
  pairs: fc.constantFrom(0, 0, 0, 4),
  control: fc.constantFrom(false, false, false, true),
  method: fc.constantFrom('none', 'none', 'none', 'none', 'none', 'epsilon')
})

/** The strategy with values, levers, priors and all that drawn anew. */
function bend(strategy: Strategy, by: Bent): Strategy {
  const random = createRandom(by.seed)
  const offers = strategy.offers.map(offer => {
    const value = Math.exp(random.uniform() * by.spread) * 10
    const levers = { lever: random.integer(4) * 50 - 100 }
    return {
      ...offer,
      ...levers,
      leverFactor: Math.max(0, (100 + levers.lever) / 100),
      value:
        typeof offer.value !== 'number' ? offer.value : by.ties ? Math.ceil(value / 10) : value,
      prior: random.integer(10) / 10,
      mandatory: random.uniform() < by.mandatory
    }
  })
  const never = new Map<number, number[]>()
  for (let i = 0; i < by.pairs; i++) {
    const [one, other] = [1 + random.integer(OFFERS), 1 + random.integer(OFFERS)]
    if (one === other) continue
    never.set(one, [...(never.get(one) ?? []), other])
    never.set(other, [...(never.get(other) ?? []), one])
  }
  const contextWeights = strategy.contextWeights.map(each => ({ ...each, weight: by.weight }))
  const { method } = by
  const exploration: Exploration = method === 'epsilon' ? { method, share: 0.3 } : { method }
  return {
    ...strategy,
    offers,
    contextWeights,
    groupLimit: by.groupLimit,
    exclusions: {
      ...strategy.exclusions,
      never: by.pairs === 0 ? [] : offers.map((_, i) => listed(never.get(i)))
    },
    control: by.control ? { salt: 'c', limit: 10_000 } : undefined,
    exploration
  }
}

function listed(others: readonly number[] | undefined): Int32Array | undefined {
  return others && Int32Array.from(others)
}

interface Asking {
  readonly customer: string
  readonly age: number
  readonly balance: number
  readonly placements: ReadonlyArray<{ id: string; count?: number }>
  readonly explain: 'none' | 'summary'
}

const asking: fc.Arbitrary<Asking> = fc.record({
  customer: fc.constantFrom('c-1', 'c-2'),
  age: fc.integer({ min: 18, max: 90 }),
  balance: fc.constantFrom(-5, 0, 500, 5000),
  placements: fc.oneof(
    fc.constant([{ id: 'home_hero' }]),
    fc.integer({ min: 1, max: 3 }).map(count => [{ id: 'home_tile', count }]),
    fc.constant([{ id: 'home_hero' }, { id: 'home_tile' }])
  ),
  explain: fc.constantFrom('none', 'summary')
})

async function decideBy(
  engine: Engine,
  snapshot: Snapshot,
  { customer, age, balance, placements, explain }: Asking
): Promise<Answer> {
  engine.snapshots.swap(snapshot)
  return await engine.ask({
    customer: { id: customer },
    channel: 'web',
    placements: [...placements],
    attributes: { age, balance },
    options: { mode: 'test', seed: 'dice', explain }
  })
}

/** What was decided and what is said of it, without the ids of this one time. */
function told({ placements, degraded, explanation }: Answer): string {
  return JSON.stringify([placements, degraded, explanation])
}

async function startLived(t: Parameters<typeof startEngine>[0]): Promise<Engine> {
  const engine = await startEngine(t, { rules: RULES, models: MODELS })
  const happened = (type: string, offer: string) => ({
    type,
    customer: { id: 'c-2' },
    offer,
    channel: 'web',
    time: new Date(NOW_MS - 3_600_000).toISOString()
  })
  await engine.tell(happened('click', 'o5'), happened('click', 'o77'), happened('reject', 'o8'))
  return engine
}

/** Runs of the property; more where somebody has the time. */
const RUNS = Number(process.env['OFFERD_SHORTLIST_RUNS'] ?? 1000)

test('what is left unscored could not have won: random strategies decide as if all were scored', async t => {
  const engine = await startLived(t)
  const loaded = engine.snapshots.current()
  t.equal(loaded.told.size, 2, 'both models say what they compute')
  const tallies = [...loaded.models.values()].map(({ tally }) => tally)
  const scored = (): number =>
    tallies.reduce((sum, { counts }) => counts.reduce((all, count) => all + count, sum), 0)
  let all = 0
  let some = 0
  const property = fc.asyncProperty(bent, asking, async (by, how) => {
    const strategy = bend(loaded.strategy, by)
    const full = { ...loaded, strategy, legend: writeLegend(strategy), shortlist: undefined }
    const before = scored()
    const wanted = await decideBy(engine, full, how)
    const between = scored()
    const found = await decideBy(engine, { ...full, shortlist: planShortlist(full) }, how)
    all += between - before
    some += scored() - between
    return told(found) === told(wanted)
  })
  await holdsAsync(t, property, RUNS)
  t.ok(some < all * 0.9, `${some} scores instead of ${all}`)
})

const MANY_ASKED = {
  customer: { id: 'c-1' },
  channel: 'web',
  placements: [{ id: 'home_tile', count: 2 }],
  attributes: { age: 50, balance: 500 }
}

test('a recorded decision says of the unscored what they could have reached at most, and what it takes to win', async t => {
  const engine = await startLived(t)
  const answer = await engine.ask(MANY_ASKED)
  const body = await engine.lookUp.explanation(answer.decisionId, { from: 0, limit: 200 })
  const { candidates, outcomes, outranked, whatItTakes } = JSON.parse(body) as {
    candidates: number
    outcomes: Array<{ stage: string; rule?: { text: string } }>
    outranked: { rows: unknown[] }
    whatItTakes: ReadonlyArray<{ stage: string }>
  }
  const unscored = outcomes.filter(({ stage }) => stage === 'outranked')
  t.ok(unscored.length > 60, `${unscored.length} are not scored`)
  t.equal(outcomes.length + outranked.rows.length, candidates, 'each has one outcome')
  const lowest = Math.min(...answer.placements[0]!.offers.map(({ priority }) => priority))
  for (const { rule } of unscored) {
    const [, atMost] = /^outranked \(at most ([\d.]+)\)$/.exec(rule?.text ?? '') ?? []
    t.ok(Number(atMost) <= lowest, String(rule?.text))
  }
  t.equal(whatItTakes.filter(({ stage }) => stage === 'outranked').length, 3)
})

test('who asks for a full explanation gets every score', async t => {
  const engine = await startLived(t)
  const { explanation } = await engine.ask({ ...MANY_ASKED, options: { explain: 'full' } })
  const outranked = explanation!.outcomes.filter(({ stage }) => stage === 'outranked')
  t.ok(outranked.length > 60)
  t.ok(outranked.every(outcome => typeof outcome['priority'] === 'number'))
})

test('a replay leaves out whom the decision left out, and scores all where it scored all', async t => {
  const engine = await startLived(t)
  const snapshot = engine.snapshots.current()
  const leftOut = await engine.ask(MANY_ASKED)
  engine.snapshots.swap({ ...snapshot, shortlist: undefined })
  const all = await engine.ask(MANY_ASKED)
  engine.snapshots.swap(snapshot)
  t.match(await engine.replay(leftOut.decisionId, 'recorded'), { same: true })
  t.match(await engine.replay(all.decisionId, 'recorded'), { same: true })
})

test('where a model fails all offers are scored, and get their priors', async t => {
  const engine = await startLived(t)
  const snapshot = engine.snapshots.current()
  const failing = async (): Promise<Float64Array> => Promise.reject(new Error('broken'))
  const models = new Map(
    [...snapshot.models].map(([name, model]) => [
      name,
      { ...model, open: { ...model.open, score: failing } }
    ])
  )
  const modelOf = snapshot.modelOf.map(model => model && models.get(model.name))
  const broken = { ...snapshot, models, modelOf, fusions: [] }
  engine.snapshots.swap({ ...broken, shortlist: undefined })
  const wanted = await engine.ask({ ...MANY_ASKED, options: { mode: 'test', seed: 'dice' } })
  engine.snapshots.swap(broken)
  const found = await engine.ask({ ...MANY_ASKED, options: { mode: 'test', seed: 'dice' } })
  t.same(found.degraded, ['model:linear', 'model:trees'])
  t.equal(told(found), told(wanted))
})

test('it is found out at load where all must be scored', async t => {
  const engine = await startLived(t)
  const snapshot = engine.snapshots.current()
  const { strategy } = snapshot
  t.ok(snapshot.shortlist)
  const planFor = (changes: Partial<Strategy>): unknown =>
    planShortlist({ ...snapshot, strategy: { ...strategy, ...changes } })
  t.ok(planFor({}))
  t.equal(planFor({ exploration: { method: 'thompson' } }), undefined)
  t.equal(planFor({ exploration: { method: 'epsilon', share: 0.1 } }), undefined)
  t.equal(planFor({ adapts: true }), undefined)
  t.equal(planFor({ offers: strategy.offers.slice(0, 20) }), undefined, 'few are scored at once')
  const shadows = new Map([['trees', []]])
  t.equal(planShortlist({ ...snapshot, shadows }), undefined, 'shadows score what models score')
})
