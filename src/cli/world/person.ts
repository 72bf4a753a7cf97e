import type { Job, WorldAttributes } from './customer.js'

/** Who somebody is before the bank knows anything: what the rest is drawn from, so that attributes hang together. */
export interface Person {
  readonly age: number
  readonly job: Job
  readonly education: 'primary' | 'secondary' | 'tertiary'
  readonly marital: WorldAttributes['marital']
  readonly children: number
  readonly homeowner: boolean
  readonly tenureMonths: number
  /** EUR net a month. */
  readonly income: number
  readonly balance: number
  readonly overdraftDays: number
  readonly digitalDays: number
  readonly travels: boolean
  readonly openness: number
  readonly thrift: number
}
