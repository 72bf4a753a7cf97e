import { test } from 'tap'
import { bankWith, FILE, marked, problemsOf, strategyOf } from './strategy-fixture.js'

/** What is wrong with limits; the mark stands at the mistake. */
const MISTAKES: ReadonlyArray<readonly [from: string, to: string, said: string]> = [
  [
    'holdout:',
    'contactPolicies:\n  - {id: a, counts: [§impresion], scope: offer, limit: 3, window: 7d}\nholdout:',
    'contactPolicies.0.counts.0 must be an interaction type: decision, impression, click, accept, reject, later, ignore or convert'
  ],
  [
    'holdout:',
    'contactPolicies:\n  - {id: a, counts: [click], scope: offer, limit: 3, window: §year}\nholdout:',
    'contactPolicies.0.window must be a duration such as 7d, or day, week or month'
  ],
  [
    'holdout:',
    'contactPolicies:\n  - {id: a, counts: [click], scope: offer, limit: 3, window: 7d, channels: [§wbe]}\nholdout:',
    'there is no channel "wbe" (did you mean "web"?)'
  ],
  [
    'holdout:',
    'contactPolicies:\n  - {id: a, counts: [click], scope: all, limit: 3, window: 7d}\n  - {id: §a, counts: [click], scope: all, limit: 3, window: 7d}\nholdout:',
    `the contact policy "a" is given twice, first at ${FILE}:92:10`
  ],
  [
    'holdout:',
    'exclusions:\n  - {never: [gold-card, §gold-crad]}\nholdout:',
    'there is no offer "gold-crad" (did you mean "gold-card"?)'
  ],
  [
    'holdout:',
    'exclusions:\n  - §{after: accept, of: gold-card}\nholdout:',
    'exclusions.0 must be either {never: [...]} or {after, of, not, for}'
  ],
  [
    'holdout:',
    'influencers:\n  - {after: later, offer: §sam, lever: {from: 20, to: 0}, over: 7d}\nholdout:',
    'there is no offer "sam"'
  ],
  [
    'cost: 12',
    'quotas: [§{window: day}]',
    'offers.gold-card.quotas.0 must have either "limit" or "money"'
  ],
  [
    'holdout:',
    'contactPolicies:\n  - §{id: a, counts: [impression, accept], scope: all, limit: 3, window: 7d, strict: true}\nholdout:',
    'a strict limit on accept must name its "reserve"'
  ],
  [
    'cost: 12',
    'quotas: [§{limit: 3, window: day, counts: convert, strict: true}]',
    'a strict limit on convert must name its "reserve"'
  ],
  [
    'cost: 12',
    'quotas: [§{money: 3, window: day, strict: true}]',
    'a strict limit on accept must name its "reserve"'
  ],
  [
    'cost: 12',
    'quotas: [{limit: 3, window: day}, {limit: 4, window: day, counts: accept}, §{limit: 5, window: day, counts: impression}]',
    `the quota offer/gold-card/impression/pieces/day is given twice, first at ${FILE}:49:14`
  ],
  [
    'cost: 12',
    'quotas: [{money: §0.004, window: day}]',
    '0.004 is less than the smallest coin of the currency'
  ],
  ['cost: 12', 'cost: §1e300', '1e+300 is more money than can be counted exactly'],
  [
    '- {type: page_view, ago: 30m}',
    '- {type: page_view, ago: 30m, until: §3d}',
    '"until" is for the interaction "later" only'
  ]
]

test('a mistake in a limit is told where it stands', async t => {
  for (const [from, to, said] of MISTAKES) {
    const { text, at } = marked(bankWith(from, to))
    const found = problemsOf(text)
    t.ok(
      found.some(line => line.startsWith(`${FILE}:${at}: error: ${said}`)),
      `${to}: ${found.join('\n')}`
    )
  }
})

