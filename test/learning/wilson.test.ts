import { test } from 'tap'
import { wilsonInterval } from '../../src/learning/wilson.js'

test('the interval of a share is that of the closed form', async t => {
  const half = wilsonInterval(5, 10)
  t.ok(Math.abs(half.low - 0.236593) < 1e-6 && Math.abs(half.high - 0.763407) < 1e-6)
  const none = wilsonInterval(0, 10)
  t.equal(none.low, 0)
  t.ok(Math.abs(none.high - 3.841459 / 13.841459) < 1e-6, 'z² / (n + z²)')
  const all = wilsonInterval(10, 10)
  t.ok(all.high > 1 - 1e-12 && all.high <= 1)
  t.ok(Math.abs(all.low - 10 / 13.841459) < 1e-6, 'n / (n + z²)')
  t.same(wilsonInterval(0, 0), { low: 0, high: 1 })
})
