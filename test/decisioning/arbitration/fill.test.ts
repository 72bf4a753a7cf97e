import assert from 'node:assert/strict'
import fc from 'fast-check'
import { test } from 'tap'
import { startEngine } from '../../helpers/engine.js'
import { before, fill, isSelected, pages, partsOf, type Page } from '../../helpers/filling.js'
import { offerYaml, rulesWith } from '../../helpers/rules.js'

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
    { numRuns: 1500 }
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

test('large pages keep every rule, and no single exchange improves them', async t => {
  fc.assert(
    fc.property(fc.integer(), fc.constantFrom(0, 0.001, 0.005), (seed, excluding) => {
      const page = largePage(seed, { rivals: 200, excluding })
      const { placements, exact } = fill(partsOf(page))
      assert.equal(exact, true)
      assert.deepEqual(breaches(page, placements), [])
      assert.equal(betterBySwap(page, placements), undefined)
    }),
    { numRuns: 1000 }
  )
  t.pass('held')
})

/** A page of up to ten slots whose rivals follow from the seed. */
function largePage(
  seed: number,
  { rivals, excluding, counts }: { rivals: number; excluding: number; counts?: readonly number[] }
): Page {
  const random = randomFrom(seed)
  const shapes = [[10], [1, 3], [5, 5], [2, 2, 2, 2, 2], Array.from({ length: 10 }, () => 1)]
  const slots = counts ?? shapes[Math.floor(random() * shapes.length)]!
  const never: Array<readonly [number, number]> = []
  for (let one = 0; one < rivals; one++)
    for (let other = 0; other < one; other++) if (random() < excluding) never.push([one, other])
  return {
    counts: slots,
    multipliers: slots.map(() => 0.5 + random()),
    groupLimit: [2, 4, Infinity][Math.floor(random() * 3)]!,
    rivals: Array.from({ length: rivals }, () => ({
      priority: random() * 100,
      p: 0.5,
      mandatory: random() < 0.01,
      group: Math.floor(random() * 6),
      rooms: 1 + Math.floor(random() * (2 ** slots.length - 1))
    })),
    never
  }
}

/** Repeatable numbers in [0,1): a 32-bit mixer (splitmix32) over a counter. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x9e3779b9) >>> 0
    let mixed = state
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad)
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97)
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32
  }
}

/** A filling that differs in one offer and is worth more; undefined where there is none. */
function betterBySwap(page: Page, placements: number[][]): number[][] | undefined {
  const placed = new Set(placements.flat())
  for (let i = 0; i < placements.length; i++) {
    for (let rank = 0; rank < page.counts[i]!; rank++) {
      const own = page.rivals[placements[i]![rank] ?? -1]
      for (const [rival, { rooms, mandatory, priority }] of page.rivals.entries()) {
        if (placed.has(rival) || (rooms & (1 << i)) === 0) continue
        const tiers = Number(mandatory) - Number(own?.mandatory ?? false)
        if (tiers < 0 || (tiers === 0 && priority <= (own?.priority ?? 0) + 1e-9)) continue
        const other = placements.map(held => [...held])
        other[i]!.splice(rank, 1, rival)
        if (breaches(page, other).length === 0) return other
      }
    }
  }
  return undefined
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

test('ten slots among 200 offers are filled within milliseconds', async t => {
  const parts = Array.from({ length: 50 }, (_, seed) =>
    partsOf(largePage(seed, { rivals: 200, excluding: 0, counts: [1, 3, 2, 2, 2] }))
  )
  const tookMs = Array.from({ length: 500 }, (_, i) => {
    const startMs = performance.now()
    fill(parts[i % parts.length]!)
    return performance.now() - startMs
  }).sort((a, b) => a - b)
  const medianMs = tookMs[tookMs.length >> 1]!
  t.comment(`median ${(medianMs * 1000).toFixed(0)} µs`)
  t.ok(medianMs < 5, `median ${medianMs} ms`)
})

test('a search that becomes too long ends with the best found, which keeps every rule', async t => {
  const shown = { mandatory: false, p: 0.5, group: 0, rooms: 1023 }
  // Everybody is worth nearly the same and excludes half of the others.
  const { rivals, ...page } = largePage(3, {
    rivals: 200,
    excluding: 0.5,
    counts: Array.from({ length: 10 }, () => 1)
  })
  const hard = {
    ...page,
    groupLimit: Infinity,
    rivals: rivals.map((_, i) => ({ ...shown, priority: 100 + (i % 7) / 1000 }))
  }
  const startMs = performance.now()
  const { placements, exact } = fill(partsOf(hard))
  t.comment(`cut off after ${(performance.now() - startMs).toFixed(0)} ms`)
  t.equal(exact, false)
  t.same(breaches(hard, placements), [])
  t.ok(placements.flat().length > 4)
  t.same(fill(partsOf(hard)).placements, placements, 'the same again')
})

test('an answer says when its search was cut off', async t => {
  const ids = Array.from({ length: 120 }, (_, i) => `o${i}`)
  const random = randomFrom(7)
  const pairs = ids.flatMap((one, i) =>
    ids.slice(0, i).flatMap(other => (random() < 0.5 ? [`  - {never: [${one}, ${other}]}`] : []))
  )
  const names = Array.from({ length: 10 }, (_, i) => `p${i}`)
  const treatments = { any: { placements: names, content: {} } }
  const engine = await startEngine(t, {
    rules: rulesWith({
      placements: names
        .map(name => `  ${name}: {channel: web, count: 1, fallback: welcome}`)
        .join('\n'),
      offers: ids
        .map((id, i) => offerYaml(id, { value: 100 + (i % 7) / 1000, treatments }))
        .join('\n'),
      rest: `exclusions:\n${pairs.join('\n')}`
    })
  })
  const { degraded, placements, explanation } = await engine.ask({
    customer: { id: 'c-1' },
    channel: 'web',
    placements: names.map(id => ({ id })),
    options: { explain: 'summary', timeoutMs: 10_000 }
  })
  t.same(degraded, ['filling'])
  t.ok(placements.some(({ fallback }) => !fallback))
  t.match(explanation, { whatItTakes: [{ reason: /cut off/ }] })
})
