import { offerYaml, rulesWith } from '../helpers/rules.js'

/** Of the scarce offer, so many impressions in any so many ms, over all customers. */
export const SCARCE = { id: 'scarce', limit: 60, windowMs: 10_000 } as const
/** To one customer, so many impressions of one offer in any so many ms by agents. */
export const OFTEN = { limit: 3, windowMs: 20_000 } as const
/** How long what was promised is kept. */
export const RESERVE_MS = 15_000

/** Only for who has consented. */
export const CONSENTED = 'consented'
/** Only for customers whose number is even. */
export const EVEN = 'even'
/** Only for the others. */
export const ODD = 'odd'
/** For everybody, always. */
export const PLAIN = 'plain'

/** A strategy in which an observer knows of every answer whether it may be. */
export const RULES = rulesWith({
  offers: [
    offerYaml(SCARCE.id, {
      value: 100,
      quotas: [{ limit: SCARCE.limit, window: `${SCARCE.windowMs / 1000}s`, strict: true }]
    }),
    offerYaml(CONSENTED, { value: 50, purposes: ['marketing'] }),
    offerYaml(EVEN, { value: 20, eligibility: 'customer.age == 20' }),
    offerYaml(ODD, { value: 20, eligibility: 'customer.age == 21' }),
    offerYaml(PLAIN, { value: 1 })
  ].join('\n'),
  rest: `reserve: ${RESERVE_MS / 1000}s
journal: {keep: 7d, maxBytes: 1GB, whenFull: wait}
contactPolicies:
  - {id: often, counts: [impression], scope: offer, limit: ${OFTEN.limit}, window: ${OFTEN.windowMs / 1000}s, strict: true, channels: [call_center]}
  - {id: rejected, counts: [reject], scope: offer, limit: 1, window: 30d, suppressFor: 60d}`
})

/** What is stored of a customer at the start. */
export function profileOf(customer: number): object {
  return {
    attributes: { age: 20 + (customer % 2) },
    consent: { marketing: { granted: consentsAtFirst(customer) } }
  }
}

/** Every third customer. */
export function consentsAtFirst(customer: number): boolean {
  return customer % 3 === 0
}

export function customerId(customer: number): string {
  return `c-${customer}`
}
