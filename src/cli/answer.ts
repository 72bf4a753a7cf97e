import { z } from 'zod'
import { figure, table, type Paint } from './paint.js'

const Factors = z.object({ p: z.number(), c: z.number(), v: z.number(), l: z.number() })
const Propensity = z.object({
  value: z.number(),
  source: z.string(),
  model: z.string().nullish(),
  evidence: z.number().optional()
})

const Rule = z.object({
  id: z.string().optional(),
  owner: z.string().optional(),
  text: z.string().optional(),
  place: z.string().optional()
})

const Outcome = z.object({
  offerId: z.string(),
  stage: z.string(),
  rule: Rule.optional(),
  values: z.record(z.string(), z.unknown()).optional(),
  placement: z.string().optional(),
  priority: z.number().optional(),
  factors: Factors.optional(),
  /** The model that gave P; the prior where there is none. */
  model: z.string().optional(),
  exploration: z
    .object({ text: z.string().optional(), probability: z.number().nullish() })
    .optional()
})

const Need = z.object({
  offerId: z.string(),
  stage: z.string(),
  placement: z.string().optional(),
  value: z.number().nullish(),
  lever: z.number().nullish(),
  contextWeight: z.number().nullish(),
  reason: z.string().optional()
})

const Explanation = z.object({
  candidates: z.number(),
  funnel: z.array(z.object({ stage: z.string(), removed: z.number(), left: z.number() })),
  outcomes: z.array(Outcome),
  exploration: z.object({ text: z.string() }).optional(),
  outranked: z
    .object({ columns: z.array(z.string()), rows: z.array(z.array(z.unknown())) })
    .optional(),
  whatItTakes: z.array(Need).optional()
})

const PlacedOffer = z.object({
  offerId: z.string(),
  treatmentId: z.string(),
  rank: z.number(),
  priority: z.number().optional(),
  factors: Factors.nullish(),
  propensity: Propensity.nullish(),
  content: z.unknown()
})

/** The parts of an answer that people are shown; a newer service may send more. */
export const Answer = z.object({
  decisionId: z.string(),
  decidedAt: z.string(),
  strategy: z.object({ version: z.number(), hash: z.string() }),
  customer: z.object({
    id: z.string(),
    namespace: z.string(),
    known: z.boolean(),
    holdout: z.boolean(),
    control: z.boolean()
  }),
  placements: z.array(
    z.object({ id: z.string(), fallback: z.boolean(), offers: z.array(PlacedOffer) })
  ),
  degraded: z.array(z.string()),
  explanation: Explanation.optional()
})
export type Answer = z.infer<typeof Answer>
type Outcome = z.infer<typeof Outcome>
type Need = z.infer<typeof Need>
type Explanation = z.infer<typeof Explanation>
type Factors = z.infer<typeof Factors>

/** How many of the ranked offers have their arithmetic shown. */
const SHOWN_SUMS = 3
const SHORT_HASH = 8
const SHORT_CONTENT = 40

/** An answer as lines for people; `tookMs` where it is known. */
export function describeAnswer(answer: Answer, tookMs: number | undefined, paint: Paint): string[] {
  const { customer, strategy } = answer
  const traits = [
    customer.known ? 'known' : 'unknown',
    ...(customer.holdout ? ['holdout: fallbacks only'] : []),
    ...(customer.control ? ['control: priors instead of models'] : [])
  ]
  const time = tookMs === undefined ? '' : `, ${tookMs.toFixed(1)} ms`
  return [
    `${paint.bold(`${customer.namespace}/${customer.id}`)} ${paint.dim(`(${traits.join(', ')})`)}`,
    paint.dim(
      `decision ${answer.decisionId}, strategy ${strategy.version} (${strategy.hash.slice(0, SHORT_HASH)})${time}`
    ),
    ...answer.degraded.map(what => paint.yellow(`degraded: ${what}`)),
    '',
    ...table(
      ['placement', 'rank', 'offer', 'priority', 'P from', 'shows'],
      answer.placements.flatMap(({ id, fallback, offers }) =>
        offers.length === 0
          ? [[id, '', '(nothing)']]
          : offers.map((offer, i) => [
              i === 0 ? id : '',
              String(offer.rank),
              fallback ? `${offer.offerId} (fallback)` : offer.offerId,
              fallback || offer.priority === undefined ? '' : figure(offer.priority),
              offer.propensity ? sourceOf(offer.propensity) : '',
              headline(offer.content)
            ])
      ),
      ['rank', 'priority']
    )
  ]
}

