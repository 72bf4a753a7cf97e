/** What answers depend on: smooth functions of a customer into [0, 1]. */
export const TRAITS = [
  'youth',
  'midlife',
  'senior',
  'wealth',
  'earner',
  'strain',
  'online',
  'family',
  'home',
  'loyal',
  'spend',
  'travel',
  'thrift'
] as const
export type Trait = (typeof TRAITS)[number]

/** What an offer's answers depend on; weights are in log odds. */
export interface OfferTruth {
  readonly group: keyof typeof GROUPS
  readonly base: number
  readonly traits: Readonly<Partial<Record<Trait, number>>>
  readonly pairs?: ReadonlyArray<readonly [Trait, Trait, number]>
  /** A tag that makes the offer more welcome. */
  readonly interest?: string
}

/** What holds for all offers of a group. */
export const GROUPS = {
  cards: { intent: 'card', mobile: 0.35, afterComplaint: -1.2 },
  loans: { intent: 'loan', mobile: -0.3, afterComplaint: -1.2 },
  savings: { intent: 'save', mobile: -0.1, afterComplaint: -0.8 },
  protection: { intent: 'insure', mobile: 0, afterComplaint: -0.8 },
  accounts: { intent: 'leave', mobile: 0.1, afterComplaint: 0.4 },
  service: { intent: 'none', mobile: 0.2, afterComplaint: 0 }
} as const

/** What the channel adds, by group. */
export const CHANNELS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  cards: { web: 0, app: 0.3, call_center: 0.2, branch: 0.4, email: -0.9 },
  loans: { web: 0, app: -0.1, call_center: 0.6, branch: 0.9, email: -0.8 },
  savings: { web: 0, app: 0.1, call_center: 0.5, branch: 0.8, email: -0.6 },
  protection: { web: 0, app: 0, call_center: 0.5, branch: 0.7, email: -0.9 },
  accounts: { web: 0, app: 0.2, call_center: 0.8, branch: 0.9, email: -0.5 },
  service: { web: 0, app: 0.3, call_center: 0.9, branch: 0.9, email: -0.4 }
}

