import { STAGES, type Explain } from '../../domain/decision.js'
import { stageNumber, UNSCORED } from '../candidates.js'
import { valuesText, type Rendering } from './explain-values.js'
import { ruleText, textsOf } from './explanation-texts.js'
import { valuedBy } from './explain-experiments.js'
import { experienceText } from './explain-experience.js'
import { exploredText } from './explain-exploration.js'
import { limitText, movesOf } from './explain-limits.js'
import { JsonBytes, piecesOf } from '../json-bytes.js'
import type { Legend, LegendOffer } from '../trace/legend.js'
import { writeHead } from './explain-head.js'
import { writeNeeds } from './explain-needs.js'
import { weightsOf, writeOutranked } from './explain-outranked.js'
import type { Trace } from '../trace/trace.js'
import { whatItTakes } from './what-it-takes.js'

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
/** Removed offers that are told, beside the best losers, what stands in their way. */
const REMOVED_THAT_MAY = 3

/** The explanation that an answer carries; undefined where none was asked for. */
export function explainInAnswer(trace: Trace, legend: Legend): string | undefined {
  if (trace.explain === 'none') return undefined
  return renderExplanation(trace, legend, { detail: trace.explain, from: 0, limit: MOST_OUTCOMES })
}

/**
 * Renders what a decision recorded as JSON text: how many candidates each stage removed, and for every candidate its one outcome.
 * Outcomes stand in this order: selected and outranked by rank, then the removed ones by offer. The outranked are most of them:
 * they are rows under named columns, a third of the bytes of objects. Figures are rounded to 6 decimals; the answer has them exactly.
 */
export function renderExplanation(trace: Trace, legend: Legend, page: ExplanationPage): string {
  const full = page.detail === 'full'
  const texts = textsOf(legend)
  const values = new Array<string | undefined>(legend.reads.length)
  const rendering: Rendering = { trace, legend, texts, values, full }
  const { order, selected, scored, competing } = outcomeOrder(trace)
  const first = full ? page.from : 0
  const last = Math.min(full ? page.from + page.limit : selected + LOSERS_IN_SUMMARY, order.length)
  text.start()
  writeHead(text, trace, legend, full)
  for (let i = first; i < Math.min(last, selected); i++) writeSelected(order[i]!, rendering)
  for (let i = Math.max(first, scored); i < last; i++)
    text.text(`${renderRemoved(-1 - order[i]!, rendering)},`)
  text.endList()
  const outranked = order.slice(Math.max(first, selected), Math.min(last, scored))
  if (outranked.length > 0) writeOutranked(text, outranked, trace, legend, full)
  if (first === 0) writeWhatItTakes(order.slice(competing, competing + REMOVED_THAT_MAY), rendering)
  text.text(full && last < order.length ? `,"next":${last}}` : '}')
  return text.toString()
}

/** The explanation under construction. One memory serves all: rendering is synchronous. */
const text = new JsonBytes()
const LABELS = piecesOf([',"priority":', ',"factors":{"p":', ',"c":', ',"v":', ',"l":'])

/**
 * Outcomes in order: first `selected` winners, then up to `scored` the outranked, all as contestants;
 * after them −1 − position for candidates, up to `competing` those that were not scored, then those that a stage has removed.
 */
function outcomeOrder(trace: Trace): {
  order: number[]
  selected: number
  scored: number
  competing: number
} {
  const { offers, stages, contest } = trace
  const winners: number[] = []
  const outranked: number[] = []
  const ranked = contest?.order ?? []
  for (let i = 0; i < ranked.length; i++) {
    const position = contest!.positions[ranked[i]!]!
    // Strict limits take some out after they were scored.
    if (stages[position]! < stageNumber.outranked) continue
    if (stages[position] === stageNumber.selected) winners.push(ranked[i]!)
    else outranked.push(ranked[i]!)
  }
  const order = winners.concat(outranked)
  const scored = order.length
  if (trace.atMost !== undefined) {
    for (let position = 0; position < offers.length; position++)
      if (isUnscored(trace, position)) order.push(-1 - position)
  }
  const competing = order.length
  // Nothing is left to look for where every candidate competed.
  for (let position = 0; order.length < offers.length; position++) {
    if (stages[position]! < stageNumber.outranked) order.push(-1 - position)
  }
  return { order, selected: winners.length, scored, competing }
}

