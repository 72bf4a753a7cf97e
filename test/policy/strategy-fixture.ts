import { compileStrategy } from '../../src/policy/compile.js'
import { formatProblem } from '../../src/policy/problems.js'
import type { Compiled, Strategy } from '../../src/policy/strategy.js'

/** A strategy that says everything that this release carries out. */
export const BANK = `strategy: retail-bank
currency: EUR
timeZone: Europe/Berlin
namespaces: [crm, cookie]
startEvidence: 50
positiveWindow: 7d
reserve: 15m
retention: {cookie: 30d}

attributes:
  age: {type: integer}
  balance: {type: number, default: 0}
  job: {type: string, values: [admin, student, retired], default: admin}
  products: {type: "list<string>"}
  since: {type: timestamp, default: 2020-01-01}
  gender: {type: string, protected: true}
  phone: {type: string, personal: true}
context:
  device: {type: string, values: [mobile, desktop], default: desktop}
  intent: {type: string}
tags:
  finance: {credit: {card: [gold, travel], loan: [car]}, saving: {}}
purposes: [marketing, personalisation]
events: {page_view: {}, cart_add: {value: true}, complaint: {}}

channels:
  web: {direction: inbound}
  call_center: {direction: inbound, activate: on_decision}
placements:
  home_hero: {channel: web, multiplier: 1.5, fallback: welcome, groups: [cards, loans]}
  home_tile: {channel: web, count: 3, fallback: welcome}
  agent: {channel: call_center, count: 3, fallback: thank-you}
segments:
  affluent: customer.balance >= 20000
  young_affluent: segment.affluent && customer.age < 40

issues:
  grow: {lever: 0, suitability: 'seen("complaint", "any", "30d") == 0'}
  retain: {lever: 20}
groups:
  cards: {issue: grow, lever: 10, eligibility: customer.age >= 18}
  loans: {issue: grow}
  service: {issue: retain}
offers:
  gold-card:
    group: cards
    name: Gold card
    value: 80
    cost: 12
    lever: 5
    mandatory: true
    tags: [finance/credit/card/gold]
    purposes: [marketing]
    from: 2026-01-01
    until: 2027-01-01
    eligibility: customer.balance > 0
    applicability: '!("gold_card" in customer.products)'
    suitability: context.device == "mobile"
    propensity: {model: cards, prior: 0.1, evidence: 50}
    positive: click
    treatments:
      hero:
        placements: [home_hero, home_tile]
        content: {headline: Gold for you, image: /img/gold.png}
        languages: {de-AT: {headline: Gold für Sie}}
      agent:
        placements: [agent]
        content: {script: "Would you like it?"}
        labels: {accept: Send the card, decline: Not now}
  car-loan:
    group: loans
    value: customer.balance * 0.01
    treatments:
      tile: {placements: [home_tile], content: [1, null, true]}
  welcome:
    group: service
    fallbackOnly: true
    treatments:
      any: {placements: [home_hero, home_tile], content: {headline: Hello}}
  thank-you:
    group: service
    fallbackOnly: true
    treatments:
      any: {placements: [agent]}

contextWeights:
  - {when: context.intent == "loan", group: loans, weight: 50}
  - {when: segment.affluent, offer: gold-card, weight: -20}
  - {when: customer.age > 60, issue: retain, weight: 10}
arbitration: {formula: p * c * v * l, groupLimit: 2, exploration: {method: none}}
holdout: {share: 0.02, salt: h1}
control: {share: 0.05, salt: c1}

examples:
  - name: who owns the card is not offered it
    given:
      attributes: {age: 40, balance: 100, products: [gold_card], since: 2025-06-01}
      context: {device: mobile}
      tags: [finance/credit]
      consent: {marketing: true}
      history:
        - {type: click, offer: gold-card, channel: web, ago: 2d}
        - {type: page_view, ago: 30m}
      channel: web
      placements: [home_hero]
      exclude: [car-loan]
      language: de
      at: 2026-03-01T10:00:00Z
    expect: {home_hero: [welcome], removed: {gold-card: applicability}}
`

export const FILE = 'rules/bank.yaml'

export function compileText(text: string, file = FILE): Compiled {
  return compileStrategy([{ path: file, text }])
}

/** The strategy of a text that must be right. */
export function strategyOf(text: string): Strategy {
  const compiled = compileText(text)
  if (compiled.strategy === undefined)
    throw new Error(compiled.problems.map(formatProblem).join('\n'))
  return compiled.strategy
}

/** The fixture with one text replaced by another; a text that is not there would make the test say nothing. */
export function bankWith(from: string, to: string): string {
  if (!BANK.includes(from)) throw new Error(`the fixture does not say ${from}`)
  return BANK.replace(from, () => to)
}

/** A text without its mark §, and the line and column where the mark stood. */
export function marked(text: string): { readonly text: string; readonly at: string } {
  const offset = text.indexOf('§')
  const lines = text.slice(0, offset).split('\n')
  return { text: text.replace('§', ''), at: `${lines.length}:${lines.at(-1)!.length + 1}` }
}

/** Every problem of a text as a line. */
export function problemsOf(text: string): string[] {
  return compileText(text).problems.map(formatProblem)
}
