import assert from 'node:assert/strict'
import fc from 'fast-check'
import { test } from 'tap'
import type { Contest } from '../../../src/decisioning/arbitration/arbitrate.js'
import { writeLegend, type Legend } from '../../../src/decisioning/trace/legend.js'
import { packTrace, unpackTrace } from '../../../src/decisioning/trace/packed-trace.js'
import {
  justAbove,
  whatItTakes,
  whatItTakesBy
} from '../../../src/decisioning/explanation/what-it-takes.js'
import type { Need, Trace } from '../../../src/decisioning/trace/trace.js'
import type { Formula } from '../../../src/policy/strategy.js'
import { startEngine, type Engine } from '../../helpers/engine.js'
import { fill, isSelected, pages, partsOf, type Page, type Parts } from '../../helpers/filling.js'
import { offerYaml, rulesWith } from '../../helpers/rules.js'

type Factors = { p: number; c: number; v: number; l: number }
const product = ({ p, c, v, l }: Factors): number => p * c * v * l

/** A decision's trace for a page whose rivals have these factors. */
function traceOf(page: Page, parts: Parts): Trace {
  fill(parts)
  const { candidates, contest, strategy } = parts
  return {
    holdout: false,
    control: false,
    explain: 'full',
    placements: page.counts.map((_, i) => `p${i}`),
    offers: candidates.offers,
    stages: candidates.stages,
    causes: candidates.causes,
    values: [],
    offerValues: [],
    contest: { ...contest, models: new Uint8Array(candidates.count) },
    filling: {
      counts: page.counts,
      multipliers: page.multipliers,
      groupLimit: strategy.groupLimit,
      rooms: candidates.rooms,
      needs: undefined
    },
    experiments: [],
    shadows: [],
    limits: () => undefined
  } as unknown as Trace
}

/** The page with one rival's factor changed, decided again: whether the rival wins. */
function wins(page: Page, rival: number, priority: number): boolean {
  const rivals = page.rivals.map((one, i) => (i === rival ? { ...one, priority } : one))
  const parts = partsOf({ ...page, rivals })
  fill(parts)
  return isSelected(parts, rival)
}

function assertSmallest(
  page: Page,
  need: Need,
  factors: Factors,
  formula: (factors: Factors) => number
): number {
  const told: Array<[keyof Factors | 'priority', number | null]> = [
    ['v', need.value],
    ['l', need.lever === null ? null : 1 + need.lever / 100],
    ['c', need.contextWeight === null ? null : factors.c + need.contextWeight / 100],
    ['priority', need.priority]
  ]
  let held = 0
  for (const [factor, least] of told) {
    if (least === null) {
      assert.equal(wins(page, need.contestant, formula({ ...factors, [factor]: 1e9 })), false)
      continue
    }
    const priorityAt = (value: number): number =>
      factor === 'priority' ? value : formula({ ...factors, [factor]: value })
    const about = `${factor} ${least} ${JSON.stringify({ page, need })}`
    assert.equal(wins(page, need.contestant, priorityAt(least)), true, `enough: ${about}`)
    // Below the smallest number that is told there may still be some: those that win against nothing.
    if (least > 1e-5 && priorityAt(least) > 1e-5)
      assert.equal(
        wins(page, need.contestant, priorityAt(least * 0.999)),
        false,
        `too much: ${about}`
      )
    held++
  }
  return held
}

const priority = fc.oneof(
  fc.constantFrom(0, 1, 1, 2, 2.5, 3, 10),
  fc.integer({ min: 10, max: 100_000 }).map(thousandths => thousandths / 1000)
)
const SIZES = { placements: 4, slots: 6, rivals: 14, minRivals: 4, never: 3, priority }

test('what is told is enough for every one of the three best losers, and a per mille less is not', async t => {
  let told = 0
  fc.assert(
    fc.property(pages(SIZES), page => {
      const parts = partsOf(page)
      const needs = whatItTakes(traceOf(page, parts), writeLegend(parts.strategy))!
      const losers = Array.from(parts.contest.order).filter(
        i => !isSelected(parts, i) && page.rivals[i]!.rooms !== 0
      )
      const expected = Array.from(parts.contest.order).filter(i => !isSelected(parts, i))
      assert.deepEqual(
        needs.map(({ contestant }) => contestant),
        expected.slice(0, 3)
      )
      for (const need of needs) {
        if (!losers.includes(need.contestant)) continue
        const { p, c, v, l } = parts.contest
        const at = need.contestant
        const factors = { p: p[at]!, c: c[at]!, v: v[at]!, l: l[at]! }
        if (need.reason !== null)
          assert.equal(wins(page, at, 1e9), false, JSON.stringify({ page, need }))
        else told += assertSmallest(page, need, factors, product)
      }
    }),
    { numRuns: 1000 }
  )
  t.ok(told > 2000, `${told} changes were tried`)
})

