import { test } from 'tap'
import type { Test } from 'tap'
import type { LearntLessons } from '../../src/decisioning/ports.js'
import {
  experienceName,
  POINT_SERIES,
  type Experience,
  type Lesson
} from '../../src/domain/learning.js'
import { NOTHING_KNOWN } from '../../src/learning/adaptive.js'
import type { Stores } from './store-contract.js'

/** How every store keeps lessons, the ledger and experience. The stores hold at most MOST_LESSONS lessons. */
export const MOST_LESSONS = 50

export function learningContract(
  name: string,
  skip: string | false,
  open: (t: Test) => Promise<Stores>
): void {
  void test(`${name} keeps the contract of learning`, { skip }, async t => {
    const stores = await open(t)
    for (const [fact, check] of Object.entries(FACTS)) {
      await t.test(fact, async t => check(t, stores, experienceName(fact, 'web')))
      await drain(stores)
    }
  })
}

/** Takes away all lessons, so that every fact begins with none. */
async function drain({ store: { learning } }: Stores): Promise<void> {
  await learning.lease('drain', 60_000)
  const { version, lessons } = await learning.waiting(MOST_LESSONS)
  const last = lessons.at(-1)
  if (last !== undefined) await learning.learn('drain', learntUp({ version, upTo: last.place }))
  await learning.giveUp('drain')
}

const ABOUT = { decisionId: '0199aa11-2222-7333-8444-555566667777', placement: 'home_hero' }
const SHOWN: Lesson = {
  kind: 'impression',
  offerId: 'gold-card',
  channel: 'web',
  timeMs: 1_700_000_000_123,
  about: ABOUT
}
const TOLD: Lesson = {
  kind: 'positive',
  offerId: 'loan:{1} 客户',
  channel: undefined,
  timeMs: 5,
  about: { customer: { namespace: 'crm', id: 'c-1' }, source: 'crm', id: 'e-1' }
}
const KNOWN: Experience = {
  way: 'blend',
  impressions: 1.5,
  positives: 0.25,
  total: 7,
  begunAt: 3,
  regression: undefined
}
const BY_FEATURES: Experience = {
  ...KNOWN,
  way: 'features',
  regression: {
    means: Float64Array.of(1.5),
    squares: Float64Array.of(1e-300),
    weights: Float64Array.of(-0.25, Math.PI),
    precision: Float64Array.of(8, 0.1, 0.1, 1)
  }
}
const ENTRY = { ...NOTHING_KNOWN, impressionMs: 1_700_000_000_123, counted: 7, turned: true }
const PLACE = { slice: 'd1', entry: 'one' }

function learntUp(
  changes: Partial<LearntLessons> & Pick<LearntLessons, 'version' | 'upTo'>
): LearntLessons {
  return { ledger: [], ledgerLifetimeMs: 60_000, experience: new Map(), ...changes }
}

const POINT_SPACING_MS = POINT_SERIES[0]!.everyMs

