import { Environment } from '@marcbachmann/cel-js'
import fc from 'fast-check'
import { test } from 'tap'
import { createConditions } from '../../../src/policy/conditions/conditions.js'
import type { Condition, Expression } from '../../../src/policy/strategy.js'
import { accepted, factsOf, finished, historyOf, NAMES, NOW_MS, PLACE } from './build.js'
import { grammar, type Sample, type World } from './programs.js'
import { worlds } from './worlds.js'

const BATCH = 40
const RUNS = 60

const history = historyOf([
  { type: 'click', offer: 0, hoursAgo: 1 },
  { type: 'click', offer: 0, hoursAgo: 30 },
  { type: 'click', offer: 2, hoursAgo: 2 },
  { type: 'click', offer: 1, hoursAgo: 24 * 31 },
  { type: 'impression', offer: 1, hoursAgo: 3 }
])
const CLICKS = { clicks: 3, offerClicks: [2, 0, 1] }

test('2,400 random conditions mean what the CEL interpreter says', t => {
  const { truth } = grammar({ segments: 0, perOffer: false, calls: false, common: true })
  const cel = celEnvironment()
  let asked = 0
  fc.assert(
    fc.property(
      fc.array(short(truth), { minLength: BATCH, maxLength: BATCH }),
      fc.array(worlds(false), { minLength: 4, maxLength: 4 }),
      (samples, given) => {
        const conditions = createConditions(NAMES)
        const compiled = samples.map(sample =>
          accepted<Condition>(conditions.condition(sample.text, PLACE, { perOffer: false }))
        )
        const program = finished(conditions)
        const parsed = samples.map(sample => cel.parse(sample.cel))
        for (const { customer, context } of given) {
          const facts = factsOf({ customer, context }, program)
          const bindings = celBindings(customer, context)
          samples.forEach((sample, i) => {
            const expected: unknown = parsed[i]!(bindings)
            asked++
            if (compiled[i]!.holds(facts, 0) !== (expected === true ? 1 : 0))
              throw new Error(`${sample.text} is not ${String(expected)}`)
          })
        }
      }
    ),
    { numRuns: RUNS, includeErrorInReport: true }
  )
  t.ok(asked >= BATCH * RUNS * 4, `${asked} answers compared`)
  t.end()
})

test('2,400 random conditions and numbers treat what is missing as a third truth value', t => {
  const segmentNames = ['s0', 's1', 's2']
  const names = { ...NAMES, segments: segmentNames }
  const kinds = { perOffer: false, calls: true, common: false }
  const { truth, number, text } = grammar({
    segments: 3,
    perOffer: true,
    calls: true,
    common: false
  })
  const segments = fc.tuple(
    ...segmentNames.map((_, i) => short(grammar({ ...kinds, segments: i }).truth))
  )
  const bodies = fc.record({
    segments,
    truths: fc.array(short(truth), { minLength: BATCH, maxLength: BATCH }),
    values: fc.array(short(fc.oneof(number, text, truth)), { minLength: 5, maxLength: 5 })
  })
  let unknowns = 0
  fc.assert(
    fc.property(
      bodies,
      fc.array(worlds(true), { minLength: 4, maxLength: 4 }),
      (program, given) => {
        const conditions = createConditions(names)
        // Later segments first: the order of writing must not matter.
        for (const i of [2, 1, 0])
          accepted(conditions.segment(`s${i}`, program.segments[i]!.text, PLACE))
        const compiled = program.truths.map(sample =>
          accepted<Condition>(conditions.condition(sample.text, PLACE, { perOffer: true }))
        )
        const early = program.values.map(sample =>
          accepted<Expression>(conditions.feature(sample.text, PLACE))
        )
        const done = finished(conditions)
        const late = program.values.map(sample =>
          accepted<Expression>(conditions.feature(sample.text, PLACE))
        )
        for (const { customer, context } of given) {
          const facts = factsOf(
            { customer, context, tags: ['finance/credit'], history },
            done,
            names
          )
          for (let offer = 0; offer < names.offers.length; offer++) {
            const world = worldOf(customer, context, program.segments, offer)
            program.truths.forEach((sample, i) => {
              const expected = sample.meaning(world)
              if (expected === undefined) unknowns++
              const found = compiled[i]!.holds(facts, offer)
              if (found !== (expected === undefined ? 2 : expected === true ? 1 : 0))
                throw new Error(`${sample.text} is not ${String(expected)} but ${found}`)
            })
            program.values.forEach((sample, i) => {
              const expected = shown(sample.meaning(world))
              for (const found of [early[i]!.value(facts, offer), late[i]!.value(facts, offer)]) {
                if (shown(found) !== expected)
                  throw new Error(`${sample.text} is not ${String(expected)} but ${String(found)}`)
              }
            })
          }
        }
      }
    ),
    { numRuns: RUNS, includeErrorInReport: true }
  )
  t.ok(unknowns > 1000, `${unknowns} answers were unknown`)
  t.end()
})

/** Longer programs are refused before they are checked. */
function short(samples: fc.Arbitrary<Sample>): fc.Arbitrary<Sample> {
  return samples.filter(sample => sample.text.length <= 2000)
}

function worldOf(
  customer: World['customer'],
  context: World['context'],
  segments: readonly Sample[],
  offer: number
): World {
  const found: Array<boolean | undefined> = []
  const world: World = { customer, context, segments: found, offer, ...CLICKS }
  for (const segment of segments) found.push(segment.meaning(world) as boolean | undefined)
  return world
}

/** Neither infinities nor the sign of zero leave an expression. */
function shown(value: unknown): unknown {
  return typeof value !== 'number' ? value : Number.isFinite(value) ? value + 0 : undefined
}

function celEnvironment(): Environment {
  const types = {
    age: 'int',
    children: 'int',
    balance: 'double',
    rate: 'double',
    name: 'string',
    city: 'string',
    vip: 'bool',
    since: 'google.protobuf.Timestamp',
    products: 'list<string>',
    scores: 'list<double>'
  }
  return new Environment()
    .registerVariable({ name: 'customer', schema: types })
    .registerVariable({ name: 'context', schema: { lat: 'double', urgent: 'bool' } })
    .registerVariable('now', 'google.protobuf.Timestamp')
}

function celBindings(
  customer: Record<string, unknown>,
  context: Record<string, unknown>
): Record<string, unknown> {
  return {
    customer: {
      ...customer,
      age: BigInt(customer['age'] as number),
      children: BigInt(customer['children'] as number),
      since: new Date(customer['since'] as number)
    },
    context,
    now: new Date(NOW_MS)
  }
}
