import { test } from 'tap'
import { createReportQuotas } from '../../../src/decisioning/limits/quota-report.js'
import { startEngine } from '../../helpers/engine.js'
import { offerYaml, rulesWith } from '../../helpers/rules.js'

test('every quota tells how much of it is taken, money in the currency', async t => {
  const quotas = [
    { limit: 3, window: 'day', counts: 'impression' },
    { money: 250.5, window: 'total' }
  ]
  const engine = await startEngine(t, {
    rules: rulesWith({ offers: offerYaml('gold', { cost: 12.25, quotas }) })
  })
  const { snapshots, store } = engine
  const { decidedAt, placements } = await engine.ask({
    customer: { id: 'c-1' },
    channel: 'web',
    placements: [{ id: 'home_hero' }]
  })
  const { token } = placements[0]!.offers[0]!
  await engine.tell({ id: '1', type: 'impression', token }, { id: '2', type: 'accept', token })
  const report = await createReportQuotas(snapshots, store.quotas, () => Date.parse(decidedAt))()
  t.strictSame(report.strategy, { version: 1, hash: snapshots.current().hash })
  t.match(report.quotas, [
    {
      text: 'at most 3 impression of offer gold in a day',
      limit: 3,
      count: 1,
      frees: '2026-03-01T23:00:00.000Z'
    },
    { text: 'at most 250.5 EUR by accept of offer gold in total', limit: 250.5, count: 12.25 }
  ])
})
