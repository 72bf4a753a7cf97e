import type { EpsilonTrace, ThompsonTrace } from '../trace/exploration-trace.js'
import type { Legend } from '../trace/legend.js'
import type { Trace } from '../trace/trace.js'

/** Where a part of the answer was left to chance: how much, and what that means for the rest of the explanation. */
export function explorationText({ exploration }: Trace): string {
  if (exploration === undefined) return ''
  if (exploration.method === 'thompson') {
    const { method, draws, seed } = exploration
    const text =
      'every p is drawn from what is known of it, a beta distribution with its mean and its evidence; the draws decide, ' +
      `and what it takes to win is told of them; probabilities are estimated afterwards from ${draws} other draws`
    return `,"exploration":${JSON.stringify({ method, draws, seed, text })}`
  }
  const { method, share } = exploration
  const text =
    `a slot is filled by chance with probability ${share}, each offer that fits there alike; ` +
    'what it takes to win is told of the ordering, and left out where chance has chosen otherwise'
  return `,"exploration":${JSON.stringify({ method, share, text })}`
}

/** How a selected offer came into its slot, where a part was left to chance. */
export function exploredText(contestant: number, trace: Trace, legend: Legend): string {
  const { exploration } = trace
  const told =
    exploration?.method === 'thompson'
      ? drawn(contestant, exploration, trace)
      : exploration && chosen(contestant, exploration, trace, legend)
  return told === undefined ? '' : `,"exploration":${JSON.stringify(told)}`
}

function drawn(
  contestant: number,
  { means, evidence, slots }: ThompsonTrace,
  trace: Trace
): object {
  const slot = slots?.find(each => each.contestant === contestant)
  const mean = rounded(means[contestant]!)
  const worth = rounded(evidence[contestant]!)
  const p = rounded(trace.contest!.p[contestant]!)
  return {
    explored: true,
    mean,
    evidence: worth,
    ...(slot === undefined
      ? {}
      : {
          probability: rounded(slot.probability),
          standardError: rounded(slot.standardError)
        }),
    text: `p was drawn: ${p}, where ${mean} is expected and worth ${worth} impressions`
  }
}

function chosen(
  contestant: number,
  { slots }: EpsilonTrace,
  { offers, contest }: Trace,
  legend: Legend
): object | undefined {
  const slot = slots.find(each => each.contestant === contestant)
  if (slot === undefined) return undefined
  const { explored, among, greedy } = slot
  const rival = legend.offers[offers[contest!.positions[greedy]!]!]!.id
  const isDeviation = contestant !== greedy
  return {
    explored,
    probability: rounded(slot.probability),
    among,
    ...(isDeviation ? { insteadOf: rival } : {}),
    ...(explored ? { text: chosenText(among, isDeviation ? rival : undefined) } : {})
  }
}

function chosenText(among: number, rival: string | undefined): string {
  const from = among === 1 ? 'the one offer that fits here' : `the ${among} offers that fit here`
  const against = rival === undefined ? 'as the ordering would have' : `in place of ${rival}`
  return `chosen by chance from ${from}, ${against}`
}

/** A figure as explanations show it, with at most six decimals. */
export function rounded(value: number): number {
  return Number(value.toFixed(6))
}
