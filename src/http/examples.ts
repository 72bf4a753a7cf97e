import { OVERVIEW_EXAMPLES } from './overview-examples.js'

/* Examples for the document at /openapi.json; a test holds each against its schema. Ids are those of the strategy that is shipped as an example, shortened. */

const customer = { id: 'c-1001', namespace: 'crm' }
const strategy = { version: 42, hash: '9f3c' }
const time = '2026-03-01T10:00:00.000Z'
const consent = { marketing: { granted: true, time, source: 'branch' } }
const profile = { attributes: { age: 41, balance: 1200 }, tags: ['finance/credit'], consent }
const click = { id: 'e-77', type: 'click', time, token: 'AbJ3…' }

const request = {
  customer,
  channel: 'web',
  placements: [{ id: 'home_hero' }, { id: 'home_tile', count: 3, filter: { group: ['cards'] } }],
  context: { page: '/cards', device: 'mobile' },
  options: { timeoutMs: 25 }
}

const decision = {
  decisionId: '0199c0de-0000-7000-8000-000000000001',
  decidedAt: time,
  strategy,
  customer: { ...customer, known: true, holdout: false, control: false, experiments: {} },
  placements: [
    {
      id: 'home_hero',
      fallback: false,
      offers: [
        {
          offerId: 'gold-card',
          treatmentId: 'gold-card.web.hero',
          rank: 1,
          priority: 9.6,
          factors: { p: 0.12, c: 1, v: 80, l: 1 },
          propensity: { value: 0.12, source: 'model', model: 'cards@3', evidence: 0 },
          probability: 1,
          token: 'AbJ3…',
          expiresAt: '2026-03-08T10:00:00.000Z',
          content: { headline: 'Gold for you' },
          labels: {}
        }
      ]
    }
  ],
  degraded: []
}

const offerLearning = {
  offerId: 'gold-card',
  name: 'Gold card',
  group: 'cards',
  adapts: 'blend',
  start: { value: 0.08, source: 'prior', scores: 0, evidence: 50 }
}
const seen = {
  impressions: 200,
  positives: 24,
  rate: { value: 0.12, low: 0.082, high: 0.172 },
  propensity: { value: 0.112, low: 0.078, high: 0.158 }
}

const problem = {
  type: 'urn:offerd:problem:invalid',
  title: 'The request does not say what it must',
  status: 400,
  detail: 'The request at /channel: there is no channel "wbe"; did you mean "web"?',
  instance: 'urn:offerd:request:x1Yz-4f',
  code: 'OFFERD_INVALID',
  errors: [{ pointer: '/channel', detail: 'there is no channel "wbe"; did you mean "web"?' }]
}

const processes = [{ process: 'host:4711', outcome: 'swapped', ...strategy, errors: 0 }]
const loadReport = { outcome: 'swapped', ...strategy, problems: [] }
const history = [
  { id: 'e-77', source: 'shop', type: 'click', time, offerId: 'gold-card', channel: 'web' }
]