const FACTS: Readonly<Record<string, (t: Test, stores: Stores, name: string) => Promise<void>>> = {
  async 'lessons wait in their order until they are learnt'(t, { store, other }) {
    t.equal(await store.learning.append([SHOWN, TOLD]), 0)
    t.equal(await other.learning.append([SHOWN]), 0)
    const { version, lessons } = await other.learning.waiting(10)
    t.same(
      lessons.map(({ lesson }) => lesson),
      [SHOWN, TOLD, SHOWN]
    )
    t.ok(lessons.every(({ appendedMs }) => Number.isFinite(appendedMs)))
    t.equal((await store.learning.waiting(2)).lessons.length, 2)
    await store.learning.lease('one', 60_000)
    const upTo = lessons[1]!.place
    t.equal(await store.learning.learn('one', learntUp({ version, upTo })), true)
    const left = await other.learning.waiting(10)
    t.same(
      left.lessons.map(({ place }) => place),
      [lessons[2]!.place]
    )
    t.equal(left.version, version + 1)
    await store.learning.giveUp('one')
  },

  async 'points are kept by the learner alone, each once, widely spaced and up to a number'(
    t,
    { store, other },
    name
  ) {
    const { learning } = store
    const before = await learning.points()
    const firstMs = (before.at(-1)?.timeMs ?? 1_700_000_000_000) + 7 * 86_400_000
    const pointAt = (timeMs: number) => ({
      timeMs,
      seen: new Map([[name, { impressions: timeMs / 1e6, positives: 0.25 }]])
    })
    await learning.keepPoint('one', pointAt(firstMs))
    t.same(await learning.points(), before)
    await learning.lease('one', 60_000)
    await learning.keepPoint('two', pointAt(firstMs))
    t.same(await learning.points(), before)
    await learning.keepPoint('one', pointAt(firstMs))
    await learning.keepPoint('one', pointAt(firstMs + POINT_SPACING_MS - 1))
    t.same(await other.learning.points(), [...before, pointAt(firstMs)])
    const most = POINT_SERIES[0]!.most
    const last = most + 20
    for (let i = 1; i <= last; i++)
      await learning.keepPoint('one', pointAt(firstMs + i * POINT_SPACING_MS))
    const times = (await other.learning.points()).map(({ timeMs }) => timeMs)
    t.same(
      times,
      [...new Set(times)].sort((a, b) => a - b)
    )
    const hourMs = POINT_SERIES[1]!.everyMs
    const due = Array.from({ length: last + 1 }, (_, i) => firstMs + i * POINT_SPACING_MS).filter(
      (timeMs, i) => i > last - most || (timeMs - firstMs) % hourMs === 0
    )
    t.same(times.slice(-due.length), due, 'the newest ones, and of those before one an hour')
    await learning.giveUp('one')
  },

  async 'what is learnt is recalled, and told to those who follow, by every process'(
    t,
    { store, other },
    name
  ) {
    await store.learning.append([SHOWN])
    await store.learning.lease('one', 60_000)
    const { version, lessons } = await store.learning.waiting(1)
    const learnt = learntUp({
      version,
      upTo: lessons[0]!.place,
      ledger: [
        [PLACE, ENTRY],
        [{ ...PLACE, entry: 'two' }, NOTHING_KNOWN],
        [
          { slice: 'e2', entry: '' },
          { ...NOTHING_KNOWN, positiveMs: 1, endMs: 2 }
        ]
      ],
      experience: new Map([
        [name, KNOWN],
        [`${name} by features`, BY_FEATURES]
      ])
    })
    t.equal(await store.learning.learn('one', learnt), true)
    await store.learning.giveUp('one')
    const recalled = await other.learning.recall(
      [{ slice: 'e2', entry: '' }, PLACE, { ...PLACE, entry: 'none' }, { slice: 'x', entry: '' }],
      ['nobody', name, `${name} by features`]
    )
    t.same(recalled.ledger, [
      { ...NOTHING_KNOWN, positiveMs: 1, endMs: 2 },
      ENTRY,
      undefined,
      undefined
    ])
    t.strictSame(recalled.experience, [undefined, KNOWN, BY_FEATURES])
    const news = await other.learning.experienceSince(0)
    t.match(news, { version: version + 1, isWhole: true })
    t.same(news.experience.get(name), KNOWN)
    t.equal((await other.learning.experienceSince(version + 1)).experience.size, 0)
    t.match(await other.learning.experienceSince(version + 9), { isWhole: true })
  },

  async 'those who follow are told what has changed and nothing else'(t, { store }, name) {
    await store.learning.append([SHOWN, SHOWN])
    await store.learning.lease('one', 60_000)
    const { version: before } = await store.learning.experienceSince(0)
    for (const changed of [name, 'another']) {
      const { version, lessons } = await store.learning.waiting(1)
      const upTo = lessons[0]!.place
      const experience = new Map([[changed, KNOWN]])
      await store.learning.learn('one', learntUp({ version, upTo, experience }))
    }
    await store.learning.giveUp('one')
    t.same(await store.learning.experienceSince(before + 1), {
      version: before + 2,
      isWhole: false,
      experience: new Map([['another', KNOWN]])
    })
    const whole = await store.learning.experienceSince(0)
    t.ok(whole.experience.has('another') && whole.experience.has(name))
  },

  async 'one learns at a time, and what another has learnt meanwhile is not overwritten'(
    t,
    { store, other },
    name
  ) {
    await store.learning.append([SHOWN, SHOWN])
    t.equal(await store.learning.lease('one', 60_000), true)
    t.equal(await store.learning.lease('one', 60_000), true)
    t.equal(await other.learning.lease('two', 60_000), false)
    const { version, lessons } = await store.learning.waiting(1)
    const upTo = lessons[0]!.place
    const learnt = learntUp({ version, upTo, experience: new Map([[name, KNOWN]]) })
    t.equal(await other.learning.learn('two', learnt), false)
    await other.learning.giveUp('two')
    await store.learning.giveUp('one')
    t.equal(await store.learning.learn('one', learnt), false)
    t.equal(await other.learning.lease('two', 60_000), true)
    t.equal((await other.learning.waiting(5)).lessons.length, 2)
    t.equal(await other.learning.learn('two', learnt), true)
    await other.learning.giveUp('two')
    await store.learning.lease('one', 60_000)
    t.equal(await store.learning.learn('one', learnt), false)
    t.equal((await store.learning.experienceSince(0)).version, version + 1)
    await store.learning.giveUp('one')
  },

  async 'lessons beyond the bound are dropped'(t, { store, other }) {
    t.equal(await store.learning.append(Array.from({ length: 45 }, () => SHOWN)), 0)
    t.equal(await other.learning.append(Array.from({ length: 8 }, () => TOLD)), 3)
    t.equal(await store.learning.append([SHOWN, SHOWN]), 2)
    t.equal((await store.learning.waiting(100)).lessons.length, MOST_LESSONS)
  }
}
