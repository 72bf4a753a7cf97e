/** The world of the bench: 50 offers, one logistic model of 32 columns, customers with 60 attributes and 20 interactions. */

export const OFFERS = 50
export const COLUMNS = 32
const ATTRIBUTES = 60
const HISTORY = 20

/** What an offer is worth; also a column of the model, so that every row differs. */
export function offerValue(offer: number): number {
  return 10 + ((offer * 37) % 90)
}

/** Repeatable numbers in [0,1): a 32-bit mixer (splitmix32) over a counter. */
export function numbersFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x9e3779b9) >>> 0
    let mixed = state
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad)
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97)
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32
  }
}

/** A customer's attributes: 31 numbers that the model reads, more numbers, and words. */
export function attributesOf(customer: number): Record<string, number | string> {
  const random = numbersFrom(customer * 7919 + 1)
  const attributes: Record<string, number | string> = {}
  for (let i = 0; i < ATTRIBUTES; i++) {
    attributes[`a${i}`] =
      i < 48 ? Math.round(random() * 1e6) / 1e4 : `word-${Math.floor(random() * 1000)}`
  }
  return attributes
}

export function customerId(customer: number): string {
  return `b-${100_000 + customer}`
}

/** The interactions of a customer, newest first, as ages in minutes. */
export function historyOf(
  customer: number,
  count = HISTORY
): Array<{ type: string; offer: number; ageMinutes: number }> {
  const random = numbersFrom(customer * 104_729 + 3)
  return Array.from({ length: count }, (_, i) => ({
    type: random() < 0.8 ? 'impression' : 'click',
    offer: Math.floor(random() * OFFERS),
    ageMinutes: 30 + i * 600 + Math.floor(random() * 300)
  }))
}

/** How the bench limits its offers. */
export type Limits = 'none' | 'contact policies' | 'strict quotas'

/** Six policies such as strategies have; with the histories of the bench they hold hardly anything back, so the rest of the work is the same. */
const CONTACT_POLICIES = `
contactPolicies:
  - {id: tired-of-offer, counts: [impression], scope: offer, limit: 4, window: 7d, channels: [web]}
  - {id: rejected-offer, counts: [reject], scope: offer, limit: 1, window: 30d, suppressFor: 60d}
  - {id: rejected-group, counts: [reject], scope: group, limit: 2, window: 30d, suppressFor: 60d}
  - {id: busy-group, counts: [impression, click], scope: group, limit: 40, window: 7d}
  - {id: weekly-issue, counts: [impression], scope: issue, limit: 60, window: week}
  - {id: daily-contacts, counts: [impression], scope: all, limit: 20, window: day}
`
const STRICT_QUOTA = '    quotas: [{limit: 1000000000, window: day, strict: true, reserve: 1m}]'

/** What makes rules journal every decision; appended to them. */
export const JOURNAL = 'journal: {keep: 7d, maxBytes: 1GB, whenFull: wait}\n'

/** A model's name by offer: which one scores it. */
type ModelOf = (offer: number) => string

/** The rules of the bench as YAML: every offer passes for nearly every customer, so that all are scored. */
export function rulesText(
  limits: Limits = 'none',
  count = OFFERS,
  modelOf: ModelOf = () => 'bench',
  valueOf = offerValue
): string {
  const attributes = Array.from(
    { length: ATTRIBUTES },
    (_, i) => `  a${i}: {type: ${i < 48 ? 'number' : 'string'}}`
  )
  const offers = Array.from({ length: count }, (_, i) =>
    [
      `  offer-${i}:`,
      `    group: ${i % 2 === 0 ? 'cards' : 'loans'}`,
      `    value: ${valueOf(i)}`,
      `    eligibility: customer.a${i % 20} >= 0`,
      `    suitability: seen("complaint", "any", "30d") == 0`,
      `    propensity: {model: ${modelOf(i)}, prior: 0.1}`,
      ...(limits === 'strict quotas' ? [STRICT_QUOTA] : []),
      `    treatments: {hero: {placements: [home_hero], content: {headline: Offer number ${i}, image: /img/${i}.png}}}`
    ].join('\n')
  )
  return `strategy: bench
currency: EUR
namespaces: [crm]
attributes:
${attributes.join('\n')}
context:
  page: {type: string}
  device: {type: string, values: [mobile, desktop, tablet], default: desktop}
events: {complaint: {}}
channels: {web: {direction: inbound}}
placements: {home_hero: {channel: web, count: 1, fallback: welcome}}
segments:
  rich: customer.a1 >= 50
  young_rich: segment.rich && customer.a2 < 40
issues: {grow: {lever: 0}}
groups:
  cards: {issue: grow, lever: 10, eligibility: customer.a0 >= 0}
  loans: {issue: grow}
  service: {issue: grow}
contextWeights:
  - {when: 'context.device == "mobile"', group: loans, weight: 50}
  - {when: segment.young_rich, group: cards, weight: 20}
offers:
  welcome: {group: service, fallbackOnly: true, treatments: {any: {placements: [home_hero], content: {headline: Hello}}}}
${offers.join('\n')}
${limits === 'contact policies' ? CONTACT_POLICIES : ''}`
}

/** model.yaml of the bench: 31 attributes and the offer's value. */
export function modelText(name = 'bench'): string {
  const columns = Array.from(
    { length: COLUMNS - 1 },
    (_, i) => `{from: customer.a${i}, missing: 0}`
  )
  return `model: ${name}
version: 1
file: model.onnx
inputs:
  - {input: input, columns: [${columns.join(', ')}, {from: offer.value}]}
output: {name: probabilities, positive: "1"}
`
}
