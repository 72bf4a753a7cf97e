import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import tap, { test } from 'tap'
import { startEngine } from '../../helpers/engine.js'
import { offerYaml, rulesWith } from '../../helpers/rules.js'
import { sharedData, sharedDataMissing } from '../../helpers/shared-data.js'

/** Rows of the test mailing that are replayed; about a third of them were sent what is decided. */
const ROWS = Number(process.env['OFFERD_HILLSTROM_ROWS'] ?? 4000)
/** From so many on chance has no say in which of the two mails wins. */
const ROWS_THAT_TELL = 30_000
const LEARN_EVERY = 50
const OFFERS: Readonly<Record<string, string>> = {
  'Mens E-Mail': 'mens',
  'Womens E-Mail': 'womens',
  'No E-Mail': 'none'
}

tap.setTimeout(120_000 + ROWS * 20)

test('replayed through a mailing whose mails were drawn by lot, the decisions settle on the mails that people answer', {
  skip: sharedDataMissing
}, async t => {
  const propensity = { prior: 0.15, evidence: 10, adapt: true }
  const engine = await startEngine(t, {
    rules: rulesWith({
      offers: Object.values(OFFERS)
        .map(id => offerYaml(id, { propensity, positive: 'click' }))
        .join('\n'),
      rest: 'arbitration: {exploration: {method: thompson}}'
    })
  })
  const text = await readFile(join(sharedData, 'hillstrom/hillstrom.csv'), 'utf8')
  const rows = text
    .trim()
    .split('\n')
    .slice(1, ROWS + 1)
  const chosen: string[] = []
  let met = 0
  for (const [i, row] of rows.entries()) {
    const cells = row.split(',')
    const answer = await engine.ask({
      customer: { id: `h-${i}` },
      channel: 'web',
      placements: [{ id: 'home_hero' }]
    })
    const { offerId, token } = answer.placements[0]!.offers[0]!
    chosen.push(offerId)
    // What another mail would have come to, nobody knows: such a row is passed over.
    if (OFFERS[cells[8]!] !== offerId) continue
    const visited = cells[9] === '1' ? [{ type: 'click', token }] : []
    await engine.tell({ type: 'impression', token }, ...visited)
    if (++met % LEARN_EVERY === 0) await engine.learn()
  }
  const last = chosen.slice(-Math.floor(chosen.length / 10))
  const share = (id: string) => last.filter(one => one === id).length / last.length
  t.comment(
    `of the last tenth: ${['mens', 'womens', 'none'].map(id => `${id} ${share(id).toFixed(2)}`).join(', ')}`
  )
  t.ok(share('none') < 0.2)
  if (ROWS >= ROWS_THAT_TELL) t.ok(share('mens') > 0.8)
})
