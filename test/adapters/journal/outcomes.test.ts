import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { test } from 'tap'
import { createJournalSegments } from '../../../src/adapters/journal/segments.js'
import type { JournalSegments } from '../../../src/decisioning/ports.js'
import { customerText } from '../../../src/domain/customer.js'
import type { CustomerEvent } from '../../../src/domain/interaction.js'
import type { JournalDecision, OutcomesWanted } from '../../../src/domain/journal.js'
import { holdsAsync } from '../../helpers/holds.js'
import { cameNaively, type Came } from '../../helpers/outcomes.js'

const START_MS = Date.UTC(2026, 2, 1)
const HOUR_MS = 3_600_000
const ALWAYS = { fromMs: 0, toMs: Date.UTC(10_000, 0) }
const KEYS = new Map(
  ['c-1', 'c-2'].map(id => [customerText({ namespace: 'crm', id }), randomBytes(32)])
)
/** Of loan it is accept, as of all offers that nothing is said of. */
const POSITIVES = { card: 'click', fund: 'convert' }
const WINDOW_MS = 24 * HOUR_MS

interface Story {
  readonly decisions: readonly JournalDecision[]
  readonly events: readonly CustomerEvent[]
}

const customer = fc.constantFrom('c-1', 'c-2').map(id => ({ namespace: 'crm', id }))
const offer = fc.constantFrom('card', 'fund', 'loan')
/** Few instants, so that many things happen at once. */
const timeMs = fc.integer({ min: 0, max: 60 }).map(hours => START_MS + 4 * hours * HOUR_MS)

const placed = fc
  .uniqueArray(fc.record({ offer, placement: fc.constantFrom('hero', 'tile') }), {
    selector: one => one.offer,
    maxLength: 3
  })
  .map(all =>
    all.map((one, i) => ({
      ...one,
      rank: i + 1,
      treatment: `${one.offer}.any`,
      fallback: false,
      priority: 3 - i,
      propensity: 0.25,
      source: 'model',
      probability: 0.5
    }))
  )

const decision = fc
  .record({ n: fc.integer({ min: 0, max: 8 }), timeMs, customer, placed })
  .map(({ n, ...made }): JournalDecision => ({ ...made, id: `d-${n}`, ...THE_SAME }))

const THE_SAME = {
  channel: 'web',
  strategy: 'small',
  strategyHash: 'abc',
  holdout: false,
  control: false,
  experiments: { hero: 'B' },
  degraded: [],
  filling: null,
  scores: [],
  candidates: [
    {
      offer: 'card',
      outcome: 'selected',
      rank: 1,
      model: 'cards',
      p: 0.25,
      c: 1,
      v: 2,
      l: 1,
      priority: 3
    }
  ],
  features: [],
  facts: { 'customer.age': 41 },
  historyLength: 0,
  historyHash: '',
  limits: null,
  personal: { facts: {}, request: '{}' }
}

/** An event without a token, or with that of an offer that was placed. */
function eventOf(decisions: readonly JournalDecision[]): fc.Arbitrary<CustomerEvent> {
  const told = fc.record({
    id: fc.integer({ min: 0, max: 30 }).map(String),
    source: fc.constant('test'),
    type: fc.constantFrom(
      'impression',
      'impression',
      'click',
      'accept',
      'convert',
      'reject',
      'ignore'
    ),
    timeMs,
    value: fc.constantFrom(1, 2.5)
  })
  const about = fc.oneof(
    fc.record({ customer, offerId: offer }),
    fc.record({ customer, offerId: offer, placement: fc.constantFrom('hero', 'tile') })
  )
  const tokens = decisions.flatMap(one =>
    one.placed.map(placing => ({
      customer: one.customer,
      decisionId: one.id,
      offerId: placing.offer,
      placement: placing.placement
    }))
  )
  const withToken = tokens.length === 0 ? about : fc.constantFrom(...tokens)
  return fc
    .tuple(told, fc.oneof({ weight: 2, arbitrary: withToken }, { weight: 1, arbitrary: about }))
    .map(([event, whom]) => ({ ...event, ...whom }))
}

const story: fc.Arbitrary<Story> = fc
  .uniqueArray(decision, { selector: ({ id }) => id, maxLength: 8 })
  .chain(decisions =>
    fc.record({
      decisions: fc.constant(decisions),
      events: fc.array(eventOf(decisions), { maxLength: 40 })
    })
  )

/** Writes two segments, and again what the first one holds: what is carried once more after a crash. */
async function write(segments: JournalSegments, { decisions, events }: Story): Promise<void> {
  const half = { decisions: decisions.slice(0, 3), events: events.slice(0, 15) }
  const rest = { decisions: decisions.slice(3), events: events.slice(15) }
  for (const [i, part] of [half, rest, half].entries()) {
    const recordedMs = START_MS + 1000 * HOUR_MS + i
    const name = `0-${recordedMs}-0-${recordedMs}-9`
    await segments.write({ name, parts: [{ recordedMs, ...part }], keys: KEYS })
  }
}

