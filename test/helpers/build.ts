import { LOCAL_CALLER, type Caller } from '../../src/domain/caller.js'
import type { Lexicon } from '../../src/domain/customer.js'
import { INTERACTION_TYPES } from '../../src/domain/interaction.js'
import type {
  Channel,
  Declared,
  Offer,
  Placement,
  Strategy,
  Treatment
} from '../../src/policy/strategy.js'

const PLACE = { file: 'rules/offers.yaml', line: 1, column: 1 }

/** Everything of a strategy but what follows from it: indices and the lexicon. */
export type StrategyParts = Omit<
  Strategy,
  'attributeIndex' | 'contextIndex' | 'channelIndex' | 'placementIndex' | 'offerIndex' | 'lexicon'
>

/**
 * A strategy made by hand: two channels, two offers of one group and a fallback in one placement.
 * Indices and the lexicon are made from the lists.
 */
export function strategy(changes: Partial<StrategyParts> = {}): Strategy {
  const parts: StrategyParts = { ...PLAIN, ...changes }
  return {
    ...parts,
    attributeIndex: positions(parts.attributes.map(({ name }) => name)),
    contextIndex: positions(parts.context.map(({ name }) => name)),
    channelIndex: positions(parts.channels.map(({ id }) => id)),
    placementIndex: positions(parts.placements.map(({ id }) => id)),
    offerIndex: positions(parts.offers.map(({ id }) => id)),
    lexicon: lexiconOf(parts)
  }
}

function lexiconOf(parts: StrategyParts): Lexicon {
  return {
    attributes: parts.attributes.map(({ name }) => name),
    purposes: parts.purposes,
    types: [...INTERACTION_TYPES, ...parts.behaviourTypes.keys()],
    offers: parts.offers.map(({ id }) => id),
    channels: parts.channels.map(({ id }) => id),
    quotas: parts.quotas,
    reserves: parts.contactPolicies.some(({ strict }) => strict),
    namespaces: parts.namespaces,
    retentionMs: {}
  }
}

/** What holds the strategy in force, as use cases see it. */
export function snapshotsOf(current: Strategy): { current: () => { strategy: Strategy } } {
  return { current: () => ({ strategy: current }) }
}

export function attribute(changes: Partial<Declared> & Pick<Declared, 'name'>): Declared {
  return { type: 'string', protected: false, personal: false, ...changes }
}

function channel(changes: Partial<Channel> = {}): Channel {
  return {
    index: 0,
    id: 'web',
    quotas: [],
    direction: 'inbound',
    activate: 'on_impression',
    ...changes
  }
}

function treatment(changes: Partial<Treatment> = {}): Treatment {
  return {
    id: 'gold-card.web.hero',
    contentJson: new Map([['', '{}']]),
    labelsJson: '{}',
    ...changes
  }
}

function placement(changes: Partial<Placement> = {}): Placement {
  return {
    index: 0,
    id: 'home_hero',
    quotas: [],
    channel: 0,
    count: 1,
    multiplier: 1,
    fallback: 2,
    candidates: Int32Array.of(0, 1),
    treatments: ['gold-card', 'travel-card', 'welcome'].map(id =>
      treatment({ id: `${id}.web.hero` })
    ),
    ...changes
  }
}

export function offer(changes: Partial<Offer> = {}): Offer {
  return {
    index: 0,
    id: 'gold-card',
    name: 'Gold card',
    group: 'cards',
    issue: 'grow',
    groupIndex: 0,
    issueIndex: 0,
    fallbackOnly: false,
    mandatory: false,
    tags: [],
    purposes: [],
    fromMs: -Infinity,
    untilMs: Infinity,
    value: 1,
    lever: 0,
    costMinor: 0,
    quotas: [],
    levers: { issue: 0, group: 0, offer: 0 },
    leverFactor: 1,
    rules: [],
    model: undefined,
    modelPlace: PLACE,
    prior: 0.5,
    evidence: 50,
    positive: 'accept',
    adapt: undefined,
    ...changes
  }
}

export function caller(changes: Partial<Caller> = {}): Caller {
  return { ...LOCAL_CALLER, ...changes }
}

const PLAIN: StrategyParts = {
  name: 'plain',
  currency: 'EUR',
  timeZone: 'UTC',
  namespaces: ['crm', 'cookie'],
  attributes: [
    attribute({ name: 'age', type: 'integer' }),
    attribute({ name: 'balance', type: 'number' }),
    attribute({ name: 'job', values: ['admin', 'student', 'retired'] }),
    attribute({ name: 'since', type: 'timestamp' }),
    attribute({ name: 'products', type: 'list<string>' }),
    attribute({ name: 'gender', protected: true })
  ],
  journal: undefined,
  positiveWindowMs: 7 * 86_400_000,
  adapts: false,
  context: [attribute({ name: 'device', values: ['mobile', 'desktop'] })],
  tagPaths: new Set(['finance', 'finance/credit', 'finance/credit/card', 'finance/saving']),
  purposes: ['marketing', 'personalisation'],
  behaviourTypes: new Map([
    ['page_view', { value: false }],
    ['cart_add', { value: true }]
  ]),
  channels: [channel(), channel({ index: 1, id: 'email', direction: 'outbound' })],
  placements: [placement()],
  groups: ['cards', 'service'],
  issues: ['grow', 'retain'],
  offers: [
    offer(),
    offer({ index: 1, id: 'travel-card', name: 'Travel card' }),
    offer({
      index: 2,
      id: 'welcome',
      name: 'Welcome',
      group: 'service',
      groupIndex: 1,
      issue: 'retain',
      issueIndex: 1,
      fallbackOnly: true
    })
  ],
  segments: [],
  contextWeights: [],
  contactPolicies: [],
  quotas: [],
  exclusions: { never: [], after: [] },
  influencers: [],
  formula: undefined,
  groupLimit: Infinity,
  exploration: { method: 'none' },
  holdout: undefined,
  control: undefined,
  program: { testCount: 0, callCount: 0, run: () => undefined, offerCalls: [] },
  experiments: [],
  layers: [],
  modelNames: [],
  examples: [],
  places: {
    issues: [PLACE, PLACE],
    groups: [PLACE, PLACE],
    offers: [PLACE, PLACE, PLACE],
    channels: [PLACE, PLACE],
    placements: [PLACE],
    never: []
  }
}

function positions(names: readonly string[]): ReadonlyMap<string, number> {
  return new Map(names.map((name, index) => [name, index]))
}