/** How many candidates each stage removed, the arithmetic of the first ranked, and why the others were removed. */
export function describeExplanation(
  { candidates, funnel, outcomes, outranked, whatItTakes, exploration }: Explanation,
  paint: Paint
): string[] {
  const ranked = [
    ...outcomes.filter(outcome => outcome.factors !== undefined),
    ...(outranked === undefined ? [] : outrankedOf(outranked))
  ]
  const removed = outcomes.filter(outcome => outcome.factors === undefined)
  const stages = funnel.filter(({ stage, removed: count }) => count > 0 || stage === 'selected')
  return [
    paint.bold(`From ${candidates} candidates`),
    ...table(
      ['stage', 'removed', 'left'],
      stages.map(({ stage, removed: count, left }) => [
        stage,
        count === 0 ? '' : String(count),
        String(left)
      ]),
      ['removed', 'left']
    ),
    ...section(
      'The first by priority: P × C × V × L',
      ranked.slice(0, SHOWN_SUMS).map(arithmetic),
      paint
    ),
    ...section(
      'Left to chance',
      exploration === undefined ? [] : [exploration.text, ...outcomes.flatMap(chance)],
      paint
    ),
    ...section(
      'What the best of the others would need, any one of',
      (whatItTakes ?? []).filter(({ stage }) => stage === 'outranked').map(needed),
      paint
    ),
    ...section('Removed', removed.map(reason), paint)
  ]
}

/** How an offer came into its slot, and how likely that was. */
function chance({ offerId, exploration }: Outcome): string[] {
  if (exploration === undefined) return []
  const { probability, text } = exploration
  const likely = typeof probability === 'number' ? `probability ${figure(probability)}` : ''
  return [`${offerId}: ${[likely, text].filter(Boolean).join(', ')}`]
}

/** The least that would make an offer win. */
function needed({ offerId, placement, value, lever, contextWeight, reason: why }: Need): string {
  const ways = [
    ...(typeof value === 'number' ? [`value ${value}`] : []),
    ...(typeof lever === 'number' ? [`levers of ${lever} %`] : []),
    ...(typeof contextWeight === 'number' ? [`context weight of ${contextWeight} % more`] : [])
  ]
  if (ways.length === 0)
    return `${offerId}: ${why ?? 'no value, lever or context weight is enough'}`
  return `${offerId}: ${ways.join(', ')}${placement === undefined ? '' : ` (in ${placement})`}`
}

/** The rows of a table of outranked offers, as outcomes. */
function outrankedOf({ columns, rows }: NonNullable<Explanation['outranked']>): Outcome[] {
  return rows.map(row => {
    const cell = Object.fromEntries(columns.map((column, i) => [column, row[i]]))
    const { model, ...factors } = cell
    return Outcome.parse({ ...cell, stage: 'outranked', factors, model: model ?? undefined })
  })
}

function section(title: string, lines: readonly string[], paint: Paint): string[] {
  return lines.length === 0 ? [] : ['', paint.bold(title), ...lines.map(line => `  ${line}`)]
}

function arithmetic({ offerId, stage, placement, priority, factors, model }: Outcome): string {
  const where = placement === undefined ? stage : `${stage} in ${placement}`
  const from = model === undefined ? 'prior' : `model ${model}`
  return `${offerId}: ${factors === undefined ? '' : `${product(factors)} = `}${figure(priority ?? 0)} (${where}; P from ${from})`
}

function product({ p, c, v, l }: Factors): string {
  return [p, c, v, l].map(figure).join(' × ')
}

function sourceOf({
  source,
  model
}: {
  readonly source: string
  readonly model?: string | null | undefined
}): string {
  return model ? `${source} ${model}` : source
}

function reason({ offerId, stage, rule, values }: Outcome): string {
  const why = rule?.text === undefined ? '' : `: ${rule.text}`
  const owner = rule?.owner === undefined || rule.owner === offerId ? '' : ` of ${rule.owner}`
  const found = Object.entries(values ?? {}).map(
    ([label, value]) => `${label} is ${value === null ? 'missing' : JSON.stringify(value)}`
  )
  return `${offerId}: ${stage}${owner}${why}${found.length === 0 ? '' : ` (${found.join(', ')})`}`
}

/** The first text of a content, which is what a person would recognise it by. */
function headline(content: unknown): string {
  const texts = typeof content === 'object' && content !== null ? Object.values(content) : []
  const first = texts.find(text => typeof text === 'string') ?? ''
  return first.length > SHORT_CONTENT ? `${first.slice(0, SHORT_CONTENT - 1)}…` : first
}
