import assert from 'node:assert/strict'
import fc from 'fast-check'
import { test } from 'tap'
import { fillPlacements } from '../../../src/decisioning/arbitration/fill.js'
import { goodnessOfFit } from '../../../src/learning/chi-square.js'
import { murmur3 } from '../../../src/policy/hash.js'
import { before, pages, partsOf, type Page, type Parts } from '../../helpers/filling.js'
import { holds } from '../../helpers/holds.js'

/** By placement: the rivals that stand there. */
type Slate = readonly (readonly number[])[]

/** How likely an answer is, slot by slot. */
interface Chance {
  readonly slate: Slate
  readonly probabilities: readonly number[]
}

/** The rules of the page as they are written: whether a rival may stand there beside those that do. */
function fits(page: Page, slate: Slate, placement: number, rival: number): boolean {
  const { group, rooms } = page.rivals[rival]!
  const placed = slate.flat()
  return (
    (rooms & (1 << placement)) !== 0 &&
    !placed.includes(rival) &&
    placed.filter(other => page.rivals[other]!.group === group).length < page.groupLimit &&
    !page.never.some(
      ([a, b]) => (a === rival && placed.includes(b)) || (b === rival && placed.includes(a))
    )
  )
}

/** The best of all fillings that go on from a slate whose placements before `from` are closed. */
function bestGiven(page: Page, slate: Slate, from: number): Slate {
  const order = inOrder(page)
  const held = slate.map(own => [...own])
  let best: { score: readonly number[]; filling: number[][] } | undefined
  function tryFrom(at: number): void {
    const rival = order[at]
    if (rival === undefined) {
      const score = scoreOf(page, order, held)
      const differs = best === undefined ? 0 : score.findIndex((part, i) => part !== best!.score[i])
      if (best === undefined || (differs >= 0 && score[differs]! > best.score[differs]!))
        best = { score, filling: held.map(own => [...own]) }
      return
    }
    for (let i = from; i < held.length; i++) {
      if (held[i]!.length >= page.counts[i]! || !fits(page, held, i, rival)) continue
      held[i]!.push(rival)
      tryFrom(at + 1)
      held[i]!.pop()
    }
    tryFrom(at + 1)
  }
  tryFrom(0)
  return best!.filling
}

function scoreOf(page: Page, order: readonly number[], held: Slate): number[] {
  const { rivals, multipliers, counts } = page
  return [
    held.flat().filter(rival => rivals[rival]!.mandatory).length,
    held.reduce(
      (all, own, i) =>
        own.reduce((sum, rival) => sum + rivals[rival]!.priority * multipliers[i]!, all),
      0
    ),
    held.filter(own => own.length > 0).length,
    ...held.flatMap((own, i) =>
      Array.from({ length: counts[i]! }, (_, slot) =>
        slot < own.length ? -order.indexOf(own[slot]!) : -Infinity
      )
    )
  ]
}

function inOrder({ rivals }: Page): number[] {
  return rivals.map((_, i) => i).sort((a, b) => before(rivals, a, b))
}

/** Every answer that exploring with a share of ε can give, by going every way through the slots. */
function allWays(page: Page, share: number): Chance[] {
  const ways: Chance[] = []
  function go(slate: Slate, placement: number, probabilities: readonly number[]): void {
    if (placement === page.counts.length) {
      ways.push({ slate, probabilities })
      return
    }
    const slot = slate[placement]!.length
    const greedy =
      slot < page.counts[placement]!
        ? bestGiven(page, slate, placement)[placement]![slot]
        : undefined
    if (greedy === undefined) {
      go(slate, placement + 1, probabilities)
      return
    }
    const all = inOrder(page).filter(
      rival =>
        fits(page, slate, placement, rival) &&
        (page.rivals[rival]!.mandatory || page.rivals[rival]!.priority >= 0)
    )
    const mandatory = all.filter(rival => page.rivals[rival]!.mandatory)
    const drawn = [...new Set([...(mandatory.length > 0 ? mandatory : all), greedy])]
    for (const rival of drawn) {
      const probability = (rival === greedy ? 1 - share : 0) + share / drawn.length
      const next = slate.map((own, i) => (i === placement ? [...own, rival] : own))
      if (probability > 0) go(next, placement, [...probabilities, probability])
    }
  }
  go(
    page.counts.map(() => []),
    0,
    []
  )
  return ways
}

/** What the service answers under one seed. */
function explored(parts: Parts, share: number, seed: number): Chance {
  const contest = { ...parts.contest, exploring: { method: 'epsilon' as const, share, seed } }
  const filled = fillPlacements(parts.strategy, parts.asked, parts.candidates, contest)
  return {
    slate: filled.filling.map(held =>
      held.map(contestant => parts.candidates.offers[contest.positions[contestant]!]!)
    ),
    probabilities: filled.explored!.map(({ probability }) => probability)
  }
}

