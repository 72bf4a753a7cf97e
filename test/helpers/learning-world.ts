import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { createWorld } from '../../src/cli/world/world.js'
import { createRandom } from '../../src/learning/random.js'
import { startEngine, type Engine, type Ending, type ModelFolder } from './engine.js'
import { offerYaml, rulesWith } from './rules.js'

const ROOT = resolve(import.meta.dirname, '../..')
const CARDS = [
  'business-card',
  'cashback-card',
  'classic-card',
  'gold-card',
  'platinum-card',
  'student-card',
  'travel-card',
  'virtual-card'
]
/** After a change, each card is answered as the next one was. */
const CHANGED = new Map(CARDS.map((id, i) => [id, CARDS[(i + 1) % CARDS.length]!]))
/** Responses come in lots, as they do to a learner that looks three times a second. */
const LEARN_EVERY = 50
const CUSTOMERS = 10_000

const ATTRIBUTES = `
  age: {type: integer}
  income: {type: number}
  card_spend: {type: number, default: 0}
  foreign_spend: {type: number, default: 0}
  balance: {type: number, default: 0}
  digital_days: {type: integer, default: 0}
  overdraft_days: {type: integer, default: 0}
  job: {type: string, values: [admin, blue_collar, entrepreneur, management, retired, self_employed, services, student, technician, unemployed]}
  education: {type: string, values: [primary, secondary, tertiary]}`
const FEATURES = [
  'customer.age',
  'customer.income',
  'customer.card_spend',
  'customer.foreign_spend',
  'customer.digital_days',
  'customer.overdraft_days'
]

export type LearningPolicy = 'prior' | 'model' | 'adaptive'

export interface LearningRun {
  /** By decision: the true probability of a yes to what was shown, and to the best that could have been. */
  readonly shown: Float64Array
  readonly best: Float64Array
}

export interface LearningRunOptions {
  readonly policy: LearningPolicy
  readonly decisions: number
  /** The decision from which on the truth is another; never when absent. */
  readonly changeAt?: number
  readonly forget?: number
  /** Whether customers answer at all. */
  readonly feedback?: boolean
  /** Whether propensities are drawn where they adapt; they are unless this says otherwise. */
  readonly exploring?: boolean
}

/** Decides for the customers of the example's world, who answer as its truth says; its clock is virtual. */
export async function runLearning(t: Ending, options: LearningRunOptions): Promise<LearningRun> {
  const { decisions, changeAt = Infinity, feedback = true } = options
  const engine = await startLearningEngine(t, options)
  const world = createWorld(1)
  const random = createRandom(17)
  const shown = new Float64Array(decisions)
  const best = new Float64Array(decisions)
  for (let i = 0; i < decisions; i++) {
    const customer = world.customer(random.integer(CUSTOMERS))
    const context = { device: random.chance(0.4) ? 'mobile' : 'desktop', intent: 'none' }
    const truth = (id: string): number =>
      world.trueResponse(customer, i < changeAt ? id : CHANGED.get(id)!, 'web', context)
    const { offerId, token } = await decideFor(engine, `d-${i}`, customer.attributes, context)
    shown[i] = truth(offerId)
    best[i] = Math.max(...CARDS.map(truth))
    if (!feedback) continue
    const yes = random.chance(shown[i]!) ? [{ type: 'accept', token }] : []
    await engine.tell({ type: 'impression', token }, ...yes)
    engine.pass(1000)
    if (options.policy === 'adaptive' && i % LEARN_EVERY === 0) await engine.learn()
  }
  return { shown, best }
}

/** The mean reward of the decisions from one on up to another, and the best one. */
export function meanReward({ shown, best }: LearningRun, from: number, to: number) {
  const mean = (all: Float64Array) =>
    all.subarray(from, to).reduce((sum, one) => sum + one, 0) / (to - from)
  return { shown: mean(shown), best: mean(best) }
}

async function startLearningEngine(
  t: Ending,
  { policy, forget = 1, exploring = true }: LearningRunOptions
): Promise<Engine> {
  const model = policy === 'prior' ? {} : { model: 'cards' }
  const adapt = policy === 'adaptive' ? { adapt: { features: FEATURES, forget } } : {}
  const propensity = { prior: 0.08, evidence: 100, ...model, ...adapt }
  const method = policy === 'adaptive' && exploring ? 'thompson' : 'none'
  const rules = rulesWith({
    offers: CARDS.map(id => offerYaml(id, { propensity })).join('\n'),
    rest: `arbitration: {exploration: {method: ${method}}}`
  })
    .replace(/attributes:\n( {2}.*\n)+/, `attributes:${ATTRIBUTES}\n`)
    .replace('intent: {type: string}', 'intent: {type: string, default: none}')
    .replace('values: [mobile, desktop]', 'values: [mobile, desktop, tablet]')
  return await startEngine(t, {
    rules,
    models: policy === 'prior' ? {} : { cards: await shippedModel() }
  })
}

async function shippedModel(): Promise<ModelFolder> {
  const folder = join(ROOT, 'models/cards')
  return {
    yaml: await readFile(join(folder, 'model.yaml'), 'utf8'),
    files: { 'model.onnx': await readFile(join(folder, 'model.onnx')) }
  }
}

async function decideFor(
  engine: Engine,
  id: string,
  all: object,
  context: Readonly<Record<string, unknown>>
) {
  const known = Object.entries(all).filter(
    ([name, value]) => value !== undefined && new RegExp(`^  ${name}:`, 'm').test(ATTRIBUTES)
  )
  const answer = await engine.ask({
    customer: { id },
    channel: 'web',
    placements: [{ id: 'home_hero' }],
    attributes: Object.fromEntries(known),
    context
  })
  return answer.placements[0]!.offers[0]!
}