/** By the name of the schema that they are examples of. */
export const EXAMPLES: Readonly<Record<string, unknown>> = {
  ...OVERVIEW_EXAMPLES,
  Alive: { status: 'alive', version: '0.1.0' },
  CloudEvent: {
    specversion: '1.0',
    id: 'e-77',
    source: 'shop',
    type: 'click',
    time,
    data: { token: 'AbJ3…' }
  },
  CloudEventBatch: [
    {
      specversion: '1.0',
      id: 'e-78',
      source: 'shop',
      type: 'page_view',
      subject: 'crm/c-1001',
      data: { page: '/cards' }
    }
  ],
  Consent: { marketing: { granted: true, source: 'branch' } },
  Customer: { customer, ...profile },
  CustomerBody: profile,
  CustomerConsent: { customer, consent },
  CustomerExport: { customer, ...profile, history },
  CustomerHistory: { customer, history },
  CustomerIdentity: { customer, members: [customer, { id: 'ck-9', namespace: 'cookie' }] },
  CustomerLimits: {
    customer,
    limits: [
      {
        kind: 'contact',
        id: 'tired-of-offer',
        text: 'at most 3 impression per offer in 7d on web, app',
        scope: 'offer',
        of: 'gold-card',
        strict: false,
        limit: 3,
        count: 3,
        window: '7d',
        suppressedUntil: '2026-03-04T09:30:00.000Z'
      }
    ],
    later: [],
    reservations: []
  },
  CustomerLine: { ...customer, ...profile },
  CustomerMerge: { from: { id: 'ck-9', namespace: 'cookie' }, into: customer },
  CustomerPatch: { attributes: { age: 42, balance: null } },
  Decision: decision,
  DecisionBatch: { requests: [request] },
  DecisionBatchAnswer: { decisions: [decision, problem] },
  DecisionRequest: request,
  Event: click,
  Events: click,
  EventsReceipt: {
    accepted: 1,
    duplicates: 0,
    rejected: [{ index: 1, code: 'token_expired', detail: 'the token is older than 7 days' }]
  },
  Experiments: {
    strategy,
    experiments: [
      {
        name: 'hero-copy',
        layer: 'hero',
        salt: 'e1',
        when: 'context.device == "mobile"',
        exposed: 2000,
        arms: [
          { name: 'A', share: 0.5, exposed: 1010, expectedShare: 0.5, expected: 1000 },
          { name: 'B', share: 0.5, exposed: 990, expectedShare: 0.5, expected: 1000 }
        ],
        sampleRatio: { chiSquare: 0.2, degreesOfFreedom: 1, pValue: 0.6547, verdict: 'match' }
      }
    ]
  },
  Explanation: {
    decisionId: decision.decisionId,
    decidedAt: time,
    candidates: 2,
    holdout: false,
    control: false,
    funnel: [
      { stage: 'outranked', removed: 1, left: 1 },
      { stage: 'selected', removed: 0, left: 1 }
    ],
    outcomes: [{ offerId: 'gold-card', stage: 'selected', placement: 'home_hero', priority: 9.6 }],
    outranked: {
      columns: ['offerId', 'priority', 'p', 'c', 'v', 'l', 'model'],
      rows: [['welcome-bonus', 4.2, 0.07, 1, 60, 1, 'cards']]
    }
  },
  ImportReceipt: {
    imported: 2,
    failed: 1,
    errors: [{ line: 3, detail: 'must be a JSON object, not broken JSON' }]
  },
  JournalReport: {
    madeAt: time,
    from: '2026-01-30T10:00:00.000Z',
    report: {
      decisions: 4000,
      offers: [{ offer: 'gold-card', placed: 3600, shown: 3500, positive: 420, rate: 0.12 }],
      models: [
        {
          model: 'cards',
          auc: 0.71,
          calibrationError: 0.012,
          calibration: [
            {
              from: 0.05,
              to: 0.2,
              rows: 3500,
              predicted: 0.12,
              observed: 0.12,
              low: 0.11,
              high: 0.13
            }
          ]
        }
      ],
      chance: {
        slots: 3500,
        share: 0.04,
        priorityOfBest: 9.6,
        priorityCost: 0.21,
        propensityCost: 0.002
      },
      lifts: [{ group: 'decided', against: 'holdout', lift: 0.05, low: 0.03, high: 0.07 }],
      experiments: [],
      alarms: []
    }
  },
  Learning: {
    strategy,
    exploration: { method: 'epsilon', share: 0.05 },
    journal: true,
    offers: [{ ...offerLearning, channels: [{ channel: 'web', ...seen }] }],
    models: [
      {
        model: 'cards@3',
        shadow: false,
        scores: 830,
        mean: 0.11,
        columns: [
          { input: 'age', column: 'customer.age', least: 18, greatest: 95, values: 830, outside: 2 }
        ]
      }
    ]
  },
  LoadReport: loadReport,
  OfferProgress: {
    ...offerLearning,
    channels: [{ channel: 'web', points: [{ time, ...seen }] }]
  },
  ReloadReport: { ...loadReport, processes },
  Problem: problem,
  Ready: { status: 'ready', strategy },
  Replay: {
    decisionId: decision.decisionId,
    same: false,
    difference: { stage: 'lever', offer: 'gold-card', recorded: 1.15, now: 1.3 },
    scores: { compared: 2, largestDifference: 0 },
    strategy
  },
  ReplayRequest: { strategy: 'current' },
  RecordedDecision: { ...decision, request },
  Strategy: {
    name: 'retail-bank',
    ...strategy,
    loadedAt: time,
    currency: 'EUR',
    timeZone: 'Europe/Berlin',
    namespaces: ['crm', 'cookie'],
    counts: { offers: 1, models: 1 },
    models: [{ name: 'cards', version: 3, shadows: [4] }],
    offers: [
      {
        id: 'gold-card',
        name: 'Gold card',
        issue: 'grow',
        group: 'cards',
        fallbackOnly: false,
        mandatory: false,
        model: 'cards'
      }
    ],
    lastLoad: loadReport,
    processes
  },
  WhatIf: { seed: '0199c0de', before: decision, after: decision },
  WhatIfRequest: {
    request,
    changes: {
      attributes: { balance: 25000, age: null },
      tags: ['finance/credit'],
      consent: { marketing: { granted: false } },
      context: { device: 'desktop' },
      at: time,
      levers: { 'gold-card': 30 }
    }
  },
  WhatIfWords: {
    currency: 'EUR',
    namespaces: ['crm', 'cookie'],
    channels: [
      {
        id: 'web',
        direction: 'inbound',
        activate: 'on_impression',
        placements: [{ id: 'home_hero', count: 1 }]
      }
    ],
    attributes: [{ name: 'age', type: 'integer', personal: false }],
    context: [{ name: 'device', type: 'string', values: ['desktop', 'mobile'] }],
    events: ['login'],
    tags: ['finance', 'finance/credit'],
    purposes: ['marketing'],
    offers: [
      {
        id: 'gold-card',
        name: 'Gold card',
        issue: 'grow',
        group: 'cards',
        levers: { issue: 0, group: 10, offer: 5 }
      }
    ]
  },
  Words: {
    currency: 'EUR',
    namespaces: ['crm', 'cookie'],
    channels: [
      {
        id: 'call_center',
        direction: 'inbound',
        activate: 'on_decision',
        placements: [{ id: 'agent', count: 3 }]
      }
    ],
    offers: [{ id: 'gold-card', name: 'Gold card', issue: 'grow', group: 'cards' }],
    attributes: [{ name: 'phone', type: 'string', personal: true }],
    context: [{ name: 'intent', type: 'string', values: ['none', 'card', 'loan'] }],
    events: ['login']
  }
}
