/* Examples of the answers for people who run the service; a test holds each against its schema. */

const customer = { id: 'c-1001', namespace: 'crm' }
const strategy = { version: 42, hash: '9f3c' }
const time = '2026-03-01T10:00:00.000Z'

/** By the name of the schema that they are examples of. */
export const OVERVIEW_EXAMPLES: Readonly<Record<string, unknown>> = {
  FoundDecisions: {
    decisions: [
      {
        decisionId: '0199c0de-0000-7000-8000-000000000001',
        decidedAt: time,
        strategy,
        customer,
        channel: 'web',
        placements: [{ id: 'home_hero', fallback: false, offers: ['gold-card'] }],
        degraded: []
      }
    ],
    searched: { decisions: 1000, backTo: time, all: false }
  },
  Live: {
    process: 'host:4711:k2',
    release: '0.1.0',
    at: time,
    draining: false,
    store: { kind: 'redis', description: 'Redis at 127.0.0.1:6379', trouble: null },
    strategy: {
      ...strategy,
      name: 'retail-bank',
      loadedAt: time,
      models: [{ name: 'cards', version: 3, shadows: [4] }]
    },
    decisions: { byChannel: { web: 120 }, fellBack: { web: 3 }, degraded: {} },
    events: { click: { stored: 7, duplicate: 1 } },
    limits: { held: 40 },
    modelFailures: {},
    shed: { batch: 2 },
    stages: { boundsMs: [0.5, 1], counts: { total: [80, 38, 2] } }
  },
  Quotas: {
    strategy,
    quotas: [
      {
        kind: 'quota',
        id: 'channel/email/impression/pieces/day',
        text: 'at most 50000 impression in channel email in a day',
        scope: 'channel',
        of: 'email',
        strict: false,
        limit: 50000,
        count: 1200,
        window: 'day',
        frees: time
      }
    ]
  },
  Segments: {
    strategy,
    sample: { customers: 310, decisions: 500, passedOver: 0, from: time, to: time },
    segments: [{ name: 'affluent', customers: 42 }]
  },
  StrategyDetails: {
    name: 'retail-bank',
    ...strategy,
    loadedAt: time,
    currency: 'EUR',
    timeZone: 'Europe/Berlin',
    formula: null,
    groupLimit: 2,
    exploration: { method: 'epsilon', share: 0.05 },
    holdout: { share: 0.02, salt: 'h1' },
    control: null,
    contextWeights: [
      {
        text: 'context.intent == "card"',
        place: 'rules/arbitration.yaml:50:12',
        weight: 50,
        target: 'group cards'
      }
    ],
    issues: [{ id: 'grow', place: 'rules/arbitration.yaml:12:3' }],
    groups: [{ id: 'cards', place: 'rules/arbitration.yaml:21:3' }],
    channels: [
      {
        id: 'web',
        direction: 'inbound',
        activate: 'on_impression',
        place: 'rules/channels.yaml:4:3'
      }
    ],
    placements: [
      {
        id: 'home_hero',
        channel: 'web',
        count: 1,
        multiplier: 1.5,
        fallback: 'welcome',
        candidates: 1,
        place: 'rules/channels.yaml:16:3'
      }
    ],
    offers: [
      {
        id: 'gold-card',
        name: 'Gold card',
        issue: 'grow',
        group: 'cards',
        place: 'rules/offers/cards.yaml:12:3',
        from: null,
        until: null,
        fallbackOnly: false,
        mandatory: false,
        value: 80,
        cost: 12,
        levers: { issue: 0, group: 10, offer: 5 },
        leverFactor: 1.15,
        tags: ['finance/credit/card/gold'],
        purposes: ['marketing'],
        policies: [
          {
            stage: 'eligibility',
            owner: 'cards',
            text: 'customer.age >= 18',
            place: 'rules/arbitration.yaml:24:18'
          }
        ],
        propensity: { model: 'cards', prior: 0.1, evidence: 50, adapts: true, positive: 'accept' },
        treatments: [{ id: 'gold-card.web.hero', placements: ['home_hero'] }],
        quotas: []
      }
    ],
    segments: [
      {
        name: 'affluent',
        text: 'customer.balance >= 20000.0',
        place: 'rules/segments.yaml:5:13'
      }
    ],
    contactPolicies: [],
    quotas: [],
    exclusions: [],
    influencers: [],
    experiments: [
      {
        name: 'hero-copy',
        layer: 'hero',
        salt: 'e1',
        when: null,
        place: 'rules/limits.yaml:30:3',
        arms: [{ name: 'A', share: 0.5, changes: ['levers'] }]
      }
    ]
  },
  Session: {
    key: 'anna',
    rights: ['decide', 'tell', 'read_words', 'read_decisions', 'read_customers'],
    until: '2026-03-01T18:00:00.000Z'
  },
  StreamTicket: { ticket: 'WzE3NzIzNTky.0199aa11.Zm9ydHkt', until: '2026-03-01T10:01:00.000Z' }
}
