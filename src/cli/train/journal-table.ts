import type { Config } from '../../config.js'
import type { DecisionOutcomes, JournalPeriod, PlacingOutcome } from '../../domain/journal.js'
import type { CompileFeature, Strategy } from '../../policy/strategy.js'
import type { CsvRow } from '../csv.js'
import type { Parts } from '../parts.js'
import { readOutcomes } from '../read-outcomes.js'
import { CommandRefused } from '../shell.js'
import { bindColumns } from './bind-columns.js'
import { readTable, type ReadTable } from './read-table.js'

/** What messages and cards call the data. */
const NAME = 'the journal'
/** Of the column that says whether the positive came. */
export const ANSWER = 'positive'
/** What a decision saw under its own name: kept as it was, missing or not, where a model saw a stand-in. */
const PLAIN = /^(customer|context)\.\w+$/

export interface JournalTableRequest {
  readonly config: Config
  readonly parts: Parts
  /** Of the model. */
  readonly name: string
  readonly period: JournalPeriod
  /** Columns that are left out. */
  readonly without: ReadonlySet<string>
  readonly names: { readonly strategy: Strategy; readonly compileFeature: CompileFeature }
  readonly progress: (rows: number) => void
}

/**
 * The table that a model learns from: a row for every offer that it scores, or shall score, and that was shown. The columns are what
 * the newest version of the model was asked in the period, as decisions recorded it; without any, all that decisions knew and a
 * model may read. So nothing that came after a decision is among them. Throws CommandRefused where no offer names the model.
 */
export async function readJournalTable(request: JournalTableRequest): Promise<ReadTable> {
  const { name, names, without, config } = request
  const offers = offersOf(names.strategy, name)
  if (offers.size === 0)
    throw new CommandRefused(
      `no offer of ${config.rulesDir} has the model "${name}"; name it in their propensity first, the model itself need not be there`
    )
  const columns = named(
    (await askedOf(request)) ?? knownOf(names.strategy, offers.size),
    names.strategy
  )
  const header = [ANSWER, ...columns.keys()]
  for (const column of without)
    if (!columns.has(column))
      throw new CommandRefused(
        `--without ${column}: ${NAME} has no such column; its columns are ${[...columns.keys()].join(', ')}`
      )
  const bound = bindColumns(NAME, header, { target: ANSWER, without, map: columns }, names)
  const timesMs: number[] = []
  const read = await readTable(
    { header, rows: rowsOf(request, offers, [...columns.values()], timesMs) },
    {
      file: NAME,
      target: { name: ANSWER, at: 0 },
      positive: '1',
      bound,
      progress: request.progress
    }
  )
  return { ...read, timesMs: Float64Array.from(timesMs) }
}

/** The offers that a model scores, also for some arm only. */
function offersOf({ offers, experiments }: Strategy, model: string): ReadonlySet<string> {
  const changes = experiments.flatMap(({ arms }) => arms.map(arm => arm.changes.models))
  return new Set(
    offers
      .filter(
        offer =>
          offer.model === model || changes.some(models => models.get(offer.index)?.name === model)
      )
      .map(({ id }) => id)
  )
}

/** The expressions that the newest version of the model was asked for; undefined where it was never asked. */
async function askedOf({
  config,
  parts,
  name,
  period,
  names
}: JournalTableRequest): Promise<string[] | undefined> {
  let newestMs = -Infinity
  let asked: string[] | undefined
  const scope = { period, parts: ['features'] as const }
  for await (const decision of readOutcomes(config, parts, names.strategy, scope)) {
    const features = featuresOf(decision, name)
    if (features === undefined || decision.timeMs <= newestMs) continue
    newestMs = decision.timeMs
    asked = [...features.shared, ...features.byOffer]
  }
  return asked
}

/** The expressions for everything that decisions record and models take. */
function knownOf({ attributes, context }: Strategy, offers: number): string[] {
  const taken = ['integer', 'number', 'boolean', 'string']
  const names = (stem: string, declared: Strategy['attributes']): string[] =>
    declared
      .filter(one => !one.protected && !one.personal && taken.includes(one.type))
      .map(one => `${stem}.${one.name}`)
  return [
    ...names('customer', attributes),
    ...names('context', context),
    ...(offers > 1 ? ['offer.id'] : [])
  ]
}

/** Expressions by what their columns are called: an attribute's own name where no context has it too. */
function named(
  expressions: readonly string[],
  { attributeIndex, contextIndex }: Strategy
): Map<string, string> {
  return new Map(
    expressions.map(expression => {
      const own = expression.split('.')[1] ?? ''
      const isFree = !(attributeIndex.has(own) && contextIndex.has(own)) && own !== ANSWER
      return [PLAIN.test(expression) && isFree ? own : expression, expression]
    })
  )
}

async function* rowsOf(
  { config, parts, name, period, names }: JournalTableRequest,
  offers: ReadonlySet<string>,
  expressions: readonly string[],
  timesMs: number[]
): AsyncGenerator<CsvRow> {
  const scope = { period, parts: ['features', 'facts'] as const }
  for await (const decision of readOutcomes(config, parts, names.strategy, scope)) {
    const valueOf = readerOf(decision, name)
    for (const placing of decision.placed) {
      if (placing.fallback || placing.shownMs === null || !offers.has(placing.offer)) continue
      const values = expressions.map(expression => valueOf(expression, placing))
      // Another version of the model, or none, was asked: what the column would have held is not known.
      if (values.includes(undefined)) continue
      timesMs.push(decision.timeMs)
      const cells = [placing.positive ? '1' : '0', ...values.map(textOf)]
      yield { line: timesMs.length, cells }
    }
  }
}

/** A value as a cell of a file; blank where there is none. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : ''
}

/** Reads what an expression was for an offer of a decision: null where it had no value, undefined where nothing tells. */
function readerOf(
  decision: DecisionOutcomes,
  model: string
): (expression: string, placing: PlacingOutcome) => unknown {
  const features = featuresOf(decision, model)
  const shared = new Map(features?.shared.map((label, i) => [label, features.sharedValues[i]]))
  const byOffer = new Map(features?.byOffer.map((label, i) => [label, i]))
  return (expression, { offer }) => {
    if (PLAIN.test(expression)) return decision.facts[expression] ?? null
    if (expression === 'offer.id') return offer
    const at = byOffer.get(expression)
    return at === undefined ? shared.get(expression) : features?.offers[offer]?.[at]
  }
}

function featuresOf({ features }: DecisionOutcomes, model: string) {
  return features.find(asked => asked.model.slice(0, asked.model.lastIndexOf('@')) === model)
}
