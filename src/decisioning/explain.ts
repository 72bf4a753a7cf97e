import { STAGES, type Explain } from '../domain/decision.js'
import { stageNumber } from './candidates.js'
import { HEAD_BEGINS_WITH, textsOf, type ExplanationTexts } from './explanation-texts.js'
import { JsonBytes, pieceOf } from './json-bytes.js'
import type { Legend, LegendOffer, LegendRead } from './legend.js'
import type { ContestTrace, Trace } from './trace.js'

/** Which part of an explanation is wanted. `summary`: the funnel, the winners and the five best losers. */
export interface ExplanationPage {
  readonly detail: Exclude<Explain, 'none'>
  /** The first outcome and how many of them; `full` only. */
  readonly from: number
  readonly limit: number
}

/** Most outcomes on one page. */
export const MOST_OUTCOMES = 200
const LOSERS_IN_SUMMARY = 5

/** The explanation that an answer carries; undefined where none was asked for. */
export function explainInAnswer(trace: Trace, legend: Legend): string | undefined {
  if (trace.explain === 'none') return undefined
  return renderExplanation(trace, legend, { detail: trace.explain, from: 0, limit: MOST_OUTCOMES })
}

/**
 * Renders what a decision recorded as JSON text: how many candidates each stage removed, and for every candidate its one outcome.
 * Outcomes stand in this order: selected and outranked by rank, then the removed ones by offer.
 * Figures are rounded to 6 decimals; the answer itself has them exactly.
 */
export function renderExplanation(trace: Trace, legend: Legend, page: ExplanationPage): string {
  const rendering: Rendering = {
    trace,
    legend,
    texts: textsOf(legend),
    values: new Array<string | undefined>(legend.reads.length),
    full: page.detail === 'full'
  }
  const { winners, order } = outcomeOrder(trace)
  const first = rendering.full ? page.from : 0
  const last = rendering.full ? page.from + page.limit : winners + LOSERS_IN_SUMMARY
  const end = Math.min(last, order.length)
  text.start()
  for (let i = first; i < end; i++) {
    writeOutcome(order[i]!, rendering)
  }
  const next = rendering.full && last < order.length ? `,"next":${last}` : ''
  const outcomes = end > first ? `${text.textFrom(HEAD_BEGINS_WITH.length)}}` : ''
  return (
    `{"candidates":${trace.offers.length},"holdout":${trace.holdout},"control":${trace.control}` +
    `,"funnel":[${funnel(trace)}]${heldWeights(rendering)},"outcomes":[${outcomes}]${next}}`
  )
}

/** Outcomes under construction. One memory serves all: rendering is synchronous. */
const text = new JsonBytes()
const FACTORS = pieceOf(',"factors":{"p":')
const CONTEXT = pieceOf(',"c":')

interface Rendering {
  readonly trace: Trace
  readonly legend: Legend
  readonly texts: ExplanationTexts
  /** By read: `"label":value`, made when first needed. */
  readonly values: Array<string | undefined>
  readonly full: boolean
}

/** Outcomes in order: numbers ≥ 0 are contestants, −1 − position stands for a candidate that was never scored. */
function outcomeOrder({ offers, stages, contest }: Trace): { winners: number; order: number[] } {
  const selected: number[] = []
  const outranked: number[] = []
  const scored = new Uint8Array(offers.length)
  if (contest !== null) {
    for (let i = 0; i < contest.order.length; i++) {
      const contestant = contest.order[i]!
      const position = contest.positions[contestant]!
      scored[position] = 1
      if (stages[position] === stageNumber.selected) selected.push(contestant)
      else outranked.push(contestant)
    }
  }
  const order = selected.concat(outranked)
  // Nothing is left to look for where every candidate was scored.
  for (let position = 0; order.length < offers.length; position++) {
    if (scored[position] === 0) order.push(-1 - position)
  }
  return { winners: selected.length, order }
}

/** The stages that removed something, and what was left after each; `selected` always ends it. */
function funnel({ offers, stages }: Trace): string {
  const removed = new Uint32Array(STAGES.length)
  for (let i = 0; i < stages.length; i++) removed[stages[i]!]!++
  let left = offers.length
  let text = ''
  for (let stage = 0; stage < stageNumber.selected; stage++) {
    if (removed[stage] === 0) continue
    left -= removed[stage]!
    text += `{"stage":"${STAGES[stage]!}","removed":${removed[stage]!},"left":${left}},`
  }
  return `${text}{"stage":"selected","removed":0,"left":${left}}`
}

/** The context weights that held, once; outcomes refer to them by their place in the list. */
function heldWeights({ trace, texts, full }: Rendering): string {
  const held = trace.contest?.weights ?? []
  if (!full || held.length === 0) return ''
  return `,"contextWeights":[${held.map(({ weight }) => texts.weights[weight]!.json).join(',')}]`
}

function writeOutcome(outcome: number, rendering: Rendering): void {
  const { trace, texts } = rendering
  if (outcome >= 0 && trace.contest !== null) writeScored(trace.contest, outcome, rendering)
  else {
    const position = -1 - outcome
    const offer = trace.offers[position]!
    text.piece(texts.heads[offer]!)
    text.text(`${STAGES[trace.stages[position]!]!}"${renderRemoval(offer, position, rendering)}`)
  }
}

