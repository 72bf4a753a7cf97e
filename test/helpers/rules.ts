/** A small strategy that tests bend: offers and other top keys are given as YAML. */
export function rulesWith(parts: {
  offers: string
  rest?: string
  groups?: string
  placements?: string
}): string {
  return `strategy: small
currency: EUR
timeZone: Europe/Berlin
namespaces: [crm, cookie]
attributes:
  age: {type: integer}
  balance: {type: number, default: 0}
  phone: {type: string, personal: true}
  products: {type: "list<string>"}
context:
  intent: {type: string}
  device: {type: string, values: [mobile, desktop], default: desktop}
purposes: [marketing]
events: {page_view: {}, complaint: {}}
channels: {web: {direction: inbound}, call_center: {direction: inbound, activate: on_decision}}
placements:
${
  parts.placements ??
  `  home_hero: {channel: web, count: 1, fallback: welcome}
  home_tile: {channel: web, count: 3, fallback: welcome}
  agent: {channel: call_center, count: 2, fallback: welcome}`
}
issues: {grow: {lever: 0}}
groups:
${parts.groups ?? '  cards: {issue: grow}\n  loans: {issue: grow}\n  service: {issue: grow}'}
offers:
  welcome: {group: service, fallbackOnly: true, treatments: {any: {placements: [${placementNames(parts.placements)}], content: {headline: Hello}}}}
${parts.offers}
${parts.rest ?? ''}
`
}

function placementNames(placements: string | undefined): string {
  if (placements === undefined) return 'home_hero, home_tile, agent'
  return [...placements.matchAll(/^ {2}(\w+):/gm)].map(([, name]) => name).join(', ')
}

/** One offer as YAML; everything but its id has a default that competes everywhere. */
export function offerYaml(id: string, changes: Record<string, unknown> = {}): string {
  const treatments = {
    any: { placements: ['home_hero', 'home_tile', 'agent'], content: { headline: id } }
  }
  return `  ${id}: ${JSON.stringify({ group: 'cards', value: 1, treatments, ...changes })}`
}
