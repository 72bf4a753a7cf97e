import fc from 'fast-check'
import { test } from 'tap'
import { LOCAL_CALLER } from '../../../src/domain/caller.js'
import { startEngine } from '../../helpers/engine.js'
import { offerYaml, rulesWith } from '../../helpers/rules.js'

/** Thirty offers whose policies, values and groups differ; number 3 of every group is mandatory. */
const OFFERS = Array.from({ length: 30 }, (_, i) => ({
  id: `o${i}`,
  minAge: i % 4 === 0 ? 18 + i : undefined,
  minBalance: i % 3 === 0 ? i * 10 : undefined,
  value: 1 + ((i * 7) % 11),
  prior: ((i % 5) + 1) / 10,
  group: i % 2 === 0 ? 'cards' : 'loans',
  mandatory: i % 10 === 3
}))
type Bank = (typeof OFFERS)[number]

function yamlOf({ id, minAge, minBalance, value, prior, group, mandatory }: Bank): string {
  return offerYaml(id, {
    value,
    group,
    mandatory,
    propensity: { prior },
    ...(minAge === undefined ? {} : { eligibility: `customer.age >= ${minAge}` }),
    ...(minBalance === undefined ? {} : { suitability: `customer.balance >= ${minBalance}` })
  })
}

/** What a person would work out with a pencil. */
function stageOf(
  offer: Bank,
  age: number | undefined,
  balance: number | undefined
): string | undefined {
  if (offer.minAge !== undefined && !(age !== undefined && age >= offer.minAge))
    return 'eligibility'
  // A balance that was not given is 0 by the strategy's default.
  if (offer.minBalance !== undefined && !((balance ?? 0) >= offer.minBalance)) return 'suitability'
  return undefined
}

function before(one: Bank, other: Bank): number {
  return (
    Number(other.mandatory) - Number(one.mandatory) ||
    other.value * other.prior - one.value * one.prior ||
    other.prior - one.prior ||
    (one.id < other.id ? -1 : 1)
  )
}

test('for any customer every candidate has one outcome, and the best of those allowed win', async t => {
  const engine = await startEngine(t, {
    rules: rulesWith({
      offers: OFFERS.map(yamlOf).join('\n'),
      rest: 'arbitration: {formula: p * v}'
    })
  })
  const customer = fc.record(
    {
      age: fc.integer({ min: 10, max: 60 }),
      balance: fc.double({ min: 0, max: 400, noNaN: true })
    },
    { requiredKeys: [] }
  )
  await fc.assert(
    fc.asyncProperty(
      customer,
      fc.uniqueArray(fc.constantFrom(...OFFERS.map(({ id }) => id))),
      async (attributes, exclude) => {
        const answer = await engine.ask({
          customer: { id: 'c-1' },
          channel: 'web',
          placements: [{ id: 'home_tile' }],
          attributes,
          exclude,
          options: { mode: 'test', explain: 'full' }
        })
        const { candidates, outcomes, funnel } = answer.explanation!
        t.equal(candidates, OFFERS.length)
        t.equal(
          new Set(outcomes.map(({ offerId }) => offerId)).size,
          OFFERS.length,
          'each offer once'
        )
        const left = OFFERS.filter(({ id }) => !exclude.includes(id))
        const allowed = left
          .filter(offer => stageOf(offer, attributes.age, attributes.balance) === undefined)
          .sort(before)
        const wanted = new Map<string, string>(OFFERS.map(({ id }) => [id, 'exclude']))
        for (const offer of left)
          wanted.set(offer.id, stageOf(offer, attributes.age, attributes.balance) ?? 'outranked')
        for (const { id } of allowed.slice(0, 3)) wanted.set(id, 'selected')
        t.same(new Map(outcomes.map(({ offerId, stage }) => [offerId, stage])), wanted)
        t.same(
          answer.placements[0]!.offers.map(({ offerId }) => offerId),
          allowed.length === 0 ? ['welcome'] : allowed.slice(0, 3).map(({ id }) => id)
        )
        t.same(
          outcomes.filter(({ factors }) => factors !== undefined).map(({ offerId }) => offerId),
          allowed.map(({ id }) => id),
          'scored ones by rank'
        )
        t.equal(
          funnel.reduce((sum, { removed }) => sum + removed, 0) + funnel.at(-1)!.left,
          OFFERS.length
        )
      }
    ),
    { numRuns: 1000 }
  )
})

test('outranked offers are rows under named columns, with what is mandatory and which context weights held', async t => {
  const engine = await startEngine(t, {
    rules: rulesWith({
      offers: [
        offerYaml('must', { value: 1, mandatory: true }),
        offerYaml('gold', { value: 80, propensity: { prior: 0.12 } }),
        offerYaml('loan', { value: 200.5, group: 'loans', propensity: { prior: 0.04 } })
      ].join('\n'),
      rest: 'contextWeights: [{when: \'context.device == "mobile"\', group: loans, weight: 50}]'
    })
  })
  const { body } = await engine.decide(
    {
      customer: { id: 'c-1' },
      channel: 'web',
      placements: [{ id: 'home_hero' }],
      context: { device: 'mobile' },
      options: { explain: 'full' }
    },
    LOCAL_CALLER,
    performance.now()
  )
  const { explanation } = JSON.parse(body) as {
    explanation: { outcomes: unknown[]; outranked: unknown }
  }
  t.equal(explanation.outcomes.length, 1)
  t.same(explanation.outranked, {
    columns: [
      ...['offerId', 'priority', 'p', 'c', 'v', 'l', 'model', 'mandatory'],
      'contextWeights'
    ],
    rows: [
      ['loan', 12.03, 0.04, 1.5, 200.5, 1, null, false, [0]],
      ['gold', 9.6, 0.12, 1, 80, 1, null, false, []]
    ]
  })
})
