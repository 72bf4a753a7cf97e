import fc from 'fast-check'
import type { Asked } from '../../src/decisioning/asked.js'
import type { Contest } from '../../src/decisioning/arbitration/arbitrate.js'
import { stageNumber, type Candidates } from '../../src/decisioning/candidates.js'
import { fillPlacements, type Filled } from '../../src/decisioning/arbitration/fill.js'
import type { Strategy } from '../../src/policy/strategy.js'
import { offer, strategy } from './build.js'

/** One offer that competes; the id follows from its place in the list. */
export interface Rival {
  readonly priority: number
  readonly p: number
  readonly mandatory: boolean
  readonly group: number
  /** Bit i: it may stand in the i-th placement. */
  readonly rooms: number
}

/** What is to be filled, in plain words. */
export interface Page {
  readonly counts: readonly number[]
  readonly multipliers: readonly number[]
  readonly groupLimit: number
  readonly rivals: readonly Rival[]
  /** Pairs of rivals that may not stand in one answer. */
  readonly never: ReadonlyArray<readonly [number, number]>
}

/** A page as the parts that filling takes; candidates stand in the order given, which must not matter. */
export interface Parts {
  readonly strategy: Strategy
  readonly asked: Asked
  readonly candidates: Candidates
  readonly contest: Contest
}

/** The parts for a page; `seats[i]` is the rival that is the i-th candidate. */
export function partsOf(page: Page, seats = page.rivals.map((_, i) => i)): Parts {
  const { rivals, counts, multipliers } = page
  const rules = strategy({
    groups: Array.from({ length: 8 }, (_, i) => `g${i}`),
    groupLimit: page.groupLimit,
    offers: rivals.map(({ mandatory, group }, index) =>
      offer({ index, id: idOf(index), mandatory, groupIndex: group, group: `g${group}` })
    ),
    exclusions: { never: neverOf(page), after: [] }
  })
  const placements = counts.map((count, i) => ({
    placement: { ...rules.placements[0]!, index: i, id: `p${i}`, multiplier: multipliers[i]! },
    count,
    passes: undefined
  }))
  const order = seats
    .map((_, contestant) => contestant)
    .sort((a, b) => before(rivals, seats[a]!, seats[b]!))
  return {
    strategy: rules,
    asked: { placements } as unknown as Asked,
    candidates: {
      count: seats.length,
      offers: Int32Array.from(seats),
      stages: new Uint8Array(seats.length).fill(255),
      causes: new Uint16Array(seats.length),
      rooms: Uint16Array.from(seats, seat => rivals[seat]!.rooms)
    },
    contest: {
      positions: Int32Array.from(seats.keys()),
      p: Float64Array.from(seats, seat => rivals[seat]!.p),
      c: new Float64Array(seats.length).fill(1),
      v: Float64Array.from(seats, seat => rivals[seat]!.priority / rivals[seat]!.p),
      l: new Float64Array(seats.length).fill(1),
      priorities: Float64Array.from(seats, seat => rivals[seat]!.priority),
      weights: [],
      moves: [],
      order: Int32Array.from(order),
      exploring: undefined
    }
  }
}

/** Fills the parts; answers rivals by placement. */
export function fill(
  { strategy: rules, asked, candidates, contest }: Parts,
  withdrawn?: Uint8Array
): { placements: number[][]; exact: Filled['exact'] } {
  const { filling, exact } = fillPlacements(rules, asked, candidates, contest, withdrawn)
  const placements = filling.map(contestants =>
    contestants.map(contestant => candidates.offers[contest.positions[contestant]!]!)
  )
  return { placements, exact }
}

export function isSelected({ candidates }: Parts, position: number): boolean {
  return candidates.stages[position] === stageNumber.selected
}

/** The tie rule. */
export function before(rivals: readonly Rival[], one: number, other: number): number {
  const a = rivals[one]!
  const b = rivals[other]!
  return (
    Number(b.mandatory) - Number(a.mandatory) ||
    b.priority - a.priority ||
    b.p - a.p ||
    (idOf(one) < idOf(other) ? -1 : 1)
  )
}

function idOf(rival: number): string {
  return `o${String(rival).padStart(3, '0')}`
}

function neverOf({ rivals, never }: Page): Array<Int32Array | undefined> {
  if (never.length === 0) return []
  return rivals.map((_, rival) => {
    const others = never.flatMap(([a, b]) => (a === rival ? [b] : b === rival ? [a] : []))
    return others.length === 0 ? undefined : Int32Array.from(new Set(others))
  })
}

/** Pages of any shape up to the given sizes, rich in ties. */
export function pages(sizes: {
  placements: number
  slots: number
  rivals: number
  never: number
  minRivals?: number
  priority?: fc.Arbitrary<number>
}): fc.Arbitrary<Page> {
  return fc
    .array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: sizes.placements })
    .filter(counts => counts.reduce((sum, count) => sum + count, 0) <= sizes.slots)
    .chain(counts =>
      fc.record({
        counts: fc.constant(counts),
        multipliers: fc.array(fc.constantFrom(0.5, 1, 1, 1, 1.5, 2), {
          minLength: counts.length,
          maxLength: counts.length
        }),
        groupLimit: fc.constantFrom(1, 2, 3, Infinity, Infinity),
        rivals: fc.array(
          fc.record({
            priority: sizes.priority ?? fc.constantFrom(0, 0, 1, 1, 2, 2.5, 3, 4, 10),
            p: fc.constantFrom(0.25, 0.5),
            mandatory: fc.nat(6).map(number => number === 0),
            group: fc.nat(2),
            rooms: fc.integer({ min: 0, max: (1 << counts.length) - 1 })
          }),
          { minLength: sizes.minRivals ?? 0, maxLength: sizes.rivals }
        ),
        never: fc.array(fc.tuple(fc.nat(sizes.rivals), fc.nat(sizes.rivals)), {
          maxLength: sizes.never
        })
      })
    )
    .map(page => ({
      ...page,
      never: page.never.filter(
        ([a, b]) => a !== b && a < page.rivals.length && b < page.rivals.length
      )
    }))
}