test('a single placement tells the same without any search', async t => {
  fc.assert(
    fc.property(pages({ ...SIZES, placements: 1, never: 0 }), page => {
      const parts = partsOf(page)
      const legend = writeLegend(parts.strategy)
      const trace = traceOf(page, parts)
      const searched = whatItTakes(trace, { ...legend, hasNever: true })!
      const told = whatItTakes(trace, legend)!
      told.forEach((need, i) => {
        if (page.rivals[need.contestant]!.rooms === 0) return
        assert.equal(need.placement, searched[i]!.placement)
        assert.ok(close(need.priority, searched[i]!.priority))
      })
    }),
    { numRuns: 1000 }
  )
  t.pass('held')
})

function close(one: number | null, other: number | null): boolean {
  if (one === null || other === null) return one === other
  return Math.abs(one - other) <= 1e-6 * Math.max(1, Math.abs(one))
}

test('with a formula of the strategy itself the factors are found on that formula', async t => {
  const formulas: Array<(factors: Factors) => number> = [
    ({ p, v }) => p * v,
    ({ p, v, l }) => p * v + 2 * l,
    ({ p, c, v, l }) => p * c * (v > 4 ? v * v : v) * l,
    ({ v, l }) => v / (1 + l)
  ]
  fc.assert(
    fc.property(pages(SIZES), fc.constantFrom(...formulas), (page, formula) => {
      const raw = partsOf(page).contest
      const factorsOf = (at: number): Factors => ({ p: raw.p[at]!, c: 1, v: raw.v[at]!, l: 1 })
      const rivals = page.rivals.map((rival, at) => ({
        ...rival,
        priority: formula(factorsOf(at))
      }))
      const own = { ...page, rivals }
      const parts = partsOf(own)
      ;(parts.contest as { v: Contest['v'] }).v = raw.v
      const compiled = {
        priority: (_: unknown, __: number, p: number, c: number, v: number, l: number) =>
          formula({ p, c, v, l })
      } as unknown as Formula
      const trace = traceOf(own, parts)
      const needs = whatItTakesBy(compiled, {} as never, trace, writeLegend(parts.strategy))
      for (const need of needs) {
        if (need.reason !== null || own.rivals[need.contestant]!.rooms === 0) continue
        assertSmallest(own, need, factorsOf(need.contestant), formula)
      }
    }),
    { numRuns: 1000 }
  )
  t.pass('held')
})

test('a stored trace tells what the fresh one told', async t => {
  fc.assert(
    fc.property(pages(SIZES), page => {
      const parts = partsOf(page)
      const legend = writeLegend(parts.strategy)
      const trace = traceOf(page, parts)
      const told = whatItTakes(trace, legend)
      const stored = unpackTrace(packTrace(trace))
      assert.deepEqual(whatItTakes(stored, JSON.parse(JSON.stringify(legend)) as Legend), told)
      const byFormula = { ...trace, filling: { ...trace.filling!, needs: () => told! } }
      assert.deepEqual(whatItTakes(unpackTrace(packTrace(byFormula)), legend), told)
    }),
    { numRuns: 300 }
  )
  t.pass('held')
})

test('a trace of the release before tells nothing, and can still be read', async t => {
  const page: Page = { counts: [1], multipliers: [1], groupLimit: 2, rivals: [], never: [] }
  const parts = partsOf(page)
  const packed = packTrace({ ...traceOf(page, parts), filling: undefined }).slice(0, 12)
  const trace = unpackTrace(packed as unknown as ReturnType<typeof packTrace>)
  t.equal(whatItTakes(trace, writeLegend(parts.strategy)), undefined)
})

test('numbers are rounded up to seven digits', async t => {
  t.equal(justAbove(12.4 / (0.09 * 1.25 * 60)), 1.837038)
  t.equal(justAbove(100), 100.0001)
  t.equal(justAbove(0), 0.000001)
  t.equal(justAbove(0.00012345678), 0.0001234568)
  t.equal(justAbove(123456789), 123456790)
  t.ok(Number.isNaN(justAbove(Infinity)))
  fc.assert(
    fc.property(fc.double({ min: 1e-5, max: 1e12, noNaN: true }), number => {
      const above = justAbove(number)
      assert.ok(above > number && above <= number * 1.0000012)
    }),
    { numRuns: 1000 }
  )
})

