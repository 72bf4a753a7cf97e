import assert from 'node:assert/strict'
import fc from 'fast-check'
import { test } from 'tap'
import { before, fill, isSelected, pages, partsOf, type Page } from '../helpers/filling.js'

/** What one filling is worth, to be compared part by part: the rules as they are written, looked at one by one. */
type Score = readonly number[]

function scoreOf(page: Page, placements: readonly (readonly number[])[]): Score {
  const { rivals, counts, multipliers } = page
  const order = rivals.map((_, i) => i).sort((a, b) => before(rivals, a, b))
  const placed = placements.flat()
  const sum = placements.reduce(
    (all, held, i) =>
      held.reduce((part, rival) => part + rivals[rival]!.priority * multipliers[i]!, all),
    0
  )
  return [
    placed.filter(rival => rivals[rival]!.mandatory).length,
    sum,
    placements.filter(held => held.length > 0).length,
    ...placements.flatMap((held, i) =>
      Array.from({ length: counts[i]! }, (_, rank) =>
        rank < held.length ? -order.indexOf(held[rank]!) : -Infinity
      )
    )
  ]
}

function compare(one: Score, other: Score): number {
  const at = one.findIndex((part, i) => part !== other[i])
  return at < 0 ? 0 : one[at]! - other[at]!
}

/** Every filling that the rules allow, each offered once. */
function bestByHand(page: Page): number[][] {
  const { rivals, counts, groupLimit, never } = page
  const order = rivals.map((_, i) => i).sort((a, b) => before(rivals, a, b))
  const held: number[][] = counts.map(() => [])
  let best: number[][] = held.map(own => [...own])
  let bestScore = scoreOf(page, best)
  const placed = new Set<number>()
  const perGroup = new Map<number, number>()

  function tryFrom(at: number): void {
    const rival = order[at]
    if (rival === undefined) {
      const score = scoreOf(page, held)
      if (compare(score, bestScore) <= 0) return
      bestScore = score
      best = held.map(own => [...own])
      return
    }
    const { group, rooms } = rivals[rival]!
    const taken = perGroup.get(group) ?? 0
    const excluded = never.some(
      ([a, b]) => (a === rival && placed.has(b)) || (b === rival && placed.has(a))
    )
    if (taken < groupLimit && !excluded) {
      perGroup.set(group, taken + 1)
      placed.add(rival)
      for (let i = 0; i < counts.length; i++) {
        if ((rooms & (1 << i)) === 0 || held[i]!.length >= counts[i]!) continue
        held[i]!.push(rival)
        tryFrom(at + 1)
        held[i]!.pop()
      }
      placed.delete(rival)
      perGroup.set(group, taken)
    }
    tryFrom(at + 1)
  }
  tryFrom(0)
  return best
}

function breaches({ rivals, counts, groupLimit, never }: Page, placements: number[][]): string[] {
  const placed = placements.flat()
  const perGroup = new Map<number, number>()
  for (const rival of placed)
    perGroup.set(rivals[rival]!.group, (perGroup.get(rivals[rival]!.group) ?? 0) + 1)
  return [
    ...(new Set(placed).size === placed.length ? [] : ['an offer stands twice']),
    ...placements.flatMap((held, i) => (held.length > counts[i]! ? ['a placement overflows'] : [])),
    ...placements.flatMap((held, i) =>
      held.some(rival => (rivals[rival]!.rooms & (1 << i)) === 0) ? ['a room is not its own'] : []
    ),
    ...[...perGroup.values()].flatMap(taken => (taken > groupLimit ? ['a group overflows'] : [])),
    ...never.flatMap(([a, b]) => (placed.includes(a) && placed.includes(b) ? ['a never pair'] : []))
  ]
}

const SMALL = { placements: 4, slots: 5, rivals: 7, never: 4 }

test('the filling is the best of all that the rules allow', async t => {
  fc.assert(
    fc.property(pages(SMALL), page => {
      const parts = partsOf(page)
      const { placements, exact } = fill(parts)
      assert.deepEqual(placements, bestByHand(page))
      assert.equal(exact, true)
      assert.deepEqual(
        page.rivals.map((_, i) => isSelected(parts, i)),
        page.rivals.map((_, i) => placements.flat().includes(i))
      )
    }),
    { numRuns: 3000 }
  )
  t.pass('held')
})

test('the order of the candidates does not matter, nor do decimals that no float has', async t => {
  const decimal = fc.integer({ min: 0, max: 12 }).map(tenths => tenths / 10)
  fc.assert(
    fc.property(
      pages({ placements: 4, slots: 10, rivals: 14, never: 5, priority: decimal }).chain(page =>
        fc.record({
          page: fc.constant(page),
          seats: fc.shuffledSubarray(
            page.rivals.map((_, i) => i),
            { minLength: page.rivals.length }
          )
        })
      ),
      ({ page, seats }) => {
        assert.deepEqual(fill(partsOf(page, seats)), fill(partsOf(page)))
      }
    ),
    { numRuns: 1000 }
  )
  t.pass('held')
})

