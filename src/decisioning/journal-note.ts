import { createHash } from 'node:crypto'
import type { Decision } from '../domain/decision.js'
import type { History } from '../domain/history.js'
import type { JournalFeatures, JournalPlacing, WhenFull } from '../domain/journal.js'
import type { Facts } from '../policy/facts.js'
import type { Declared, Strategy } from '../policy/strategy.js'
import type { PlannedColumn } from '../scoring/plan.js'
import type { Choice, Outcome } from './choose.js'
import type { FreshNote } from './ports.js'
import type { ReadyModel } from './ready-model.js'

/** What the journal keeps of a decision beside its record: plain data, as it is stored. */
export interface JournalNote {
  readonly customer: { readonly namespace: string; readonly id: string }
  readonly channel: string
  readonly experiments: Readonly<Record<string, string>>
  readonly degraded: readonly string[]
  readonly placed: readonly JournalPlacing[]
  readonly features: readonly JournalFeatures[]
  readonly facts: Readonly<Record<string, unknown>>
  readonly personalFacts: Readonly<Record<string, unknown>>
  readonly historyLength: number
  readonly historyHash: string
}

/**
 * Notes what learning needs and neither the answer nor the trace holds, when the record is written, beside the requests.
 * @param decision with all probabilities, worked out when it is asked for
 * @param choice what the decision came to
 * @param whenFull undefined where the decision is not journalled
 */
export function freshNote(
  decision: () => Decision,
  choice: Choice,
  whenFull: WhenFull | undefined
): FreshNote | undefined {
  return whenFull && { whenFull, pack: () => noteOf(decision(), choice) }
}

function noteOf(decision: Decision, { snapshot, outcome }: Choice): JournalNote {
  const { strategy } = snapshot
  const { namespace, id, experiments } = decision.customer
  return {
    customer: { namespace, id },
    channel: decision.channel,
    experiments,
    degraded: decision.degraded,
    placed: placingsOf(decision),
    features: outcome === undefined ? [] : featuresOf(strategy, outcome),
    facts: outcome === undefined ? {} : factsOf(strategy, outcome.facts, false),
    personalFacts: outcome === undefined ? {} : factsOf(strategy, outcome.facts, true),
    historyLength: outcome?.customer.history.length ?? 0,
    historyHash: outcome === undefined ? '' : hashOf(outcome.customer.history)
  }
}

function placingsOf(decision: Decision): JournalPlacing[] {
  return decision.placements.flatMap(({ id: placement, fallback, offers }) =>
    offers.map(offer => ({
      placement,
      rank: offer.rank,
      offer: offer.offerId,
      treatment: offer.treatmentId,
      fallback,
      priority: offer.priority,
      propensity: offer.propensity?.value ?? null,
      source: offer.propensity?.source ?? null,
      probability: offer.probability
    }))
  )
}

/** Attributes and context that are there, by name as conditions spell them. */
function factsOf(strategy: Strategy, facts: Facts, personal: boolean): Record<string, unknown> {
  const named: Record<string, unknown> = {}
  const note = (stem: string, declared: readonly Declared[], values: readonly unknown[]) => {
    for (let slot = 0; slot < declared.length; slot++) {
      const value = values[slot]
      if (value !== undefined && declared[slot]!.personal === personal)
        named[stem + declared[slot]!.name] = value
    }
  }
  note('customer.', strategy.attributes, facts.attributes)
  note('context.', strategy.context, facts.context)
  return named
}

function featuresOf(strategy: Strategy, outcome: Outcome): JournalFeatures[] {
  const { facts, candidates, contest, propensities } = outcome
  const offersOf = new Map<ReadyModel, number[]>()
  for (let i = 0; i < contest.positions.length; i++) {
    const model = propensities.models[i]
    if (model === undefined) continue
    const offers = offersOf.get(model) ?? []
    offersOf.set(model, offers)
    offers.push(candidates.offers[contest.positions[i]!]!)
  }
  return [...offersOf].map(([model, offers]) => {
    const { shared, byOffer } = columnsOf(model, strategy)
    return {
      model: model.label,
      shared: shared.names,
      sharedValues: shared.valuesFor(facts, offers[0]!),
      byOffer: byOffer.names,
      offers: Object.fromEntries(
        offers.map(offer => [strategy.offers[offer]!.id, byOffer.valuesFor(facts, offer)])
      )
    }
  })
}

interface Columns {
  readonly names: readonly string[]
  valuesFor(facts: Facts, offer: number): unknown[]
}

interface ModelColumns {
  readonly shared: Columns
  readonly byOffer: Columns
}

const known = new WeakMap<ReadyModel, ModelColumns>()

/** A model's columns; which of them read something personal is found out once. */
function columnsOf(model: ReadyModel, strategy: Strategy): ModelColumns {
  const before = known.get(model)
  if (before !== undefined) return before
  const columns = {
    shared: readColumns(model.plan.shared, strategy),
    byOffer: readColumns(model.plan.byOffer, strategy)
  }
  known.set(model, columns)
  return columns
}

function readColumns(
  planned: ReadonlyArray<PlannedColumn<Facts>>,
  { attributes, context }: Strategy
): Columns {
  const personal = new Set([
    ...attributes.filter(isPersonal).map(({ name }) => `customer.${name}`),
    ...context.filter(isPersonal).map(({ name }) => `context.${name}`)
  ])
  const open = planned.map(
    ({ label }) =>
      !(label.match(/\b(customer|context)\.\w+/g) ?? []).some(name => personal.has(name))
  )
  return {
    names: planned.map(({ label }) => label),
    valuesFor: (facts, offer) =>
      planned.map(({ source, missing }, i) =>
        open[i] ? (source.value(facts, offer) ?? missing ?? null) : null
      )
  }
}

function isPersonal({ personal }: Declared): boolean {
  return personal
}

/** Of what a history's newest events hold; histories of the same events under the same strategy have the same. */
function hashOf(history: History): string {
  const hash = createHash('sha1')
  for (const column of [
    history.timesMs,
    history.types,
    history.offers,
    history.channels,
    history.untilsMs
  ])
    hash.update(new Uint8Array(column.buffer, column.byteOffset, column.byteLength))
  return hash.digest('base64url')
}
