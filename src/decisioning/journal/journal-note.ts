import { hash } from 'node:crypto'
import type { Decision } from '../../domain/decision.js'
import type { History } from '../../domain/history.js'
import type { JournalPlacing, WhenFull } from '../../domain/journal.js'
import type { Facts } from '../../policy/facts.js'
import type { Strategy } from '../../policy/strategy.js'
import type { PlannedColumn } from '../../scoring/plan.js'
import type { Choice, Outcome } from '../choose.js'
import { packColumns } from '../trace/column-codec.js'
import { factValues, openColumns } from './journal-words.js'
import type { FreshNote } from '../ports.js'
import type { ReadyModel } from '../propensity/ready-model.js'

/** What the journal keeps of a decision beside its record: plain data, as it is stored. Its names are in the legend (JournalWords). */
export interface JournalNote {
  readonly customer: { readonly namespace: string; readonly id: string }
  readonly channel: string
  readonly experiments: Readonly<Record<string, string>>
  readonly degraded: readonly string[]
  readonly placed: readonly JournalPlacing[]
  readonly features: readonly NotedFeatures[]
  /** null where missing; empty where nothing competed. */
  readonly facts: readonly unknown[]
  readonly personalFacts: readonly unknown[]
  readonly historyLength: number
  readonly historyHash: string
}

/**
 * What a model was asked: the shared columns once, the others by contestant that it scored. Which those are
 * the trace says. What is personal is null.
 */
export interface NotedFeatures {
  /** name@version. */
  readonly model: string
  readonly name: string
  readonly shared: readonly unknown[]
  readonly byOffer: readonly NotedColumn[]
  /** What it answered, calibrated, packed; null where the trace has that, which is whenever propensities are not drawn or adapt. */
  readonly scores: Uint8Array | null
}

/** Numbers packed by packColumns, other values as they are, null where all are null. */
export type NotedColumn = Uint8Array | readonly unknown[] | null

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
    facts: outcome === undefined ? [] : factValues(strategy, outcome.facts, false),
    personalFacts: outcome === undefined ? [] : factValues(strategy, outcome.facts, true),
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

function featuresOf(strategy: Strategy, outcome: Outcome): NotedFeatures[] {
  const { facts, candidates, contest, propensities } = outcome
  const inTrace = propensities.adapted !== undefined || contest.p === propensities.values
  const contestantsOf = new Map<ReadyModel, number[]>()
  for (let i = 0; i < contest.positions.length; i++) {
    const model = propensities.models[i]
    if (model === undefined) continue
    const contestants = contestantsOf.get(model) ?? []
    contestantsOf.set(model, contestants)
    contestants.push(i)
  }
  return [...contestantsOf].map(([model, contestants]) => {
    const { shared, byOffer } = readersOf(model, strategy)
    const offers = contestants.map(i => candidates.offers[contest.positions[i]!]!)
    return {
      model: model.label,
      name: model.name,
      shared: shared.map(read => read?.(facts, offers[0]!) ?? null),
      byOffer: byOffer.map(read => (read === null ? null : notedColumn(read, facts, offers))),
      scores: inTrace ? null : packColumns([contestants.map(i => propensities.values[i]!)])
    }
  })
}

function notedColumn(read: ReadColumn, facts: Facts, offers: readonly number[]): NotedColumn {
  const numbers = new Float64Array(offers.length)
  for (let i = 0; i < offers.length; i++) {
    const value = read(facts, offers[i]!)
    if (typeof value !== 'number') return offers.map(offer => read(facts, offer))
    numbers[i] = value
  }
  return packColumns([numbers])
}

type ReadColumn = (facts: Facts, offer: number) => unknown

/** What reads a model's columns again; null for what is personal, which is found out once. */
interface Readers {
  readonly shared: ReadonlyArray<ReadColumn | null>
  readonly byOffer: ReadonlyArray<ReadColumn | null>
}

const known = new WeakMap<ReadyModel, Readers>()

function readersOf(model: ReadyModel, strategy: Strategy): Readers {
  const before = known.get(model)
  if (before !== undefined) return before
  const readers = {
    shared: readersFor(model.plan.shared, strategy),
    byOffer: readersFor(model.plan.byOffer, strategy)
  }
  known.set(model, readers)
  return readers
}

function readersFor(
  planned: ReadonlyArray<PlannedColumn<Facts>>,
  strategy: Strategy
): Readers['shared'] {
  const open = openColumns(strategy, planned)
  return planned.map(({ source, missing }, i) =>
    open[i] ? (facts, offer) => source.value(facts, offer) ?? missing ?? null : null
  )
}

/** Of what a history's newest events hold; histories of the same events under the same strategy have the same. */
function hashOf({ timesMs, types, offers, channels, untilsMs }: History): string {
  const columns = [timesMs, types, offers, channels, untilsMs].map(
    ({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength)
  )
  return hash('sha1', Buffer.concat(columns), 'base64')
}
