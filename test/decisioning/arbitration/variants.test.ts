import fc from 'fast-check'
import { test, type Test } from 'tap'
import { writeLogistic } from '../../../src/adapters/onnx/write.js'
import type { DecisionRequest } from '../../../src/domain/decision.js'
import { startEngine, type Answer, type Engine, type ModelFolder } from '../../helpers/engine.js'
import { offerYaml, rulesWith } from '../../helpers/rules.js'

const OFFERS = ['o0', 'o1', 'o2', 'o3', 'o4'] as const
type OfferId = (typeof OFFERS)[number]

/** What an arm of the tests changes, as the files say it. */
interface Change {
  readonly arbitration?: { readonly formula?: string; readonly groupLimit?: number }
  readonly values?: Readonly<Partial<Record<OfferId, number | string>>>
  readonly levers?: Readonly<Record<string, number>>
  readonly models?: Readonly<Partial<Record<OfferId, string>>>
  readonly treatments?: Readonly<Partial<Record<OfferId, string>>>
}

const BOTH = ['home_hero', 'home_tile']
const TREATMENTS = {
  plain: { placements: BOTH, content: { look: 'plain' } },
  bold: {
    placements: ['home_tile'],
    content: { look: 'bold' },
    languages: { de: { look: 'fett' } }
  }
}

/** The strategy with a change written into it. */
function rules(change: Change = {}, rest = ''): string {
  const offers = OFFERS.map((id, i) => {
    const { plain, bold } = TREATMENTS
    const model = change.models?.[id]
    return offerYaml(id, {
      group: i < 3 ? 'cards' : 'loans',
      value: change.values?.[id] ?? [3, 1, 'customer.balance * 0.01', 2, 4][i],
      lever: change.levers?.[id] ?? i * 5,
      eligibility: ['true', 'customer.age >= 30', 'true', 'context.device == "mobile"', 'true'][i],
      propensity: { prior: 0.1 + 0.1 * i, ...(model === undefined ? {} : { model }) },
      treatments: change.treatments?.[id] === 'bold' ? { bold, plain } : { plain, bold }
    })
  })
  const { formula = 'p * c * v * l', groupLimit = 2 } = change.arbitration ?? {}
  const lever = (owner: string, otherwise: number): number => change.levers?.[owner] ?? otherwise
  const text = rulesWith({
    offers: offers.join('\n'),
    groups: `  cards: {issue: grow, lever: ${lever('cards', 10)}}\n  loans: {issue: grow}\n  service: {issue: grow}`,
    placements:
      '  home_hero: {channel: web, multiplier: 2, fallback: welcome}\n  home_tile: {channel: web, count: 2, fallback: welcome}',
    rest: `arbitration: ${JSON.stringify({ formula, groupLimit })}\ncontextWeights: [{when: context.intent == "loan", group: loans, weight: 80}]\n${rest}`
  })
  return text.replace('{grow: {lever: 0}}', `{grow: {lever: ${lever('grow', 0)}}}`)
}

/** The strategy with the change in the only arm of an experiment. */
function experimenting(change: Change): string {
  return rules(
    {},
    `experiments: ${JSON.stringify({ e: { salt: 's', arms: { B: { share: 1, ...change } } } })}`
  )
}

/** All that a decision says, but for its id, its tokens and the experiment itself. */
function textOf({ placements, explanation, degraded }: Answer): string {
  return JSON.stringify({
    degraded,
    placements: placements.map(({ id, fallback, offers }) => ({
      id,
      fallback,
      offers: offers.map(offer => ({ ...offer, token: undefined }))
    })),
    funnel: explanation?.funnel,
    outcomes: explanation?.outcomes.map(({ offerId, stage }) => [offerId, stage]),
    outranked: (explanation as { outranked?: unknown } | undefined)?.outranked
  })
}

const requests: fc.Arbitrary<DecisionRequest> = fc.record({
  customer: fc.record({ id: fc.string({ minLength: 1, maxLength: 8, unit: 'grapheme-ascii' }) }),
  channel: fc.constant('web'),
  placements: fc.constantFrom(
    [{ id: 'home_hero' }],
    [{ id: 'home_tile' }],
    [{ id: 'home_tile' }, { id: 'home_hero' }]
  ),
  context: fc.constantFrom({}, { device: 'mobile' }, { device: 'mobile', intent: 'loan' }),
  attributes: fc.constantFrom({}, { age: 25 }, { age: 50, balance: 400 }, { age: 31, balance: 9 }),
  exclude: fc.subarray<string>([...OFFERS]),
  language: fc.constantFrom('en', 'de'),
  options: fc.constant({ explain: 'full' as const, timeoutMs: 10_000 })
})

function some<V>(keys: readonly string[], value: fc.Arbitrary<V>): fc.Arbitrary<Record<string, V>> {
  return fc.dictionary(fc.constantFrom(...keys), value, { minKeys: 1, maxKeys: 3 })
}