const VECTORS = `${offerYaml('one', { value: 80, propensity: { prior: 0.12 } })}
${offerYaml('two', { value: 200, propensity: { prior: 0.04 }, lever: 55 })}
${offerYaml('three', { value: 60, propensity: { prior: 0.09 }, lever: 20 })}
${offerYaml('grown-up', { eligibility: 'customer.age >= 18' })}
${offerYaml('worthless', { propensity: { prior: 0 } })}`
const WEIGHTS = 'contextWeights: [{when: context.intent == "loan", offer: three, weight: 25}]'

function told(answer: { readonly explanation?: unknown }): Array<Record<string, unknown>> {
  return (answer.explanation as { whatItTakes: Array<Record<string, unknown>> }).whatItTakes
}

async function explainedLater(engine: Engine, id: string): Promise<unknown[]> {
  const text = await engine.lookUp.explanation(id, { from: 0, limit: 200 })
  return told({ explanation: JSON.parse(text) as unknown })
}

test('an explanation says what the losers need and which rule stands in the way', async t => {
  const engine = await startEngine(t, { rules: rulesWith({ offers: VECTORS, rest: WEIGHTS }) })
  for (const explain of ['summary', 'full'] as const) {
    const answer = await engine.ask({
      customer: { id: 'c-1' },
      channel: 'web',
      placements: [{ id: 'home_hero' }],
      context: { intent: 'loan' },
      options: { explain }
    })
    t.equal(answer.placements[0]!.offers[0]!.offerId, 'two')
    const [one, three, worthless, removed] = told(answer)
    t.same(three, {
      offerId: 'three',
      stage: 'outranked',
      priority: 12.40001,
      value: 91.85186,
      // L > 12.4 / (0.09 × 1.25 × 60) = 1.837
      lever: 83.7038,
      contextWeight: 66.3581
    })
    t.equal(one!['offerId'], 'one')
    t.same(
      [worthless!['value'], worthless!['lever'], worthless!['contextWeight']],
      [null, null, null]
    )
    t.match(removed, {
      offerId: 'grown-up',
      stage: 'eligibility',
      rule: { text: 'customer.age >= 18', owner: 'grown-up' }
    })
    const later = await explainedLater(engine, answer.decisionId)
    t.same(later.slice(0, 3), told(answer).slice(0, 3), 'the same later')
  }
})

test('a lever set as told makes the offer win, with a formula of its own and several placements', async t => {
  const offers = (lever: number): string =>
    [1, 2, 3, 4, 5, 6]
      .map(i =>
        offerYaml(`o${i}`, {
          value: i * 10,
          propensity: { prior: 1 / (i + 1) },
          lever: i === 1 ? lever : 0
        })
      )
      .join('\n')
  const rest = 'arbitration: {formula: p * v * l + 0.5 * l}'
  const ask = async (lever: number): Promise<{ selected: string[]; needs: unknown[] }> => {
    const engine = await startEngine(t, { rules: rulesWith({ offers: offers(lever), rest }) })
    const answer = await engine.ask({
      customer: { id: 'c-1' },
      channel: 'web',
      placements: [{ id: 'home_hero' }, { id: 'home_tile' }],
      options: { explain: 'full' }
    })
    t.same(await explainedLater(engine, answer.decisionId), told(answer))
    const selected = answer.placements.flatMap(({ offers: shown }) =>
      shown.map(({ offerId }) => offerId)
    )
    return { selected, needs: told(answer) }
  }
  const { selected, needs } = await ask(0)
  t.notOk(selected.includes('o1'))
  const { lever } = (needs as Array<{ offerId: string; lever: number }>).find(
    ({ offerId }) => offerId === 'o1'
  )!
  t.ok((await ask(lever)).selected.includes('o1'))
  t.notOk((await ask((1 + lever / 100) * 99.9 - 100)).selected.includes('o1'))
})

test('a winner that is mandatory can be outbid by nothing', async t => {
  const rules = rulesWith({
    offers: `${offerYaml('must', { mandatory: true })}\n${offerYaml('may', { value: 1000 })}`
  })
  const engine = await startEngine(t, { rules })
  const answer = await engine.ask({
    customer: { id: 'c-1' },
    channel: 'web',
    placements: [{ id: 'home_hero' }],
    options: { explain: 'summary' }
  })
  t.same(told(answer), [
    {
      offerId: 'may',
      stage: 'outranked',
      reason: 'a mandatory offer would have to make room for it'
    }
  ])
})