test('sums of decimals that are equal on paper are equal', async t => {
  // 0.1 + 0.7 against 0.2 + 0.6: floats see a difference.
  const rival = { p: 0.5, mandatory: false, group: 0, rooms: 1 }
  const page: Page = {
    counts: [1, 1],
    multipliers: [1, 3],
    groupLimit: Infinity,
    rivals: [
      { ...rival, priority: 0.3, rooms: 1 },
      { ...rival, priority: 0.1, rooms: 2 },
      { ...rival, priority: 0.2, rooms: 2 },
      { ...rival, priority: 0.6, rooms: 1 }
    ],
    never: [
      [0, 1],
      [3, 2]
    ]
  }
  // 0.3 + 3 × 0.2 and 0.6 + 3 × 0.1 are 0.9: the better offer in the earlier slot decides.
  t.not(0.3 + 3 * 0.2, 0.6 + 3 * 0.1)
  t.same(fill(partsOf(page)).placements, [[3], [1]])
})

test('large pages keep every rule, and the best of any room is not left out', async t => {
  const priority = fc.double({ min: 0, max: 100, noNaN: true })
  const sizes = { placements: 6, slots: 10, rivals: 200, minRivals: 100, priority }
  fc.assert(
    fc.property(pages({ ...sizes, never: 30 }), page => {
      const { placements } = fill(partsOf(page))
      assert.deepEqual(breaches(page, placements), [])
      const swapped = betterBySwap(page, placements)
      assert.equal(swapped, undefined, 'no single exchange improves it')
    }),
    { numRuns: 1000 }
  )
  t.pass('held')
})

/** A filling that differs in one offer and is better; undefined where there is none. */
function betterBySwap(page: Page, placements: number[][]): number[][] | undefined {
  const score = scoreOf(page, placements)
  const placed = new Set(placements.flat())
  for (let i = 0; i < placements.length; i++) {
    for (let rank = 0; rank < page.counts[i]!; rank++) {
      const own = page.rivals[placements[i]![rank] ?? -1]
      for (const [rival, { rooms, mandatory, priority }] of page.rivals.entries()) {
        if (placed.has(rival) || (rooms & (1 << i)) === 0) continue
        if (own !== undefined && !mandatory && priority <= own.priority) continue
        const other = placements.map(held => [...held])
        other[i]!.splice(rank, 1, rival)
        other[i]!.sort((a, b) => before(page.rivals, a, b))
        if (breaches(page, other).length === 0 && clearlyMore(scoreOf(page, other), score))
          return other
      }
    }
  }
  return undefined
}

function clearlyMore([mandatory = 0, sum = 0]: Score, [most = 0, highest = 0]: Score): boolean {
  return mandatory > most || (mandatory === most && sum > highest + 1e-9)
}

test('a single placement in order is what the exact search finds', async t => {
  fc.assert(
    fc.property(pages({ placements: 1, slots: 3, rivals: 30, never: 0 }), page => {
      // An offer that excludes one nobody asked for sends the same page through the search.
      const { strategy, ...rest } = partsOf(page)
      const searched = {
        ...rest,
        strategy: { ...strategy, exclusions: { never: [Int32Array.of(999)], after: [] } }
      }
      assert.deepEqual(fill({ strategy, ...rest }), fill(searched))
    }),
    { numRuns: 1000 }
  )
  t.pass('held')
})

test('filling again without some is filling as if they had never been there', async t => {
  fc.assert(
    fc.property(
      pages(SMALL).chain(page =>
        fc.record({
          page: fc.constant(page),
          gone: fc.array(fc.boolean(), {
            minLength: page.rivals.length,
            maxLength: page.rivals.length
          })
        })
      ),
      ({ page, gone }) => {
        const parts = partsOf(page)
        fill(parts)
        const before = Uint8Array.from(parts.candidates.stages)
        const withdrawn = Uint8Array.from(gone, Number)
        const again = fill(parts, withdrawn)
        const rivals = page.rivals.map((rival, i) => (gone[i]! ? { ...rival, rooms: 0 } : rival))
        assert.deepEqual(again.placements, fill(partsOf({ ...page, rivals })).placements)
        const left = gone.flatMap((is, i) => (is ? [i] : []))
        assert.deepEqual(
          left.map(i => parts.candidates.stages[i]),
          left.map(i => before[i]),
          'the withdrawn ones keep their stage'
        )
        fill(parts)
        assert.deepEqual(parts.candidates.stages, before, 'and it can be undone')
      }
    ),
    { numRuns: 1000 }
  )
  t.pass('held')
})
