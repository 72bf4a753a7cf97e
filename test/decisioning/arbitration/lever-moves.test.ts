import fc from 'fast-check'
import { test } from 'tap'
import { leverMoves, percentFor } from '../../../src/decisioning/arbitration/lever-moves.js'
import type { Influencer } from '../../../src/policy/strategy.js'
import { strategy } from '../../helpers/build.js'
import { historyOf } from '../../helpers/contacts.js'
import { holds } from '../../helpers/holds.js'

const NOW_MS = Date.UTC(2026, 2, 1, 10)
const HOUR_MS = 3_600_000
const OFFERS = ['gold-card', 'travel-card', 'welcome']

const influencer = fc.record({
  type: fc.constantFrom('click', 'reject', 'later'),
  target: fc.oneof(fc.constantFrom('same' as const, 'any' as const), fc.nat(2)),
  from: fc.integer({ min: -50, max: 50 }),
  to: fc.integer({ min: -50, max: 50 }),
  overHours: fc.integer({ min: 1, max: 10 })
})
const told = fc.record({
  type: fc.constantFrom('click', 'reject', 'later', 'impression'),
  offer: fc.constantFrom(...OFFERS, 'gone'),
  hoursAgo: fc.integer({ min: -2, max: 12 })
})

type Told = typeof told extends fc.Arbitrary<infer T> ? T : never
type Influence = typeof influencer extends fc.Arbitrary<infer T> ? T : never

function setUp(influencers: readonly Influencer[], events: readonly Told[]) {
  const small = strategy({ influencers })
  const history = historyOf(
    small,
    events.map(({ type, offer, hoursAgo }) => ({ type, offer, atMs: NOW_MS - hoursAgo * HOUR_MS }))
  )
  const facts = {
    attributes: [],
    context: [],
    tags: [],
    history,
    nowMs: NOW_MS,
    subject: 'crm/c-1',
    tests: new Uint8Array(0),
    calls: new Float64Array(0)
  }
  return { small, facts }
}

function compiled({ type, target, from, to, overHours }: Influence): Influencer {
  return {
    place: { file: 'rules/a.yaml', line: 1, column: 1 },
    type: strategy().lexicon.types.indexOf(type),
    countedType: type,
    target,
    from,
    to,
    overMs: overHours * HOUR_MS
  }
}

test('levers move in a straight line after the most recent interaction, and several moves add up', async t => {
  holds(
    t,
    fc.property(
      fc.array(influencer, { maxLength: 3 }),
      fc.array(told, { maxLength: 8 }),
      (influencers, events) => {
        const { small, facts } = setUp(influencers.map(compiled), events)
        const moves = leverMoves(small, facts)
        return OFFERS.every((offer, number) => {
          let expected = 0
          for (const { type, target, from, to, overHours } of influencers) {
            if (typeof target === 'number' && target !== number) continue
            const ages = events
              .filter(event => event.type === type && (target !== 'same' || event.offer === offer))
              .map(({ hoursAgo }) => hoursAgo)
              .filter(age => age >= 0 && age <= overHours)
            if (ages.length === 0) continue
            expected += from + ((to - from) * Math.min(...ages)) / overHours
          }
          return Math.abs(percentFor(moves, number) - expected) < 1e-9
        })
      }
    ),
    2000
  )
})

test('a move begins at once, ends with its time, and leaves nothing behind', async t => {
  const decay = compiled({ type: 'later', target: 'same', from: 20, to: 0, overHours: 168 })
  const moveAt = (hoursAgo: number) => {
    const { small, facts } = setUp(
      [{ ...decay, to: 4 }],
      [{ type: 'later', offer: 'gold-card', hoursAgo }]
    )
    return percentFor(leverMoves(small, facts), 0)
  }
  t.equal(moveAt(0), 20)
  t.equal(moveAt(84), 12)
  t.equal(moveAt(168), 4)
  t.equal(moveAt(169), 0)
})
