import { STAGES } from '../domain/decision.js'
import { stageNumber } from './candidates.js'
import type { Legend, LegendOffer, LegendRead, LegendRule } from './legend.js'
import type { ContestTrace, Trace } from './trace.js'

/** Which part of an explanation is wanted. `summary`: the funnel, the winners and the five best losers. */
export interface ExplanationPage {
  readonly detail: 'summary' | 'full'
  readonly from: number
  readonly limit: number
}

/** Most outcomes on one page. */
export const MOST_OUTCOMES = 200
const LOSERS_IN_SUMMARY = 5

/** Texts that are the same in every explanation of one strategy. */
interface Texts {
  readonly heads: readonly string[]
  /** By offer and rule. */
  readonly rules: readonly (readonly string[])[]
  readonly labels: readonly string[]
}
const textsOf = new WeakMap<Legend, Texts>()

/**
 * Renders what a decision recorded as JSON text: how many candidates each stage removed, and for every candidate its one outcome.
 * Outcomes stand in this order: selected and outranked by rank, then the removed ones by offer.
 */
export function renderExplanation(trace: Trace, legend: Legend, page: ExplanationPage): string {
  const texts = textsOf.get(legend) ?? writeTexts(legend)
  const order = outcomeOrder(trace)
  const winners = trace.contest === null ? 0 : countSelected(trace)
  const last = page.detail === 'summary' ? winners + LOSERS_IN_SUMMARY : page.from + page.limit
  const first = page.detail === 'summary' ? 0 : page.from
  const values = new Array<string | undefined>(legend.reads.length)
  const outcomes: string[] = []
  for (let i = first; i < Math.min(last, order.length); i++) {
    outcomes.push(
      renderOutcome(order[i]!, { trace, legend, texts, values, full: page.detail === 'full' })
    )
  }
  const next = page.detail === 'full' && last < order.length ? `,"next":${last}` : ''
  return (
    `{"candidates":${trace.offers.length},"holdout":${trace.holdout},"control":${trace.control}` +
    `,"funnel":[${funnel(trace)}],"outcomes":[${outcomes.join(',')}]${next}}`
  )
}

/** A position of a candidate, or of a contestant when the candidate was scored. */
interface OutcomeAt {
  readonly position: number
  readonly contestant: number
}

function outcomeOrder(trace: Trace): OutcomeAt[] {
  const order: OutcomeAt[] = []
  const scored = new Uint8Array(trace.offers.length)
  if (trace.contest !== null) {
    const { order: ranked, positions } = trace.contest
    const selected: OutcomeAt[] = []
    const outranked: OutcomeAt[] = []
    for (const contestant of ranked) {
      const position = positions[contestant]!
      scored[position] = 1
      ;(trace.stages[position] === stageNumber.selected ? selected : outranked).push({
        position,
        contestant
      })
    }
    order.push(...selected, ...outranked)
  }
  for (let position = 0; position < trace.offers.length; position++) {
    if (scored[position] === 0) order.push({ position, contestant: -1 })
  }
  return order
}

function countSelected(trace: Trace): number {
  return trace.stages.reduce((sum, stage) => sum + (stage === stageNumber.selected ? 1 : 0), 0)
}

function funnel(trace: Trace): string {
  const removed = new Array<number>(STAGES.length).fill(0)
  for (const stage of trace.stages) removed[stage]!++
  let left = trace.offers.length
  return STAGES.map((stage, number) => {
    if (stage === 'selected') return `{"stage":"selected","removed":0,"left":${left}}`
    left -= removed[number]!
    return `{"stage":"${stage}","removed":${removed[number]!},"left":${left}}`
  }).join(',')
}

interface Rendering {
  readonly trace: Trace
  readonly legend: Legend
  readonly texts: Texts
  /** By read: `"label":value`, made when first needed. */
  readonly values: Array<string | undefined>
  readonly full: boolean
}

function renderOutcome({ position, contestant }: OutcomeAt, rendering: Rendering): string {
  const { trace, legend, texts } = rendering
  const offer = trace.offers[position]!
  const stage = trace.stages[position]!
  const head = `${texts.heads[offer]!}${STAGES[stage]!}"`
  const cause = trace.causes[position]!
  if (trace.contest !== null && contestant >= 0) {
    const placement =
      stage === stageNumber.selected
        ? `,"placement":${JSON.stringify(trace.placements[cause])}`
        : ''
    return `${head}${placement}${renderFactors(trace.contest, contestant, offer, rendering)}}`
  }
  if (stage >= stageNumber.eligibility && stage <= stageNumber.suitability) {
    const rule = legend.offers[offer]!.rules[cause]!
    return `${head},"rule":${texts.rules[offer]![cause]!}${renderValues(rule.reads, position, rendering)}}`
  }
  if (stage === stageNumber.value)
    return `${head}${renderValueRule(legend, offer, position, rendering)}}`
  return `${head},"rule":{"text":${JSON.stringify(plainReason(stage, cause, legend, legend.offers[offer]!))}}}`
}