function writeScored(contest: ContestTrace, i: number, { trace, texts, full }: Rendering): void {
  const position = contest.positions[i]!
  const offer = trace.offers[position]!
  if (trace.stages[position] === stageNumber.selected) {
    const placement = JSON.stringify(trace.placements[trace.causes[position]!])
    text.piece(texts.heads[offer]!)
    text.text(`selected","placement":${placement},"priority":`)
  } else text.piece(texts.outranked[offer]!)
  text.figure(contest.priorities[i]!)
  text.piece(FACTORS)
  text.figure(contest.p[i]!)
  writeRest(contest, i, offer, texts)
  if (full && contest.weights.length > 0) text.text(renderWeights(contest, offer, texts))
}

/** C, V, L and the model. Nearly always they are the offer's own and stand ready as one piece. */
function writeRest(contest: ContestTrace, i: number, offer: number, texts: ExplanationTexts): void {
  const c = contest.c[i]!
  const v = contest.v[i]!
  const model = contest.models[i]!
  const usual = texts.values[offer] === v && texts.models[offer] === model
  if (usual && c === 1) {
    text.piece(texts.plainRests[offer]!)
    return
  }
  text.piece(CONTEXT)
  text.figure(c)
  if (usual) text.piece(texts.rests[offer]!)
  else {
    text.text(',"v":')
    text.figure(v)
    text.text(texts.levers[offer]! + texts.sources[model]!)
  }
}

/** Which of the explanation's context weights are about this offer, by their place in its list. */
function renderWeights(contest: ContestTrace, offer: number, texts: ExplanationTexts): string {
  let text = ''
  for (let i = 0; i < contest.weights.length; i++) {
    const { weight, offers } = contest.weights[i]!
    const isFor =
      offers === undefined ? texts.weights[weight]!.isFor[offer] === 1 : offers.includes(offer)
    if (isFor) text += text === '' ? String(i) : `,${i}`
  }
  return text === '' ? '' : `,"contextWeights":[${text}]`
}

/** The rule that removed a candidate, and what it read. */
function renderRemoval(offer: number, position: number, rendering: Rendering): string {
  const { trace, legend, texts } = rendering
  const stage = trace.stages[position]!
  const cause = trace.causes[position]!
  const { rules, value } = legend.offers[offer]!
  if (stage >= stageNumber.eligibility && stage <= stageNumber.suitability) {
    return `,"rule":${texts.rules[offer]![cause]!}${renderValues(rules[cause]!.reads, position, rendering)}`
  }
  if (stage !== stageNumber.value) {
    return `,"rule":{"text":${JSON.stringify(plainReason(stage, cause, legend, legend.offers[offer]!))}}`
  }
  if (typeof value === 'number') return `,"rule":{"text":${JSON.stringify(legend.formula ?? '')}}`
  return `,"rule":${texts.valueRules[offer]!}${renderValues(value.reads, position, rendering)}`
}

function renderValues(reads: readonly number[], position: number, rendering: Rendering): string {
  if (!rendering.full || reads.length === 0) return ''
  return `,"values":{${reads.map(read => valueText(read, position, rendering)).join(',')}}`
}

function valueText(number: number, position: number, rendering: Rendering): string {
  const { trace, legend, texts, values } = rendering
  const read = legend.reads[number]!
  const label = texts.labels[number]!
  if (read.kind === 'offer')
    return label + offerProperty(read, legend.offers[trace.offers[position]!]!)
  if (read.kind === 'offerCall') {
    const found = trace.offerValues.find(([at, of]) => at === position && of === number)
    return label + shownValue(read, found?.[2] ?? null)
  }
  return (values[number] ??= label + shownValue(read, trace.values[number]))
}

function offerProperty({ label }: LegendRead, offer: LegendOffer): string {
  switch (label) {
    case 'offer.group':
      return JSON.stringify(offer.group)
    case 'offer.tags':
      return JSON.stringify(offer.tags)
    case 'offer.value':
      return typeof offer.value === 'number' ? JSON.stringify(offer.value) : 'null'
    default:
      return JSON.stringify(offer.id)
  }
}

function shownValue({ show }: LegendRead, value: unknown): string {
  if (value === null || value === undefined) return 'null'
  if (show === 'boolean')
    return value === 1 || value === true
      ? 'true'
      : value === 0 || value === false
        ? 'false'
        : 'null'
  if (show === 'timestamp' && typeof value === 'number') return `"${new Date(value).toISOString()}"`
  return JSON.stringify(value)
}

function plainReason(stage: number, cause: number, legend: Legend, offer: LegendOffer): string {
  switch (STAGES[stage]) {
    case 'validity': {
      const from = offer.from === undefined ? '' : ` from ${offer.from}`
      const until = offer.until === undefined ? '' : ` until ${offer.until}`
      return `shown${from}${until}`
    }
    case 'consent':
      return `consent to "${legend.purposes[cause] ?? ''}" is not granted`
    case 'exclude':
      return 'excluded by the request'
    default:
      return "outside the request's filter"
  }
}