/** By offer id of rules/offers. */
export const OFFERS: Readonly<Record<string, OfferTruth>> = {
  'gold-card': {
    group: 'cards',
    base: -4.6,
    traits: { earner: 1.5, spend: 1.8, strain: -1 },
    pairs: [
      ['earner', 'travel', 1.4],
      ['youth', 'online', 0.5]
    ]
  },
  'classic-card': {
    group: 'cards',
    base: -3.9,
    traits: { youth: 1.1, online: 0.7, spend: 1, wealth: -0.4 },
    pairs: [['youth', 'online', 0.7]]
  },
  'platinum-card': {
    group: 'cards',
    base: -5,
    traits: { earner: 1.4, wealth: 1, loyal: 0.5 },
    pairs: [
      ['earner', 'travel', 1.6],
      ['wealth', 'spend', 0.9]
    ]
  },
  'travel-card': {
    group: 'cards',
    base: -4.4,
    traits: { travel: 2, youth: 0.8, spend: 0.9 },
    pairs: [['travel', 'earner', 1]],
    interest: 'life/travel'
  },
  'student-card': {
    group: 'cards',
    base: -3.2,
    traits: { youth: 1.4, online: 0.9 },
    interest: 'life/study'
  },
  'cashback-card': {
    group: 'cards',
    base: -4.5,
    traits: { spend: 2.6, thrift: 0.9, online: 0.5 },
    pairs: [['spend', 'family', 0.8]]
  },
  'business-card': {
    group: 'cards',
    base: -3.9,
    traits: { earner: 1, spend: 1.2, loyal: 0.4 }
  },
  'virtual-card': {
    group: 'cards',
    base: -3.4,
    traits: { online: 1.6, youth: 0.9 },
    pairs: [['youth', 'spend', 0.9]]
  },

  'personal-loan': {
    group: 'loans',
    base: -3.9,
    traits: { strain: 0.9, midlife: 0.9, wealth: -2.2, thrift: -0.9 },
    pairs: [
      ['midlife', 'family', 0.8],
      ['earner', 'home', 0.4]
    ]
  },
  'car-loan': {
    group: 'loans',
    base: -4,
    traits: { midlife: 1, family: 0.6, wealth: -1.6, thrift: -0.5 },
    interest: 'life/mobility'
  },
  'green-loan': {
    group: 'loans',
    base: -4.7,
    traits: { home: 1.2, earner: 0.8, wealth: -0.6, senior: -1.2 },
    pairs: [['home', 'midlife', 1]],
    interest: 'life/green'
  },
  'renovation-loan': {
    group: 'loans',
    base: -4.3,
    traits: { home: 1.3, midlife: 0.7, wealth: -1.3 },
    pairs: [['home', 'family', 0.8]],
    interest: 'life/home'
  },
  'study-loan': {
    group: 'loans',
    base: -3.4,
    traits: { youth: 1.5, wealth: -1.4, thrift: -0.3 },
    interest: 'life/study'
  },
  mortgage: {
    group: 'loans',
    base: -5.6,
    traits: { midlife: 1.3, earner: 1.2, home: -1.2, thrift: 0.5 },
    pairs: [['family', 'earner', 1.2]],
    interest: 'life/home/buying'
  },
  'mortgage-extension': {
    group: 'loans',
    base: -3.4,
    traits: { home: 0.9, loyal: 0.8, thrift: 0.7, wealth: -0.5 }
  },
  'debt-consolidation': {
    group: 'loans',
    base: -3.7,
    traits: { strain: 1.8, wealth: -1.6, family: 0.5 },
    pairs: [['strain', 'midlife', 0.8]]
  },

  'instant-savings': {
    group: 'savings',
    base: -4.35,
    traits: { thrift: 0.9, wealth: 2.3, strain: -2.6, online: 0.5 },
    pairs: [
      ['wealth', 'earner', 2.1],
      ['youth', 'online', 1]
    ]
  },
  'fixed-deposit-1y': {
    group: 'savings',
    base: -5.45,
    traits: { wealth: 2.9, thrift: 0.7, senior: 1, strain: -2 },
    pairs: [['wealth', 'senior', 3.4]]
  },
  'fixed-deposit-3y': {
    group: 'savings',
    base: -5.85,
    traits: { wealth: 2.6, senior: 1.2, thrift: 0.5 },
    pairs: [['wealth', 'senior', 3.4]]
  },
  'youth-savings': {
    group: 'savings',
    base: -4.65,
    traits: { family: 3.1, thrift: 0.4, strain: -2 },
    pairs: [['family', 'wealth', 3.4]],
    interest: 'life/family'
  },
  'savings-plan': {
    group: 'savings',
    base: -4.55,
    traits: { thrift: 0.8, youth: 1, earner: 1.3, strain: -2.3, wealth: 0.8 },
    pairs: [['youth', 'online', 2.3]]
  },
  'fund-plan': {
    group: 'savings',
    base: -4.85,
    traits: { earner: 1.4, online: 1.2, wealth: 1, senior: -1 },
    pairs: [['earner', 'online', 1.7]],
    interest: 'finance/investing'
  },
  'managed-portfolio': {
    group: 'savings',
    base: -5.65,
    traits: { wealth: 2.9, loyal: 0.9, earner: 0.8 },
    pairs: [['wealth', 'senior', 1.3]]
  },
  'pension-plan': {
    group: 'savings',
    base: -5.55,
    traits: { midlife: 2.1, earner: 1.7, thrift: 0.4, wealth: 1 },
    pairs: [['midlife', 'earner', 2.3]]
  },

  'household-insurance': {
    group: 'protection',
    base: -3.7,
    traits: { home: 0.7, family: 0.4, thrift: 0.3 },
    interest: 'life/home'
  },
  'liability-insurance': {
    group: 'protection',
    base: -3.2,
    traits: { youth: 0.4, family: 0.7 }
  },
  'travel-insurance': {
    group: 'protection',
    base: -3.6,
    traits: { travel: 1.4, senior: 0.5 },
    interest: 'life/travel'
  },
  'winter-insurance': {
    group: 'protection',
    base: -3,
    traits: { travel: 0.5, family: 0.4 },
    interest: 'life/travel/snow'
  },
  'life-insurance': {
    group: 'protection',
    base: -4.4,
    traits: { family: 1.4, home: 0.5, midlife: 0.6 },
    pairs: [['family', 'home', 0.8]]
  },
  'phone-insurance': {
    group: 'protection',
    base: -3.4,
    traits: { youth: 0.8, online: 0.5, thrift: -0.4 }
  },

  'win-back': {
    group: 'accounts',
    base: -1.4,
    traits: { loyal: 0.8, thrift: 0.5 }
  },
  'salary-switch': {
    group: 'accounts',
    base: -3.5,
    traits: { youth: 0.7, thrift: 0.4, loyal: -0.3 }
  },
  'premium-account': {
    group: 'accounts',
    base: -4.6,
    traits: { earner: 1.1, travel: 0.8, wealth: 0.6 }
  },
  'refer-a-friend': {
    group: 'accounts',
    base: -4,
    traits: { online: 0.8, loyal: 0.7, youth: 0.5 }
  },
  anniversary: {
    group: 'accounts',
    base: -1,
    traits: { loyal: 0.8, senior: 0.3 }
  },
  'first-steps': {
    group: 'accounts',
    base: -1.6,
    traits: { online: 0.9, youth: 0.3 }
  },

  'terms-2026': {
    group: 'service',
    base: 0,
    traits: { online: 0.6, loyal: 0.3 }
  },
  'id-renewal': {
    group: 'service',
    base: -0.4,
    traits: { online: 0.6 }
  },
  'complaint-callback': {
    group: 'service',
    base: -0.9,
    traits: { loyal: 0.5, senior: 0.3 }
  },
  'budget-coach': {
    group: 'service',
    base: -2.7,
    traits: { strain: 1, online: 0.4, family: 0.3 }
  },
  'security-check': {
    group: 'service',
    base: -2.6,
    traits: { online: 0.5, senior: 0.4 }
  },
  'app-download': {
    group: 'service',
    base: -3,
    traits: { online: 1, youth: 0.7, senior: -0.5 }
  },
  paperless: {
    group: 'service',
    base: -2.2,
    traits: { online: 0.8 },
    interest: 'life/green'
  },
  'advice-appointment': {
    group: 'service',
    base: -3.2,
    traits: { wealth: 0.8, loyal: 0.4, online: -0.3 }
  },
  'branch-evening': {
    group: 'service',
    base: -3.4,
    traits: { midlife: 0.7, wealth: 0.3 }
  }
}