function renderFactors(
  contest: ContestTrace,
  i: number,
  offer: number,
  { legend, full }: Rendering
): string {
  const model = contest.models[i]!
  const propensity =
    model < 0
      ? `{"value":${contest.p[i]!},"source":"prior"}`
      : `{"value":${contest.p[i]!},"source":"model","model":${JSON.stringify(legend.models[model])}}`
  const factors = `,"priority":${contest.priorities[i]!},"factors":{"p":${contest.p[i]!},"c":${contest.c[i]!},"v":${contest.v[i]!},"l":${contest.l[i]!}},"propensity":${propensity}`
  const mandatory = legend.offers[offer]!.mandatory ? ',"mandatory":true' : ''
  return full
    ? `${factors}${mandatory}${renderWeights(contest, offer, legend)}`
    : `${factors}${mandatory}`
}

function renderWeights(contest: ContestTrace, offer: number, legend: Legend): string {
  const held = contest.weights.filter(({ weight, offers }) =>
    (offers ?? legend.weights[weight]!.offers).includes(offer)
  )
  if (held.length === 0) return ''
  const texts = held.map(({ weight }) => {
    const { text, weight: percent, target } = legend.weights[weight]!
    return JSON.stringify({ when: text, weight: percent, target })
  })
  return `,"contextWeights":[${texts.join(',')}]`
}

function renderValueRule(
  legend: Legend,
  offer: number,
  position: number,
  rendering: Rendering
): string {
  const { value } = legend.offers[offer]!
  if (typeof value === 'number') return `,"rule":{"text":${JSON.stringify(legend.formula ?? '')}}`
  return `,"rule":${ruleText(value)}${renderValues(value.reads, position, rendering)}`
}

function renderValues(reads: readonly number[], position: number, rendering: Rendering): string {
  if (!rendering.full || reads.length === 0) return ''
  return `,"values":{${reads.map(read => valueText(read, position, rendering)).join(',')}}`
}

function valueText(
  number: number,
  position: number,
  { trace, legend, texts, values }: Rendering
): string {
  const read = legend.reads[number]!
  const label = texts.labels[number]!
  if (read.kind === 'offer')
    return `${label}${offerProperty(read, legend.offers[trace.offers[position]!]!)}`
  if (read.kind === 'offerCall') {
    const found = trace.offerValues.find(([at, of]) => at === position && of === number)
    return `${label}${shownValue(read, found?.[2] ?? null)}`
  }
  return (values[number] ??= `${label}${shownValue(read, trace.values[number])}`)
}

function offerProperty(read: LegendRead, offer: LegendOffer): string {
  switch (read.label) {
    case 'offer.group':
      return JSON.stringify(offer.group)
    case 'offer.issue':
      return JSON.stringify(offer.issue)
    case 'offer.tags':
      return JSON.stringify(offer.tags)
    case 'offer.value':
      return typeof offer.value === 'number' ? JSON.stringify(offer.value) : 'null'
    default:
      return JSON.stringify(offer.id)
  }
}

function shownValue(read: LegendRead, value: unknown): string {
  if (value === null || value === undefined) return 'null'
  if (read.show === 'boolean')
    return value === 1 || value === true
      ? 'true'
      : value === 0 || value === false
        ? 'false'
        : 'null'
  if (read.show === 'timestamp' && typeof value === 'number')
    return `"${new Date(value).toISOString()}"`
  return JSON.stringify(value)
}

function plainReason(stage: number, cause: number, legend: Legend, offer: LegendOffer): string {
  switch (STAGES[stage]) {
    case 'validity':
      return `shown ${offer.from === undefined ? '' : `from ${offer.from} `}${offer.until === undefined ? '' : `until ${offer.until}`}`.trim()
    case 'consent':
      return `consent to "${legend.purposes[cause] ?? ''}" is not granted`
    case 'exclude':
      return 'excluded by the request'
    default:
      return "outside the request's filter"
  }
}

function ruleText({ kind, owner, text, place }: LegendRule): string {
  return JSON.stringify({ id: `${owner}.${kind}`, owner, text, place })
}

function writeTexts(legend: Legend): Texts {
  const texts: Texts = {
    heads: legend.offers.map(({ id }) => `{"offerId":${JSON.stringify(id)},"stage":"`),
    rules: legend.offers.map(({ rules }) => rules.map(rule => ruleText(rule))),
    labels: legend.reads.map(({ label }) => `${JSON.stringify(label)}:`)
  }
  textsOf.set(legend, texts)
  return texts
}
