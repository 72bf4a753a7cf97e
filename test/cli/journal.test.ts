import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { test } from 'tap'
import { createJournalSegments } from '../../src/adapters/journal/segments.js'
import { runCommand } from '../helpers/cli.js'
import { smallStrategy } from '../helpers/offerd.js'
import { offerYaml, rulesWith } from '../helpers/rules.js'

const NOON_MS = Date.UTC(2026, 2, 1, 12)
const CUSTOMER = { namespace: 'crm', id: 'c-1' }
const ABOUT = { customer: CUSTOMER, source: 'test', offerId: 'gold-card' }
const PLACING = {
  placement: 'home_hero',
  rank: 1,
  offer: 'gold-card',
  treatment: 'gold-card.web.any',
  fallback: false,
  priority: 1,
  propensity: 0.5,
  source: 'prior',
  probability: 1
}
const DECISION = {
  id: 'd-1',
  timeMs: NOON_MS,
  customer: CUSTOMER,
  channel: 'web',
  strategy: 'small',
  strategyHash: 'abc',
  holdout: false,
  control: false,
  experiments: {},
  degraded: [],
  filling: null,
  scores: [],
  candidates: [],
  placed: [PLACING],
  features: [],
  facts: {},
  historyLength: 0,
  historyHash: '',
  limits: null,
  personal: { facts: {}, request: '{}' }
}

test('offerd journal read outcomes prints what came of every placed offer, by the positive and the window of the strategy', async t => {
  const rules = rulesWith({
    offers: offerYaml('gold-card', { positive: 'click' }),
    rest: 'positiveWindow: 1h'
  })
  const { env, write } = await smallStrategy(t, rules)
  const segments = createJournalSegments(join(env['OFFERD_DATA']!, 'journal'))
  await segments.write({
    name: `0-${NOON_MS}-0-${NOON_MS}-1`,
    parts: [
      {
        recordedMs: NOON_MS + 1,
        decisions: [DECISION],
        events: [
          { ...ABOUT, id: '1', type: 'impression', timeMs: NOON_MS + 10 },
          { ...ABOUT, id: '2', type: 'click', timeMs: NOON_MS + 3_600_010 }
        ]
      }
    ],
    keys: new Map([['crm/c-1', randomBytes(32)]])
  })
  const read = async () => {
    const { code, stdout, stderr } = await runCommand(['journal', 'read', 'outcomes'], env)
    t.equal(code, 0, stderr)
    return stdout
      .trim()
      .split('\n')
      .map(line => JSON.parse(line) as unknown)
  }
  t.match(await read(), [
    {
      decision: 'd-1',
      time: '2026-03-01T12:00:00.000Z',
      offer: 'gold-card',
      probability: 1,
      shown: '2026-03-01T12:00:00.010Z',
      positive: true,
      value: null
    }
  ])
  await write(rules.replace('positiveWindow: 1h', 'positiveWindow: 59m'))
  t.match(await read(), [{ shown: '2026-03-01T12:00:00.010Z', positive: false }])
  const later = await runCommand(
    ['journal', 'read', 'outcomes', '--from', '2026-03-01T12:00:01Z'],
    env
  )
  t.equal(later.stdout, '')
  const one = await runCommand(['journal', 'read', 'outcomes', '--customer', 'c-1'], env)
  t.equal(one.code, 2)
  t.match(one.stderr, '--customer goes with decisions or events')
})
