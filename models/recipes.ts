import type { ListedColumn } from '../src/cli/train/model-yaml.js'
import { JOBS } from '../src/cli/world/customer.js'

/** One column of a model. */
export interface Column extends ListedColumn {
  /** For people, in the card. */
  readonly meaning: string
}

interface Input {
  readonly input: string
  readonly columns: readonly Column[]
}

/** How one of the shipped models is made. */
export interface Recipe {
  readonly name: string
  readonly title: string
  readonly method: 'logistic' | 'trees'
  /** Offers of this group were shown, and it is them that the model scores. */
  readonly group: string
  /** String inputs come last. */
  readonly inputs: readonly Input[]
  readonly limits: readonly string[]
}

const single = (input: string, column: Column): Input => ({ input, columns: [column] })

const SHARED_LIMITS = [
  'Trained on a synthetic world: right for demonstrations, tests and benches, not for real customers.',
  'Only customers who agreed to marketing and passed the policies of rules/ were asked; for others the figures say nothing.',
  'After changes to the offers, the policies or the expressions above, train again (`npm run models`) and compare the figures.'
]

const CARDS = [
  'business-card',
  'cashback-card',
  'classic-card',
  'gold-card',
  'platinum-card',
  'student-card',
  'travel-card',
  'virtual-card'
]

/** Typed inputs, one a feature, as scikit-learn's exporter writes them. */
const cards: Recipe = {
  name: 'cards',
  title: 'Cards: will the customer take this card?',
  method: 'logistic',
  group: 'cards',
  inputs: [
    single('age', { from: 'customer.age', missing: 45, meaning: 'years' }),
    single('income', { from: 'customer.income', missing: 2400, meaning: 'EUR net a month' }),
    single('card_spend', { from: 'customer.card_spend', meaning: 'EUR paid by card a month' }),
    single('foreign_spend', {
      from: 'customer.foreign_spend',
      meaning: 'EUR of it outside the euro area'
    }),
    single('balance', { from: 'customer.balance', meaning: 'EUR on all accounts' }),
    single('digital_days', {
      from: 'customer.digital_days',
      meaning: 'of the last 30 with a visit to web bank or app'
    }),
    single('overdraft_days', { from: 'customer.overdraft_days', meaning: 'of the last 90' }),
    single('intent_card', {
      from: 'context.intent == "card"',
      meaning: '1 when the visit is about cards'
    }),
    single('job', {
      from: 'customer.job',
      missing: 'unknown',
      meaning: 'occupation',
      categories: [...JOBS, 'unknown']
    }),
    single('education', {
      from: 'customer.education',
      missing: 'unknown',
      meaning: 'highest degree',
      categories: ['primary', 'secondary', 'tertiary', 'unknown']
    }),
    single('device', {
      from: 'context.device',
      meaning: 'of this request',
      categories: ['mobile', 'desktop', 'tablet']
    }),
    single('offer', { from: 'offer.id', meaning: 'which card', categories: CARDS })
  ],
  limits: [
    'A card that is not among the categories of `offer` is scored as no card in particular: train before adding one.',
    ...SHARED_LIMITS
  ]
}

/** One matrix with a column that depends on the offer, so that every loan gets its own figure. */
const loans: Recipe = {
  name: 'loans',
  title: 'Loans: will the customer ask for this loan?',
  method: 'logistic',
  group: 'loans',
  inputs: [
    {
      input: 'features',
      columns: [
        { from: 'customer.age / 10.0', missing: 4.5, meaning: 'decades' },
        {
          from: '(customer.age - 42) * (customer.age - 42) / 100.0',
          missing: 2.5,
          meaning: 'distance from middle age, squared, in decades'
        },
        { from: 'customer.income / 1000.0', missing: 2.4, meaning: 'thousand EUR net a month' },
        {
          from: 'customer.balance > 30000 ? 30.0 : customer.balance / 1000.0',
          missing: 0,
          meaning: 'thousand EUR on all accounts, 30 at most'
        },
        { from: 'customer.overdraft_days', meaning: 'of the last 90' },
        { from: 'customer.children', meaning: 'in the household' },
        { from: 'customer.homeowner', meaning: '1 for owners of their home' },
        { from: 'customer.tenure_months / 12.0', missing: 0, meaning: 'years with the bank' },
        {
          from: 'seen("calculator", "any", "14d") > 0 ? 1.0 : 0.0',
          meaning: '1 after a loan was tried in the calculator'
        },
        {
          from: 'context.intent == "loan" ? 1.0 : 0.0',
          meaning: '1 when the visit is about a loan'
        },
        { from: 'context.device == "mobile" ? 1.0 : 0.0', meaning: '1 on a phone' },
        {
          from: 'offer.value / 100.0',
          missing: 0,
          meaning: 'value of the offer, hundred EUR: large loans are taken less often'
        },
        {
          from: 'offer.id == "mortgage-extension" ? 1.0 : 0.0',
          meaning: '1 for the one loan that its customers need anyway'
        }
      ]
    }
  ],
  limits: [
    "The offers' values are inputs: after changing a value in rules/offers/loans.yaml the scores move, and the model should be trained again.",
    ...SHARED_LIMITS
  ]
}

/** Boosted trees over one matrix, the same for all offers of a decision: one row is enough. */
const savings: Recipe = {
  name: 'savings',
  title: 'Savings: will the customer put money aside?',
  method: 'trees',
  group: 'savings',
  inputs: [
    {
      input: 'features',
      columns: [
        { from: 'customer.age', missing: 45, meaning: 'years' },
        { from: 'customer.balance', meaning: 'EUR on all accounts' },
        { from: 'customer.income', missing: 0, meaning: 'EUR net a month; 0 where not known' },
        { from: 'customer.card_spend', meaning: 'EUR paid by card a month' },
        { from: 'customer.children', meaning: 'in the household' },
        { from: 'customer.overdraft_days', meaning: 'of the last 90' },
        {
          from: 'customer.digital_days',
          meaning: 'of the last 30 with a visit to web bank or app'
        },
        { from: 'customer.tenure_months', missing: 0, meaning: 'with the bank' },
        { from: 'customer.homeowner', meaning: '1 for owners of their home' },
        {
          from: '"savings_account" in customer.products ? 1.0 : 0.0',
          meaning: '1 for those who save with us'
        },
        {
          from: 'context.intent == "save" ? 1.0 : 0.0',
          meaning: '1 when the visit is about saving'
        },
        { from: 'context.device == "mobile" ? 1.0 : 0.0', meaning: '1 on a phone' }
      ]
    }
  ],
  limits: [
    'One figure for all savings offers: it says how ready somebody is to put money aside, not where.',
    ...SHARED_LIMITS
  ]
}

export const RECIPES: readonly Recipe[] = [cards, loans, savings]
