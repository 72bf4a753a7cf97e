import { test } from 'tap'
import { addUnknownName } from '../../src/decisioning/faults.js'
import type { Fault } from '../../src/domain/refusal.js'

test('the first unknown names of a request say what was probably meant, the others only that they are unknown', t => {
  const faults: Fault[] = []
  const known = new Set(['gold-card', 'travel-card'])
  for (let i = 0; i < 12; i++) addUnknownName(faults, `/${i}`, 'offer', 'gold-crad', known)
  t.same(faults[0], {
    pointer: '/0',
    detail: 'there is no offer "gold-crad"; did you mean "gold-card"?'
  })
  t.same(faults[11], { pointer: '/11', detail: 'there is no offer "gold-crad"' })
  t.end()
})

test('a thousand unknown names cost a request nothing, however many there are that might be meant', t => {
  const known = new Map(Array.from({ length: 10_000 }, (_, i) => [`offer-${i}`, i]))
  const faults: Fault[] = []
  const before = process.cpuUsage()
  for (let i = 0; i < 1_000; i++) addUnknownName(faults, `/${i}`, 'offer', `ofer-${i}x`, known)
  const tookMs = process.cpuUsage(before).user / 1_000
  t.equal(faults.length, 1_000)
  t.ok(tookMs < 50, `${tookMs.toFixed(1)} ms`)
  t.end()
})
