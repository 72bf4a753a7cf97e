/** What the bank knows about a customer of the world, in the words of rules/customers.yaml; undefined where it is not known. */
export interface WorldAttributes {
  readonly age: number
  readonly gender: 'female' | 'male' | 'diverse'
  readonly marital: 'single' | 'married' | 'divorced' | 'widowed'
  readonly children: number
  readonly education: 'primary' | 'secondary' | 'tertiary' | undefined
  readonly job: Job | undefined
  readonly homeowner: boolean
  readonly phone: string
  readonly email: string
  readonly products: readonly string[]
  readonly tenure_months: number
  /** EUR. */
  readonly balance: number
  /** EUR net a month. */
  readonly income: number | undefined
  /** EUR a month. */
  readonly card_spend: number
  readonly foreign_spend: number
  readonly overdraft_days: number
  readonly digital_days: number
  readonly app_installed: boolean
  readonly salary_account: boolean
  readonly fixed_rate_months: number | undefined
  readonly risk_profile: 'cautious' | 'balanced' | 'dynamic' | undefined
  readonly payment_default: boolean
  readonly vulnerable: boolean
  readonly terms_version: number
  readonly id_months_left: number
}

export const JOBS = [
  'admin',
  'blue_collar',
  'entrepreneur',
  'management',
  'retired',
  'self_employed',
  'services',
  'student',
  'technician',
  'unemployed'
] as const
export type Job = (typeof JOBS)[number]

export interface WorldConsent {
  readonly granted: boolean
  /** RFC 3339. */
  readonly time: string
  readonly source: string
}

/** Something that the customer did, so many hours before the moment at which the world is looked at. */
export interface WorldEvent {
  readonly type: string
  readonly hoursAgo: number
  readonly value?: number
}

/** What nobody at the bank knows, and what answers depend on all the same. */
export interface HiddenTraits {
  /** EUR net a month, also where the bank does not know it. */
  readonly income: number
  /** How open to offers: mean 0, variance 1. */
  readonly openness: number
  /** How careful with money: mean 0, variance 1. */
  readonly thrift: number
}

export interface WorldCustomer {
  readonly namespace: 'crm'
  readonly id: string
  readonly attributes: WorldAttributes
  readonly tags: readonly string[]
  readonly consent: Readonly<Record<'marketing' | 'personalisation', WorldConsent>>
  /** The latest first. */
  readonly events: readonly WorldEvent[]
  readonly hidden: HiddenTraits
}

/** The customer as one line of the import: NDJSON without the line's end, and without anything hidden. */
export function toImportLine({ namespace, id, attributes, tags, consent }: WorldCustomer): string {
  return JSON.stringify({ namespace, id, attributes, tags, consent })
}
