import type { DecisionOutcomes, JournalPlacing } from '../../domain/journal.js'
import type { Strategy } from '../../policy/strategy.js'
import { chancesOf } from './explore.js'
import { fillBest } from './fill.js'

/**
 * How likely a decision of the journal would have come out as it did, by asked placement, had such a share of its slots been left to
 * chance, all else as it was: the same offers that fit, at the same priorities. A share of 1 is the even draw, 0 the best filling.
 * undefined where that cannot be told: nothing competed, or the strategy no longer has an offer or a placement.
 * @param strategy whose groups, pairs that exclude each other and multipliers count
 */
export function chancesOfDecision(
  strategy: Strategy,
  {
    candidates,
    filling,
    placed
  }: Pick<DecisionOutcomes, 'candidates' | 'filling'> & {
    readonly placed: readonly JournalPlacing[]
  },
  share: number
): number[] | undefined {
  if (filling === null) return undefined
  const competing = candidates
    .map((candidate, at) => ({ ...candidate, room: filling.rooms[at]! }))
    .filter(({ outcome }) => outcome === 'selected' || outcome === 'outranked')
    // Those without a rank were not scored, for so many come before them that they matter as a number only.
    .sort((a, b) => (a.rank ?? Infinity) - (b.rank ?? Infinity) || 0)
  const offers = Int32Array.from(competing, ({ offer }) => strategy.offerIndex.get(offer) ?? -1)
  const placements = filling.slots.flatMap(({ placement, count }) => {
    const known = strategy.placements[strategy.placementIndex.get(placement) ?? -1]
    return known === undefined ? [] : [{ placement: known, count }]
  })
  if (offers.includes(-1) || placements.length < filling.slots.length) return undefined
  const everybody = Int32Array.from(competing, (_, i) => i)
  const field = {
    strategy: { ...strategy, groupLimit: filling.groupLimit ?? Infinity },
    asked: { placements },
    candidates: { offers, rooms: Uint16Array.from(competing, ({ room }) => room) },
    contest: {
      positions: everybody,
      priorities: Float64Array.from(competing, ({ priority }) => priority ?? 0)
    },
    order: everybody
  }
  const seated = filling.slots.map(slot =>
    placed
      .filter(({ placement, fallback }) => placement === slot.placement && !fallback)
      .sort((a, b) => a.rank - b.rank)
      .map(({ offer }) => competing.findIndex(one => one.offer === offer))
  )
  return chancesOf(field, fillBest(field, []), seats => fillBest(field, seats), share, seated)
}
