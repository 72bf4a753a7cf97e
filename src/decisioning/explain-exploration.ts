import type { Legend } from './legend.js'
import type { Trace } from './trace.js'

/** Where a part of the answer was left to chance: how much, and what that means for the rest of the explanation. */
export function explorationText({ exploration }: Trace): string {
  if (exploration === undefined) return ''
  const { method, share } = exploration
  const text =
    `a slot is filled by chance with probability ${share}, each offer that fits there alike; ` +
    'what it takes to win is told of the ordering, and left out where chance has chosen otherwise'
  return `,"exploration":${JSON.stringify({ method, share, text })}`
}

/** How a selected offer came into its slot, where a part was left to chance. */
export function exploredText(contestant: number, trace: Trace, legend: Legend): string {
  const slot = trace.exploration?.slots.find(each => each.contestant === contestant)
  if (slot === undefined) return ''
  const { explored, among, greedy } = slot
  const probability = Number(slot.probability.toFixed(6))
  const rival = legend.offers[trace.offers[trace.contest!.positions[greedy]!]!]!.id
  const isDeviation = contestant !== greedy
  return `,"exploration":${JSON.stringify({
    explored,
    probability,
    among,
    ...(isDeviation ? { insteadOf: rival } : {}),
    ...(explored ? { text: chosenText(among, isDeviation ? rival : undefined) } : {})
  })}`
}

function chosenText(among: number, rival: string | undefined): string {
  const from = among === 1 ? 'the one offer that fits here' : `the ${among} offers that fit here`
  const against = rival === undefined ? 'as the ordering would have' : `in place of ${rival}`
  return `chosen by chance from ${from}, ${against}`
}
