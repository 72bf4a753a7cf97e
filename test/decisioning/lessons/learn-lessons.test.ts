import assert from 'node:assert/strict'
import fc from 'fast-check'
import { test } from 'tap'
import { createDecisionIds } from '../../../src/domain/decision-id.js'
import { experienceName, type Lesson } from '../../../src/domain/learning.js'
import { Knowledge, slotPlace } from '../../../src/decisioning/lessons/learn-lessons.js'
import { holds } from '../../helpers/holds.js'

const SETTINGS = { positiveWindowMs: 1_000_000 }
const idAt = createDecisionIds(1)
const IDS = Array.from({ length: 5 }, (_, i) => idAt(1_700_000_000_000 + i * 700))

const lessons = fc.array(
  fc.record({
    kind: fc.constantFrom<Lesson['kind']>('impression', 'positive', 'end'),
    offerId: fc.constantFrom('gold-card', 'loan'),
    channel: fc.constant('web'),
    timeMs: fc.integer({ min: 0, max: 3_000_000 }),
    about: fc.record({
      decisionId: fc.constantFrom(...IDS),
      placement: fc.constantFrom('hero', 'tile')
    })
  }),
  { maxLength: 30 }
)

/** What is known after these lessons, in this order. */
function learnt(told: readonly Lesson[], forget: number) {
  const knowledge = new Knowledge(new Map(), new Map())
  for (const lesson of told)
    if ('decisionId' in lesson.about)
      knowledge.learn(
        {
          lesson,
          adapt: { way: 'blend', forget, features: undefined },
          observed: undefined,
          touch: { place: slotPlace(lesson.about, lesson.offerId), channel: lesson.channel },
          attributed: undefined
        },
        SETTINGS
      )
  return knowledge
}

/** What the words of the contract say of the same lessons, counted in one go. */
function counted(told: readonly Lesson[]) {
  const slots = new Map<string, { offerId: string; times: Record<Lesson['kind'], number[]> }>()
  for (const { kind, offerId, timeMs, about } of told) {
    const key = JSON.stringify([about, offerId])
    const slot = slots.get(key) ?? { offerId, times: { impression: [], positive: [], end: [] } }
    slots.set(key, slot)
    slot.times[kind].push(timeMs)
  }
  const counts = new Map<string, { impressions: number; positives: number }>()
  for (const { offerId, times } of slots.values()) {
    if (times.impression.length === 0) continue
    const name = experienceName(offerId, 'web')
    const count = counts.get(name) ?? { impressions: 0, positives: 0 }
    counts.set(name, count)
    const shownMs = Math.min(...times.impression)
    const answeredMs = Math.min(...times.positive)
    count.impressions++
    if (
      answeredMs >= shownMs - 300_000 &&
      answeredMs <= shownMs + SETTINGS.positiveWindowMs &&
      answeredMs <= Math.min(...times.end)
    )
      count.positives++
  }
  return counts
}

const numbers = (knowledge: Knowledge) =>
  new Map(
    [...knowledge.changedExperience()].map(([name, { impressions, positives }]) => [
      name,
      { impressions, positives }
    ])
  )

test('lessons in any order, and told any number of times, come to the same counts', async t => {
  const shuffled = lessons.chain(told =>
    fc.tuple(
      fc.constant(told),
      fc
        .shuffledSubarray([...told, ...told, ...told], { minLength: told.length * 2 })
        .map(some => [...some, ...told])
    )
  )
  holds(
    t,
    fc.property(shuffled, ([told, again]) => {
      const expected = counted(told)
      assert.deepEqual(numbers(learnt(told, 1)), expected)
      assert.deepEqual(numbers(learnt(again, 1)), expected)
    }),
    500
  )
})

test('forgetting weighs positives like their impressions, whatever the order of what follows these', async t => {
  holds(
    t,
    fc.property(lessons, told => {
      const [shown, rest] = [
        told.filter(({ kind }) => kind === 'impression'),
        told.filter(({ kind }) => kind !== 'impression')
      ]
      const one = numbers(learnt([...shown, ...rest], 0.9))
      const other = numbers(learnt([...shown, ...rest.reverse()], 0.9))
      for (const [name, { impressions, positives }] of one) {
        assert.ok(positives <= impressions + 1e-9)
        assert.ok(Math.abs(positives - other.get(name)!.positives) < 1e-9)
        assert.equal(impressions, other.get(name)!.impressions)
      }
    }),
    300
  )
})

test('what was known before changes nothing when it is told again', async t => {
  const about = { decisionId: IDS[0]!, placement: 'hero' }
  const shown: Lesson = { kind: 'impression', offerId: 'loan', channel: 'web', timeMs: 5, about }
  const before = learnt([shown], 1)
  const place = slotPlace(about, 'loan')
  const again = new Knowledge(
    new Map(before.changedEntries().map(([{ slice, entry }, is]) => [`${slice}\0${entry}`, is])),
    before.changedExperience()
  )
  const outcome = again.learn(
    {
      lesson: shown,
      adapt: { way: 'blend', forget: 1, features: undefined },
      observed: undefined,
      touch: { place, channel: 'web' },
      attributed: undefined
    },
    SETTINGS
  )
  t.equal(outcome, 'known')
  t.same(again.changedEntries(), [])
  t.equal(again.changedExperience().size, 0)
})