function isUnscored({ stages, causes }: Trace, position: number): boolean {
  return stages[position] === stageNumber.outranked && causes[position] === UNSCORED
}

/** A winner, as an object. */
function writeSelected(contestant: number, rendering: Rendering): void {
  const { trace, legend, texts, full } = rendering
  const contest = trace.contest!
  const position = contest.positions[contestant]!
  const offer = trace.offers[position]!
  const model = contest.models[contestant]!
  text.piece(texts.selectedHeads, offer)
  text.text(JSON.stringify(trace.placements[trace.causes[position]!]))
  text.piece(LABELS, 0)
  text.figure(contest.priorities[contestant]!)
  text.piece(LABELS, 1)
  text.figure(contest.p[contestant]!)
  text.piece(LABELS, 2)
  text.figure(contest.c[contestant]!)
  text.piece(LABELS, 3)
  text.figure(contest.v[contestant]!)
  text.piece(LABELS, 4)
  text.figure(contest.l[contestant]!)
  text.text('}')
  if (legend.offers[offer]!.mandatory) text.text(',"mandatory":true')
  if (model > 0) text.text(`,"model":${JSON.stringify(legend.models[model - 1])}`)
  if (full && contest.moves.length > 0) text.text(`,"influencers":${movesOf(trace, offer)}`)
  if (full) writeHeldRules(offer, position, rendering)
  const held = full ? weightsOf(contest, offer, texts) : ''
  if (held !== '') text.text(`,"contextWeights":[${held}]`)
  if (trace.adapted !== undefined) text.text(experienceText(contestant, trace.adapted))
  if (trace.exploration !== undefined) text.text(exploredText(contestant, trace, legend))
  text.text('},')
}

/** The rules of a winner, all of which hold, and what they read. */
function writeHeldRules(offer: number, position: number, rendering: Rendering): void {
  const { rules } = rendering.legend.offers[offer]!
  if (rules.length === 0) return
  text.text(',"rules":[')
  for (let i = 0; i < rules.length; i++) {
    const rule = rendering.texts.rules[offer]![i]!.slice(0, -1)
    text.text(`${rule}${valuesText(rules[i]!.reads, position, rendering)}},`)
  }
  text.endList()
}

/** What the best losers would need to win, and for the first of the removed the rule that stands in the way. */
function writeWhatItTakes(removed: readonly number[], rendering: Rendering): void {
  const { trace, legend, texts } = rendering
  const needs = whatItTakes(trace, legend)
  if (needs === undefined) return
  text.text(',"whatItTakes":[')
  writeNeeds(text, needs, trace, texts)
  for (const outcome of removed) text.text(`${renderRemoved(-1 - outcome, rendering)},`)
  text.endList()
}

function renderRemoved(position: number, rendering: Rendering): string {
  const { trace, legend } = rendering
  const offer = trace.offers[position]!
  const head = `{"offerId":${JSON.stringify(legend.offers[offer]!.id)},"stage":"${STAGES[trace.stages[position]!]!}"`
  return `${head}${renderRemoval(offer, position, rendering)}}`
}

/** The rule that removed a candidate, and what it read. */
function renderRemoval(offer: number, position: number, rendering: Rendering): string {
  const { trace, legend, texts } = rendering
  const stage = trace.stages[position]!
  const cause = trace.causes[position]!
  const { rules } = legend.offers[offer]!
  if (stage >= stageNumber.eligibility && stage <= stageNumber.suitability) {
    return `,"rule":${texts.rules[offer]![cause]!}${valuesText(rules[cause]!.reads, position, rendering)}`
  }
  if (isUnscored(trace, position))
    return `,"rule":{"text":"outranked (at most ${roundedUp(trace.atMost ?? 0)})"}`
  const limit = limitText(offer, position, trace, legend, rendering.full)
  if (limit !== undefined) return limit
  if (stage !== stageNumber.value) {
    return `,"rule":{"text":${JSON.stringify(plainReason(stage, cause, legend, legend.offers[offer]!))}}`
  }
  const { value, formula } = valuedBy(offer, trace, legend)
  if (typeof value === 'number') return `,"rule":{"text":${JSON.stringify(formula ?? '')}}`
  return `,"rule":${ruleText(value)}${valuesText(value.reads, position, rendering)}`
}

/** To the 6 decimals of figures. */
function roundedUp(number: number): number {
  return Math.ceil(number * 1e6) / 1e6
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