const changes = fc.record(
  {
    arbitration: fc.record(
      {
        formula: fc.constantFrom('p * v', 'v - p', 'customer.age * p * l', 'c + l'),
        groupLimit: fc.integer({ min: 1, max: 3 })
      },
      { requiredKeys: [] }
    ),
    values: some<number | string>(
      OFFERS,
      fc.oneof(
        fc.integer({ min: 0, max: 9 }),
        fc.constantFrom('customer.balance', 'customer.age * 0.1')
      )
    ),
    levers: some([...OFFERS, 'cards', 'grow'], fc.integer({ min: -120, max: 200 })),
    treatments: some(OFFERS, fc.constantFrom('plain', 'bold'))
  },
  { requiredKeys: [] }
) as fc.Arbitrary<Change>

function model(name: string, weight: number): ModelFolder {
  return {
    yaml: `model: ${name}\nversion: 1\nfile: model.onnx\ninputs: [{input: input, columns: [{from: customer.age, missing: 40}]}]\noutput: {name: probabilities, positive: "1"}\n`,
    files: {
      'model.onnx': writeLogistic({
        name,
        inputs: [{ name: 'input', columns: 1 }],
        intercept: -1,
        coefficients: [weight]
      })
    }
  }
}
const MODELS = { young: model('young', -0.02), old: model('old', 0.02) }

/** Whether both decide alike; each request is asked of both. */
async function alike(
  [one, other]: readonly [Engine, Engine],
  asked: readonly DecisionRequest[]
): Promise<DecisionRequest | undefined> {
  for (const request of asked) {
    const [a, b] = [await one.ask(request), await other.ask(request)]
    if (textOf(a) !== textOf(b)) return request
  }
  return undefined
}

async function pair(
  t: Test,
  one: string,
  other: string,
  models: Readonly<Record<string, ModelFolder>> = {}
): Promise<readonly [Engine, Engine]> {
  return [
    await startEngine(t, { rules: one, models }),
    await startEngine(t, { rules: other, models })
  ]
}

test('customers in an arm are decided as by a strategy in which its changes are written', async t => {
  await fc.assert(
    fc.asyncProperty(
      changes,
      fc.array(requests, { minLength: 40, maxLength: 40 }),
      async (change, asked) => {
        const engines = await pair(t, experimenting(change), rules(change))
        const differing = await alike(engines, asked)
        t.equal(differing, undefined, JSON.stringify(change))
        return differing === undefined
      }
    ),
    { numRuns: 30 }
  )
})

test('arms put models in the place of priors and of other models', async t => {
  const before = { models: { o4: 'young' } }
  const change = { models: { o0: 'old', o4: 'old' } }
  const arm = `experiments: ${JSON.stringify({ e: { salt: 's', arms: { B: { share: 1, ...change } } } })}`
  const engines = await pair(t, rules(before, arm), rules(change), MODELS)
  const asked = fc.sample(requests, { numRuns: 200, seed: 5 })
  t.equal(await alike(engines, asked), undefined)
  const tile = { exclude: [], placements: [{ id: 'home_tile' }] }
  const { placements } = await engines[0].ask({ ...asked[0]!, ...tile })
  t.match(placements[0]?.offers[0]?.propensity, { source: 'model', model: 'old@1' })
})

test('who is not exposed is decided as without experiments, and exposure is the same in every arm', async t => {
  let unexposed = 0
  await fc.assert(
    fc.asyncProperty(
      changes,
      changes,
      fc.array(requests, { minLength: 40, maxLength: 40 }),
      async (one, other, asked) => {
        const arms = (a: number) =>
          `experiments: ${JSON.stringify({ e: { salt: 's', arms: { A: { share: a, ...one }, B: { share: 1 - a, ...other } } } })}`
        const engines = await pair(t, rules({}, arms(1)), rules({}, arms(0)))
        const plain = await startEngine(t, { rules: rules() })
        for (const request of asked) {
          const [a, b] = [await engines[0].ask(request), await engines[1].ask(request)]
          const [inA, inB] = [partOf(a), partOf(b)]
          if (inA.arm !== 'A' || inB.arm !== 'B' || inA.exposed !== inB.exposed) return false
          if (inA.exposed) continue
          unexposed++
          const base = textOf(await plain.ask(request))
          if (textOf(a) !== base || textOf(b) !== base) return false
        }
        return true
      }
    ),
    { numRuns: 12 }
  )
  t.ok(unexposed > 5, `${unexposed} decisions were not exposed`)
})

function partOf(answer: Answer): { arm: string; exposed: boolean } {
  const { experiments } = answer.explanation as unknown as {
    experiments: ReadonlyArray<{ arm: string; exposed: boolean }>
  }
  return experiments[0]!
}
