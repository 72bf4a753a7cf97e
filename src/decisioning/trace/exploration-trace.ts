import { packColumns, unpackColumns, type Column } from './column-codec.js'
import type { DrawnSlot } from '../arbitration/estimate-chances.js'
import type { ExploredSlot } from '../arbitration/explore.js'
import type { Stepwise } from '../in-turns.js'

/** What was left to chance, and what came of it. */
export type ExplorationTrace = EpsilonTrace | ThompsonTrace

export interface EpsilonTrace {
  readonly method: 'epsilon'
  /** Of the slots that chance fills, above 0 and at most 1. */
  readonly share: number
  /** The offers in their slots, in the order of the request. */
  readonly slots: readonly ExploredSlot[]
}

export interface ThompsonTrace {
  readonly method: 'thompson'
  /** Of all draws, 32 bits. */
  readonly seed: number
  /** By contestant: what was known of the propensities that were drawn. */
  readonly means: Column
  readonly evidence: Column
  /** How many draws the probabilities are estimated from. */
  readonly draws: number
  /** The offers in their slots, in the order of the request; undefined as long as their probabilities are not worked out. */
  readonly slots: readonly DrawnSlot[] | undefined
  /** Works them out, beside the requests: it takes milliseconds; undefined where they were worked out. */
  readonly estimation: Stepwise<readonly DrawnSlot[]> | undefined
}

/** As it is stored: plain data, its columns packed into bytes. */
export type PackedExploration =
  | readonly [method: 'epsilon', share: number, slots: readonly PackedExplored[]]
  | readonly [
      method: 'thompson',
      seed: number,
      contestants: number,
      posteriors: Uint8Array,
      draws: number,
      slots: readonly PackedDrawn[]
    ]

type PackedExplored = readonly [
  placement: number,
  contestant: number,
  probability: number,
  explored: boolean,
  among: number,
  greedy: number
]

type PackedDrawn = readonly [
  placement: number,
  contestant: number,
  probability: number,
  standardError: number
]

/** Whether chance has put other offers into the answer than the ordering would have. */
export function isDeviating(exploration: ExplorationTrace | undefined): boolean {
  return (
    exploration?.method === 'epsilon' &&
    exploration.slots.some(({ contestant, greedy }) => contestant !== greedy)
  )
}

/** The offers in their slots, worked out now where they were not. */
export function drawnSlots({ slots, estimation }: ThompsonTrace): readonly DrawnSlot[] {
  return slots ?? estimation?.finish() ?? []
}

export function packExploration(exploration: ExplorationTrace): PackedExploration {
  if (exploration.method === 'thompson') {
    const { seed, means, evidence, draws } = exploration
    const slots = drawnSlots(exploration).map(
      ({ placement, contestant, probability, standardError }): PackedDrawn => [
        placement,
        contestant,
        probability,
        standardError
      ]
    )
    return ['thompson', seed, means.length, packColumns([means, evidence]), draws, slots]
  }
  const slots = exploration.slots.map(
    ({ placement, contestant, probability, explored, among, greedy }): PackedExplored => [
      placement,
      contestant,
      probability,
      explored,
      among,
      greedy
    ]
  )
  return ['epsilon', exploration.share, slots]
}

export function unpackExploration(packed: PackedExploration): ExplorationTrace {
  if (packed[0] === 'epsilon') {
    const [method, share, slots] = packed
    return {
      method,
      share,
      slots: slots.map(([placement, contestant, probability, explored, among, greedy]) => ({
        placement,
        contestant,
        probability,
        explored,
        among,
        greedy
      }))
    }
  }
  const [method, seed, contestants, posteriors, draws, packedSlots] = packed
  const [means = [], evidence = []]: readonly Column[] = unpackColumns(posteriors, [
    contestants,
    contestants
  ])
  const slots = packedSlots.map(([placement, contestant, probability, standardError]) => ({
    placement,
    contestant,
    probability,
    standardError
  }))
  return { method, seed, means, evidence, draws, slots, estimation: undefined }
}