const product = (numbers: readonly number[]): number => numbers.reduce((all, one) => all * one, 1)

const SMALL = { placements: 3, slots: 3, rivals: 5, never: 2 }
const signed = fc.constantFrom(-1, 0, 0.5, 1, 1, 2, 2.5, 4)

test('every answer has the probability that going all ways through the slots gives it', async t => {
  holds(
    t,
    fc.property(
      pages({ ...SMALL, priority: signed }),
      fc.constantFrom(0.1, 0.5, 1),
      fc.nat(),
      (page, share, seed) => {
        const ways = new Map(allWays(page, share).map(way => [JSON.stringify(way.slate), way]))
        assert.ok(
          Math.abs([...ways.values()].reduce((s, w) => s + product(w.probabilities), 0) - 1) < 1e-9
        )
        const parts = partsOf(page)
        for (let i = 0; i < 12; i++) {
          const { slate, probabilities } = explored(parts, share, seed + i)
          const way = ways.get(JSON.stringify(slate))
          assert.ok(way !== undefined, `${JSON.stringify(slate)} of ${[...ways.keys()].join()}`)
          assert.equal(probabilities.length, way.probabilities.length)
          probabilities.forEach((probability, at) =>
            assert.ok(Math.abs(probability - way.probabilities[at]!) < 1e-12)
          )
        }
      }
    ),
    400
  )
})

test('answers come as often as they say, and their probabilities add up to 1', async t => {
  const cases = fc.sample(
    pages({ ...SMALL, minRivals: 4 }).filter(page => allWays(page, 0.5).length > 5),
    { numRuns: 12, seed: 2 }
  )
  const draws = 3000
  for (const [number, page] of cases.entries()) {
    const parts = partsOf(page)
    const seen = new Map<string, { count: number; probability: number }>()
    for (let draw = 0; draw < draws; draw++) {
      const { slate, probabilities } = explored(parts, 0.6, murmur3(`${number}:${draw}`))
      const key = JSON.stringify(slate)
      const known = seen.get(key) ?? { count: 0, probability: product(probabilities) }
      seen.set(key, { ...known, count: known.count + 1 })
    }
    const ways = allWays(page, 0.6).map(way => ({
      key: JSON.stringify(way.slate),
      probability: product(way.probabilities)
    }))
    const counts = ways.map(({ key }) => seen.get(key)?.count ?? 0)
    const { pValue } = goodnessOfFit(
      counts,
      ways.map(({ probability }) => probability)
    )
    t.ok(pValue > 1e-4, `p = ${pValue} over ${ways.length} answers`)
    const total = [...seen.values()].reduce((sum, { probability }) => sum + probability, 0)
    const missed = ways.filter(({ key }) => !seen.has(key)).reduce((s, w) => s + w.probability, 0)
    t.ok(Math.abs(total + missed - 1) < 1e-9, `${total} seen and ${missed} not`)
  }
})

test('one seed always gives the same, and who leaves makes another draw', async t => {
  const rival = { priority: 1, p: 0.5, mandatory: false, group: 0, rooms: 1 }
  const page: Page = {
    counts: [1],
    multipliers: [1],
    groupLimit: Infinity,
    rivals: Array.from({ length: 4 }, (_, i) => ({ ...rival, priority: 4 - i })),
    never: []
  }
  const parts = partsOf(page)
  const contestOf = (seed: number) => ({
    ...parts.contest,
    exploring: { method: 'epsilon' as const, share: 1, seed }
  })
  const left = [0, 0, 0]
  for (let seed = 0; seed < 3000; seed++) {
    const contest = contestOf(seed)
    const { strategy, asked, candidates } = parts
    const first = fillPlacements(strategy, asked, candidates, contest)
    assert.deepEqual(first, fillPlacements(strategy, asked, candidates, contest))
    // The best is refused by a limit: the draw among the rest must not depend on having drawn it.
    if (first.filling[0]![0] !== 0) continue
    const withdrawn = Uint8Array.of(1, 0, 0, 0)
    const again = fillPlacements(strategy, asked, candidates, contest, withdrawn)
    assert.deepEqual(again, fillPlacements(strategy, asked, candidates, contest, withdrawn))
    assert.equal(again.explored![0]!.probability, 1 / 3)
    left[again.filling[0]![0]! - 1]!++
  }
  const { pValue } = goodnessOfFit(left, [1, 1, 1])
  t.ok(pValue > 1e-4, `${left.join()}: p = ${pValue}`)
})
