import fc from 'fast-check'
import { test } from 'tap'
import { createBucket } from '../../src/http/rate.js'

test('a bucket lets its rate pass at once and then one at a time', async t => {
  let nowMs = 0
  const bucket = createBucket(2, () => nowMs)
  t.same([bucket.take(), bucket.take(), bucket.take()], [0, 0, 1])
  nowMs = 500
  t.same([bucket.take(), bucket.take()], [0, 1])
  nowMs = 60_000
  t.same([bucket.take(), bucket.take(), bucket.take()], [0, 0, 1])
})

test('a slow bucket says how long to wait', async t => {
  let nowMs = 0
  const bucket = createBucket(0.1, () => nowMs)
  t.same([bucket.take(), bucket.take()], [0, 10])
  nowMs = 9999
  t.equal(bucket.take(), 1)
  nowMs = 10_000
  t.equal(bucket.take(), 0)
})

test('in any stretch of time no more passes than the burst and the rate allow, and waiting as told is enough', async t => {
  const holds = fc.property(
    fc.integer({ min: 1, max: 50 }),
    fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 200 }),
    (rate, steps) => {
      let nowMs = 0
      let passed = 0
      const bucket = createBucket(rate, () => nowMs)
      for (const step of steps) {
        nowMs += step
        const waitSeconds = bucket.take()
        if (waitSeconds === 0) passed++
        if (passed > rate + (nowMs / 1000) * rate + 1e-6) return false
        if (waitSeconds < 0 || !Number.isInteger(waitSeconds)) return false
      }
      const waitSeconds = bucket.take()
      nowMs += waitSeconds * 1000
      return waitSeconds === 0 || bucket.take() === 0
    }
  )
  t.doesNotThrow(() => fc.assert(holds))
})
