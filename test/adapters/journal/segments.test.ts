import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type Test } from 'tap'
import { createJournalSegments } from '../../../src/adapters/journal/segments.js'
import type { JournalSegment, JournalSegments } from '../../../src/decisioning/ports.js'
import { customerText } from '../../../src/domain/customer.js'
import type { CustomerEvent } from '../../../src/domain/interaction.js'
import type { JournalDecision } from '../../../src/domain/journal.js'

const NOON_MS = Date.UTC(2026, 2, 1, 12)
const DAY_MS = 86_400_000
const ALWAYS = { fromMs: 0, toMs: Date.UTC(10_000, 0) }

async function open(t: Test): Promise<{ folder: string; segments: JournalSegments }> {
  const folder = await mkdtemp(join(tmpdir(), 'offerd-journal-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  return { folder, segments: createJournalSegments(folder) }
}

const CUSTOMER = { namespace: 'crm', id: 'c-1' }

function event(id: string, changes: Partial<CustomerEvent> = {}): CustomerEvent {
  return {
    customer: CUSTOMER,
    id,
    source: 'test',
    type: 'click',
    timeMs: NOON_MS - 5,
    offerId: 'gold-card',
    treatmentId: 'gold-card.web.hero',
    placement: 'home_hero',
    channel: 'web',
    decisionId: 'd-1',
    value: 12.5,
    ...changes
  }
}

function decision(id: string, changes: Partial<JournalDecision> = {}): JournalDecision {
  const candidate = { offer: 'gold-card', outcome: 'selected', rank: 1, model: 'cards' }
  return {
    id,
    timeMs: NOON_MS - 7,
    customer: CUSTOMER,
    channel: 'web',
    strategy: 'small',
    strategyHash: 'abc',
    holdout: false,
    control: true,
    experiments: { hero: 'B' },
    degraded: ['limits'],
    candidates: [
      { ...candidate, p: 0.1, c: 1, v: 80, l: 1.5, priority: 12 },
      { offer: 'loan', outcome: 'consent', ...NOT_SCORED }
    ],
    placed: [
      {
        placement: 'home_hero',
        rank: 1,
        offer: 'gold-card',
        treatment: 'gold-card.web.hero',
        fallback: false,
        priority: 12,
        propensity: 0.1,
        source: 'model',
        probability: 0.95
      }
    ],
    filling: null,
    scores: [
      { model: 'cards@3', shadow: false, offer: 'gold-card', score: 0.1 },
      { model: 'cards@4', shadow: true, offer: 'gold-card', score: 0.2 }
    ],
    features: [
      {
        model: 'cards@3',
        shared: ['customer.age'],
        sharedValues: [41],
        byOffer: ['offer.value'],
        offers: { 'gold-card': [80] }
      }
    ],
    facts: { 'customer.age': 41 },
    historyLength: 3,
    historyHash: 'h',
    limits: null,
    personal: { facts: { 'customer.phone': '+49 1' }, request: '{"customer":{"id":"c-1"}}' },
    ...changes
  }
}

const NOT_SCORED = { rank: null, p: null, c: null, v: null, l: null, priority: null, model: null }
const KEY = randomBytes(32)

function segment(
  recordedMs: number,
  parts: Partial<JournalSegment['parts'][number]>,
  keys: ReadonlyMap<string, Buffer> = new Map([[customerText(CUSTOMER), KEY]])
): JournalSegment {
  return {
    name: `0-${recordedMs}-0-${recordedMs}-9`,
    parts: [{ recordedMs, decisions: [], events: [], ...parts }],
    keys
  }
}

async function rows(
  segments: JournalSegments,
  ...[kind, period = ALWAYS, key]: [
    kind: 'decisions' | 'events',
    period?: typeof ALWAYS,
    key?: Buffer
  ]
): Promise<Array<Record<string, unknown>>> {
  const found: Array<Record<string, unknown>> = []
  for await (const row of segments.read(kind, period, key)) found.push(row)
  return found
}

test('decisions and events are read with all that was written of them', async t => {
  const { segments } = await open(t)
  await segments.write(segment(NOON_MS, { decisions: [decision('d-1')], events: [event('e-1')] }))
  const [told, ...more] = await rows(segments, 'events')
  t.same(more, [])
  const { customer } = told as { customer: string }
  t.match(customer, /^[\w-]{22}$/)
  t.same(told, {
    source: 'test',
    id: 'e-1',
    recorded: new Date(NOON_MS),
    time: new Date(NOON_MS - 5),
    namespace: 'crm',
    customer,
    type: 'click',
    offer: 'gold-card',
    treatment: 'gold-card.web.hero',
    placement: 'home_hero',
    channel: 'web',
    decision_id: 'd-1',
    value: 12.5,
    until: null
  })
  const [decided] = await rows(segments, 'decisions')
  const { candidates, placed, scores, features, facts } = decision('d-1')
  t.match(decided, {
    id: 'd-1',
    recorded: new Date(NOON_MS),
    time: new Date(NOON_MS - 7),
    customer,
    holdout: false,
    control: true,
    experiments: [{ experiment: 'hero', arm: 'B' }],
    degraded: ['limits'],
    candidates,
    placed,
    scores,
    features: JSON.stringify(features),
    facts: JSON.stringify(facts),
    history_length: 3
  })
})

test("what is personal is read with the customer's key alone, and stands nowhere in the files", async t => {
  const { folder, segments } = await open(t)
  const other = { namespace: 'crm', id: 'c-2' }
  const keys = new Map([
    [customerText(CUSTOMER), KEY],
    [customerText(other), randomBytes(32)]
  ])
  const events = [
    event('e-1', { reason: 'too dear for me', data: { page: '/secret' } }),
    event('e-2', { customer: other })
  ]
  await segments.write(segment(NOON_MS, { decisions: [decision('d-1')], events }, keys))
  const [own, ...more] = await rows(segments, 'events', ALWAYS, KEY)
  t.same(more, [], 'rows of other customers are not shown')
  t.same(own?.['personal'], {
    customer: CUSTOMER,
    reason: 'too dear for me',
    data: { page: '/secret' }
  })
  const [decided] = await rows(segments, 'decisions', ALWAYS, KEY)
  t.same(decided?.['personal'], { customer: CUSTOMER, ...decision('d-1').personal })
  t.same(await rows(segments, 'events', ALWAYS, randomBytes(32)), [])
  for (const name of await readdir(join(folder, '2026-03-01'))) {
    const bytes = await readFile(join(folder, '2026-03-01', name), 'latin1')
    for (const text of ['c-1', 'too dear', '/secret', '+49 1'])
      t.notOk(bytes.includes(text), `${name} does not hold ${text}`)
  }
})

test('what is of an erased customer is left out', async t => {
  const { segments } = await open(t)
  const erased = { namespace: 'crm', id: 'erased' }
  await segments.write(
    segment(NOON_MS, { events: [event('e-1', { customer: erased }), event('e-2')] })
  )
  t.same(
    (await rows(segments, 'events')).map(({ id }) => id),
    ['e-2']
  )
})

test('what was written twice is read once, in one file and in several', async t => {
  const { segments } = await open(t)
  const decisions = [decision('d-1'), decision('d-2'), decision('d-1')]
  const events = [event('e-1'), event('e-1', { source: 'other' }), event('e-1', { value: 99 })]
  await segments.write(segment(NOON_MS, { decisions, events }))
  await segments.write(segment(NOON_MS, { decisions, events }))
  await segments.write(
    segment(NOON_MS + 1, { decisions: [decision('d-2')], events: [event('e-1')] })
  )
  t.same(
    (await rows(segments, 'decisions')).map(({ id }) => id),
    ['d-1', 'd-2']
  )
  const read = await rows(segments, 'events')
  t.same(read.map(({ source }) => source).sort(), ['other', 'test'])
  t.equal((await segments.holdings()).segments, 4)
})

test('a period is read from its first instant to before its last, over days', async t => {
  const { segments } = await open(t)
  for (let day = 0; day < 4; day++)
    await segments.write(segment(NOON_MS + day * DAY_MS, { events: [event(`e-${day}`)] }))
  const period = { fromMs: NOON_MS + DAY_MS, toMs: NOON_MS + 3 * DAY_MS }
  t.same(
    (await rows(segments, 'events', period)).map(({ id }) => id),
    ['e-1', 'e-2']
  )
  t.same(await rows(segments, 'decisions', period), [])
})

test('segments beyond their age or the bound of bytes are deleted, the oldest first', async t => {
  const { folder, segments } = await open(t)
  const data = () => ({ bytes: randomBytes(20_000).toString('hex') })
  for (let day = 0; day < 5; day++)
    await segments.write(
      segment(NOON_MS + day * DAY_MS, { events: [event(`e-${day}`, { data: data() })] })
    )
  const { bytes } = await segments.holdings()
  const nowMs = NOON_MS + 4 * DAY_MS
  t.equal(await segments.retain(10 * DAY_MS, bytes, nowMs), 0)
  t.equal(await segments.retain(3.5 * DAY_MS, bytes, nowMs), 1)
  t.equal(await segments.retain(3.5 * DAY_MS, (bytes / 5) * 2.5, nowMs), 2)
  t.same(await readdir(folder), ['2026-03-04', '2026-03-05'])
  t.match(await segments.holdings(), { segments: 2, firstDay: '2026-03-04', lastDay: '2026-03-05' })
})

test('a folder that is not there holds nothing', async t => {
  const { folder } = await open(t)
  const segments = createJournalSegments(join(folder, 'none'))
  t.same(await rows(segments, 'events'), [])
  t.match(await segments.holdings(), { segments: 0, bytes: 0, firstDay: undefined })
  t.equal(await segments.retain(0, 0, NOON_MS), 0)
})

test('files that were not finished are not read, and are swept away', async t => {
  const { folder, segments } = await open(t)
  await segments.write(segment(NOON_MS, { events: [event('e-1')] }))
  const day = join(folder, '2026-03-01')
  const torn = join(day, `events-0-${NOON_MS}-10-${NOON_MS}-12.parquet.unfinished`)
  await writeFile(torn, randomBytes(1000))
  t.equal((await rows(segments, 'events')).length, 1)
  t.equal((await segments.holdings()).segments, 1)
  await segments.sweep()
  t.equal((await readdir(day)).length, 1)
})

test('where a segment cannot be written the reason is told and nothing is left behind', async t => {
  const { folder, segments } = await open(t)
  const day = join(folder, '2026-03-01')
  const name = segment(NOON_MS, {}).name
  // A folder stands where the file shall be.
  await mkdir(join(day, `events-${name}.parquet`, 'in the way'), { recursive: true })
  await t.rejects(segments.write(segment(NOON_MS, { events: [event('e-1')] })))
  t.same(await readdir(day), [`events-${name}.parquet`])
})

test('thousands of rows go into one segment', async t => {
  const { segments } = await open(t)
  const events = Array.from({ length: 5000 }, (_, i) => event(`e-${i}`, { value: i }))
  await segments.write(segment(NOON_MS, { events }))
  const read = await rows(segments, 'events')
  t.equal(new Set(read.map(({ id }) => id)).size, 5000)
  t.ok(read.every(({ id, value }) => id === `e-${String(value)}`))
})