async function cameFrom(
  segments: JournalSegments,
  period: OutcomesWanted['period'] = ALWAYS
): Promise<Map<string, Came>> {
  const came = new Map<string, Came>()
  const wanted = { period, positives: POSITIVES, windowMs: WINDOW_MS, parts: [] }
  for await (const { id, placed: placings } of segments.outcomes(wanted))
    for (const { placement, offer: name, shownMs, positive, value, rejected } of placings)
      came.set(`${id}/${placement}/${name}`, { shownMs, positive, value, rejected })
  return came
}

async function inFolder<T>(work: (segments: JournalSegments) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'offerd-journal-'))
  try {
    return await work(createJournalSegments(folder))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function sorted(came: ReadonlyMap<string, Came>): Array<[string, Came]> {
  return [...came].sort(([a], [b]) => (a < b ? -1 : 1))
}

test('what came of every placed offer is what looking through everything finds, whatever is repeated, late, or told without a token', async t => {
  await holdsAsync(
    t,
    fc.asyncProperty(story, async told => {
      await inFolder(async segments => {
        await write(segments, told)
        const naive = cameNaively(told.decisions, told.events, POSITIVES, WINDOW_MS)
        assert.deepEqual(sorted(await cameFrom(segments)), sorted(naive))
      })
    }),
    25
  )
})

function impressionOf(
  { id, customer: whom, timeMs: decidedMs, placed: [placing] }: JournalDecision,
  changes: Partial<CustomerEvent> = {}
): CustomerEvent {
  return {
    customer: whom,
    id: `i-${id}`,
    source: 'test',
    type: 'impression',
    timeMs: decidedMs + 1000,
    offerId: placing!.offer,
    placement: placing!.placement,
    decisionId: id,
    ...changes
  }
}

const CARD = {
  placement: 'hero',
  rank: 1,
  offer: 'card',
  treatment: 'card.any',
  fallback: false,
  priority: 3,
  propensity: 0.25,
  source: 'model',
  probability: 0.5
}

function decidedAt(id: string, decidedMs: number): JournalDecision {
  return {
    ...THE_SAME,
    id,
    timeMs: decidedMs,
    customer: { namespace: 'crm', id: 'c-1' },
    placed: [CARD]
  }
}

test('a period is one of decisions: what comes after its end belongs to them, and what belongs to others does not', async t => {
  const first = decidedAt('d-1', START_MS)
  const second = decidedAt('d-2', START_MS + 2 * HOUR_MS)
  const click = { customer: first.customer, source: 'test', type: 'click', offerId: 'card' }
  await inFolder(async segments => {
    await write(segments, {
      decisions: [first, second],
      events: [
        impressionOf(first),
        impressionOf(second),
        { ...click, id: 'c-1', timeMs: START_MS + 3 * HOUR_MS }
      ]
    })
    const period = { fromMs: START_MS, toMs: START_MS + HOUR_MS }
    const shown = { shownMs: START_MS + 1000, value: null, rejected: false }
    t.same(
      await cameFrom(segments, period),
      new Map([['d-1/hero/card', { ...shown, positive: false }]])
    )
    t.same(
      [...(await cameFrom(segments, { ...period, fromMs: period.toMs, toMs: ALWAYS.toMs })).keys()],
      ['d-2/hero/card']
    )
    const lateMs = START_MS + 2000 * HOUR_MS
    await segments.write({
      name: `1-${lateMs}-0-${lateMs}-1`,
      parts: [
        {
          recordedMs: lateMs,
          decisions: [],
          events: [
            {
              ...click,
              id: 'late',
              decisionId: 'd-1',
              placement: 'hero',
              timeMs: START_MS + 4 * HOUR_MS
            }
          ]
        }
      ],
      keys: KEYS
    })
    t.same(
      await cameFrom(segments, period),
      new Map([['d-1/hero/card', { ...shown, positive: true }]])
    )
  })
})

test('outcomes carry the parts of their decisions that were asked for', async t => {
  const told = decidedAt('d-1', START_MS)
  const features = [
    {
      model: 'cards@3',
      shared: ['customer.age'],
      sharedValues: [41],
      byOffer: ['offer.value'],
      offers: { card: [2] }
    }
  ]
  await inFolder(async segments => {
    await write(segments, { decisions: [{ ...told, features }], events: [] })
    const read = async (parts: OutcomesWanted['parts']) => {
      for await (const one of segments.outcomes({
        period: ALWAYS,
        positives: POSITIVES,
        windowMs: 1,
        parts
      }))
        return one
      return undefined
    }
    const none = { id: 'd-1', timeMs: START_MS, experiments: { hero: 'B' }, namespace: 'crm' }
    t.match(await read([]), {
      ...none,
      placed: [{ ...CARD, model: 'cards', shownMs: null, positive: false }],
      candidates: [],
      features: [],
      facts: {}
    })
    t.match(await read(['candidates', 'features', 'facts']), {
      ...none,
      candidates: told.candidates,
      features,
      facts: told.facts
    })
  })
})

test('a journal without decisions, or without events, has no outcomes, or none that were shown', async t => {
  await inFolder(async segments => {
    t.same(await cameFrom(segments), new Map())
    await write(segments, { decisions: [decidedAt('d-1', START_MS)], events: [] })
    t.match([...(await cameFrom(segments)).values()], [{ shownMs: null, positive: false }])
  })
})
