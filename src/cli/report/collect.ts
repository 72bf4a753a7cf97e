import type { DecisionOutcomes, PlacingOutcome } from '../../domain/journal.js'
import { createRandom } from '../../learning/random.js'

/** Offers of a model that are looked at one by one: the memory of a report is bounded by it. */
const MOST_SAMPLED = 50_000
const SEED = 1

/** What came of an offer. */
export interface OfferCounts {
  placed: number
  shown: number
  positive: number
  rejected: number
  value: number
}

/** An offer that a model scored and that was shown. */
export interface Sampled {
  readonly timeMs: number
  readonly propensity: number
  readonly positive: boolean
  /** What the model was asked, by the expressions of its file; null where missing. */
  readonly values: ReadonlyMap<string, unknown>
}

export interface ModelSample {
  shown: number
  positive: number
  /** All that was shown, or as many as are looked at, each with the same chance. */
  readonly rows: Sampled[]
}

/** What a report is made of. */
export interface Collected {
  decisions: number
  readonly offers: Map<string, OfferCounts>
  /** By name. */
  readonly models: Map<string, ModelSample>
}

/** Counts what came of decisions, and samples what models said; in bounded memory, and the same for the same decisions. */
export async function collect(decisions: AsyncIterable<DecisionOutcomes>): Promise<Collected> {
  const collected: Collected = { decisions: 0, offers: new Map(), models: new Map() }
  const random = createRandom(SEED)
  for await (const decision of decisions) {
    collected.decisions++
    for (const placing of decision.placed) {
      if (placing.fallback) continue
      countOffer(collected.offers, placing)
      const { model, shownMs, propensity, positive } = placing
      if (model === null || shownMs === null || propensity === null) continue
      const sample = collected.models.get(model) ?? { shown: 0, positive: 0, rows: [] }
      collected.models.set(model, sample)
      sample.shown++
      if (positive) sample.positive++
      // Reservoir sampling (Vitter's algorithm R): every row has the same chance to stay.
      const at = sample.shown <= MOST_SAMPLED ? sample.shown - 1 : random.integer(sample.shown)
      if (at >= MOST_SAMPLED) continue
      const values = valuesOf(decision, model, placing.offer)
      sample.rows[at] = { timeMs: decision.timeMs, propensity, positive, values }
    }
  }
  return collected
}

function countOffer(offers: Collected['offers'], placing: PlacingOutcome): void {
  const { offer, shownMs, positive, rejected, value } = placing
  const counts = offers.get(offer) ?? { placed: 0, shown: 0, positive: 0, rejected: 0, value: 0 }
  offers.set(offer, counts)
  counts.placed++
  if (shownMs === null) return
  counts.shown++
  if (positive) counts.positive++
  if (rejected) counts.rejected++
  counts.value += value ?? 0
}

function valuesOf(
  { features }: DecisionOutcomes,
  model: string,
  offer: string
): ReadonlyMap<string, unknown> {
  const asked = features.find(one => one.model.slice(0, one.model.lastIndexOf('@')) === model)
  if (asked === undefined) return new Map()
  const own = asked.offers[offer] ?? []
  return new Map([
    ...asked.shared.map((label, i) => [label, asked.sharedValues[i]] as const),
    ...asked.byOffer.map((label, i) => [label, own[i]] as const)
  ])
}
