import { test } from 'tap'
import {
  beginExperience,
  isPositive,
  NOTHING_KNOWN,
  weightNow,
  withImpression,
  withPositive
} from '../../src/learning/adaptive.js'

const DAY_MS = 86_400_000

test('a positive counts from shortly before its impression to the end of the window', async t => {
  const shown = { ...NOTHING_KNOWN, impressionMs: 10 * DAY_MS }
  for (const [positiveMs, counts] of [
    [10 * DAY_MS, true],
    [10 * DAY_MS - 60_000, true],
    [10 * DAY_MS - 3_600_000, false],
    [17 * DAY_MS, true],
    [17 * DAY_MS + 1, false],
    [Infinity, false]
  ] as const)
    t.equal(isPositive({ ...shown, positiveMs }, 7 * DAY_MS), counts, String(positiveMs))
})

test('an offer that was rejected or ignored is waited for no longer', async t => {
  const shown = { ...NOTHING_KNOWN, impressionMs: 0, positiveMs: 500 }
  t.equal(isPositive({ ...shown, endMs: 400 }, 1000), false)
  t.equal(isPositive({ ...shown, endMs: 600 }, 1000), true)
})

test('a positive without an impression waits for it', async t => {
  t.equal(isPositive({ ...NOTHING_KNOWN, positiveMs: 5 }, 1000), false)
})

test('what is forgotten is worth the factor to the power of the impressions since', async t => {
  const forget = 0.9
  let experience = beginExperience('blend', undefined)
  for (let i = 0; i < 5; i++) experience = withImpression(experience, forget)
  const expected = 1 + 0.9 + 0.9 ** 2 + 0.9 ** 3 + 0.9 ** 4
  t.ok(Math.abs(experience.impressions - expected) < 1e-12)
  t.equal(experience.total, 5)
  const turned = withPositive(experience, weightNow(experience, 2, forget))
  t.ok(Math.abs(turned.positives - 0.9 ** 3) < 1e-12)
  t.ok(Math.abs(withImpression(turned, forget).positives - 0.9 ** 4) < 1e-12)
})

test('what another way of learning has counted weighs nothing in experience that was begun anew', async t => {
  const before = withImpression(beginExperience('blend', undefined), 1)
  const anew = withImpression(beginExperience('features', before), 1)
  t.match(anew, { way: 'features', impressions: 1, positives: 0, total: 2 })
  t.equal(weightNow(anew, 1, 1), 0)
  t.equal(weightNow(anew, 2, 1), 1)
})
