import type { Facts } from '../../policy/facts.js'
import type { Influencer, Strategy } from '../../policy/strategy.js'

/** What an influencer adds to levers now, in percent: to all offers, or (offers given) to each its own amount. */
export interface LeverMove {
  readonly influencer: number
  /** 0 where offers have their own. */
  readonly percent: number
  readonly offers: ReadonlyArray<readonly [offer: number, percent: number]> | undefined
}

/**
 * What the strategy's influencers add to levers at this moment: from + (to − from) · age / over, where age is that of the most recent
 * interaction of the named type and 0 ≤ age ≤ over. The moves of several influencers add up.
 */
export function leverMoves({ influencers }: Strategy, facts: Facts): readonly LeverMove[] {
  if (influencers.length === 0) return NO_MOVES
  const moves: LeverMove[] = []
  influencers.forEach((influencer, number) => {
    const recent = mostRecent(influencer, facts)
    if (recent.size === 0) return
    const { target } = influencer
    if (target === 'same') {
      const offers = Array.from(
        recent,
        ([offer, timeMs]) => [offer, percentOf(influencer, facts.nowMs - timeMs)] as const
      )
      moves.push({ influencer: number, percent: 0, offers })
      return
    }
    const [timeMs = 0] = recent.values()
    const percent = percentOf(influencer, facts.nowMs - timeMs)
    moves.push(
      target === 'any'
        ? { influencer: number, percent, offers: undefined }
        : { influencer: number, percent: 0, offers: [[target, percent]] }
    )
  })
  return moves
}

const NO_MOVES: readonly LeverMove[] = Object.freeze([])

/** Percent that moves add to the lever of an offer. */
export function percentFor(moves: readonly LeverMove[], offer: number): number {
  let sum = 0
  for (const { percent, offers } of moves) {
    if (offers === undefined) sum += percent
    else sum += offers.find(([moved]) => moved === offer)?.[1] ?? 0
  }
  return sum
}

/** When the interaction last happened within the influencer's time: by offer for `same`, else under one entry. */
function mostRecent(
  { type, target, overMs }: Influencer,
  { history, nowMs }: Facts
): ReadonlyMap<number, number> {
  const recent = new Map<number, number>()
  const { timesMs, types, offers } = history
  for (let i = 0; i < timesMs.length && timesMs[i]! >= nowMs - overMs; i++) {
    if (types[i] !== type || timesMs[i]! > nowMs) continue
    const offer = target === 'same' ? offers[i]! : 0
    if (!recent.has(offer)) recent.set(offer, timesMs[i]!)
    if (target !== 'same') break
  }
  return recent
}

function percentOf({ from, to, overMs }: Influencer, ageMs: number): number {
  return from + ((to - from) * ageMs) / overMs
}