test('what a limit may come to is warned of where it is written', async t => {
  const warned: ReadonlyArray<readonly [from: string, to: string, said: string]> = [
    [
      'holdout:',
      'contactPolicies:\n  - {id: a, counts: [accept], scope: all, limit: 3, window: 7d, strict: true, reserve: §2d}\nholdout:',
      'every offer that is promised keeps its place for 2d'
    ],
    [
      'holdout:',
      'contactPolicies:\n  - {id: a, counts: [impression], scope: all, limit: §201, window: 7d}\nholdout:',
      'the newest 200 events of a customer are kept one by one'
    ],
    [
      'holdout:',
      'contactPolicies:\n  - {id: a, counts: [impression], scope: all, limit: §201, window: 7d, channels: [web]}\nholdout:',
      'with "channels", only the newest 200 events of a customer count'
    ],
    [
      'holdout:',
      'contactPolicies:\n  - §{id: a, counts: [reject], scope: all, limit: 2, window: 7d, suppressFor: 200d}\nholdout:',
      'with "suppressFor", only the newest 200 events'
    ],
    ['cost: 12', 'cost: §1.005', '1.005 is counted as 1.01'],
    [
      'loans: {issue: grow',
      'loans: {quotas: [§{money: 100, window: total}], issue: grow',
      'this quota in money does not hold back car-loan, for lack of a "cost"'
    ],
    [
      'web: {direction: inbound',
      'web: {quotas: [§{money: 100, window: total}], direction: inbound',
      'this quota in money does not hold back car-loan, for lack of a "cost"'
    ]
  ]
  for (const [from, to, said] of warned) {
    const { text, at } = marked(bankWith(from, to))
    const found = problemsOf(text)
    t.ok(
      found.length === 1 && found[0]!.startsWith(`${FILE}:${at}: warning: ${said}`),
      `${to}: ${found.join('\n')}`
    )
  }
})

test('an offer has its own quotas, its group’s and its issue’s; channels and placements have theirs', async t => {
  const text = bankWith(
    'cost: 12',
    'cost: 12.5\n    quotas: [{limit: 1000, window: day, counts: accept}, {money: 50000, window: total}]'
  )
    .replace('cards: {issue: grow', 'cards: {quotas: [{limit: 1, window: week}], issue: grow')
    .replace('grow: {lever: 0', 'grow: {quotas: [{limit: 2, window: month}], lever: 0')
    .replace('web: {direction', 'web: {quotas: [{limit: 3, window: 2h, strict: true}], direction')
    .replace(
      'agent: {channel',
      'agent: {quotas: [{limit: 4, window: day, strict: true, reserve: 5m}], channel'
    )
  const { quotas, offers, offerIndex, channels, placements, lexicon } = strategyOf(text)
  t.same(lexicon.quotas, quotas)
  t.same(
    quotas.map(({ index }) => index),
    quotas.map((_, index) => index)
  )
  const gold = offers[offerIndex.get('gold-card')!]!
  t.equal(gold.costMinor, 1250)
  t.same(
    gold.quotas.map(number => quotas[number]!.id),
    [
      'offer/gold-card/accept/pieces/day',
      'offer/gold-card/accept/money/total',
      'group/cards/impression/pieces/week',
      'issue/grow/impression/pieces/month'
    ]
  )
  t.same(
    gold.quotas.map(number => quotas[number]!.limit),
    [1000, 5_000_000, 1, 2]
  )
  const [web] = channels[0]!.quotas.map(number => quotas[number]!)
  t.match(web, { id: 'channel/web/impression/pieces/2h', strict: true, reserveMs: 900_000 })
  const [agent] = placements[2]!.quotas.map(number => quotas[number]!)
  t.match(agent, { id: 'placement/agent/impression/pieces/day', reserveMs: 300_000 })
})

test('contact policies, exclusions and influencers are compiled into the positions of the strategy', async t => {
  const strategy = strategyOf(
    bankWith(
      'holdout:',
      `contactPolicies:
  - {id: tired, counts: [impression, click], scope: offer, limit: 3, window: 7d, channels: [web]}
  - {id: daily, counts: [impression], scope: all, limit: 20, window: day, strict: true}
  - {id: rejected, counts: [reject], scope: group, limit: 2, window: 30d, suppressFor: 60d}
exclusions:
  - {never: [gold-card, car-loan]}
  - {after: accept, of: gold-card, not: [car-loan], for: 30d}
influencers:
  - {after: later, offer: same, lever: {from: 20, to: 0}, over: 7d}
  - {after: click, offer: car-loan, lever: {from: 5, to: 1}, over: 1d}
holdout:`
    )
  )
  const [tired, daily, rejected] = strategy.contactPolicies
  t.same([...tired!.counts].slice(0, 4), [0, 1, 1, 0])
  t.same([...tired!.channels!], [1, 0])
  t.equal(tired!.window.lengthMs, 7 * 86_400_000)
  t.match(daily, {
    strict: true,
    reserveMs: 900_000,
    suppressForMs: undefined,
    channels: undefined
  })
  t.equal(daily!.window.kind, 'calendar')
  t.equal(rejected!.suppressForMs, 60 * 86_400_000)
  t.equal(strategy.lexicon.reserves, true)
  t.same(
    strategy.exclusions.never.map(others => others && [...others]),
    [[1], [0], undefined, undefined]
  )
  t.match(strategy.exclusions.after, [{ type: 3, of: 0, forMs: 30 * 86_400_000 }])
  t.same(
    strategy.influencers.map(({ target }) => target),
    ['same', 1]
  )
})
