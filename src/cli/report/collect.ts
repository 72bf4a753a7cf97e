import type { DecisionOutcomes, JournalCandidate, PlacingOutcome } from '../../domain/journal.js'
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
  readonly chance: ChanceCost
}

/** What leaving a part to chance was estimated to cost: sums over first slots whose best candidate is known. */
export interface ChanceCost {
  slots: number
  /** Where chance put another than the best there. */
  byChance: number
  /** Priority and propensity of the best, less those of the one that stood there. */
  priority: number
  priorityOfBest: number
  propensity: number
}

/** Counts what came of decisions, and samples what models said; in bounded memory, and the same for the same decisions. */
export async function collect(decisions: AsyncIterable<DecisionOutcomes>): Promise<Collected> {
  const chance = { slots: 0, byChance: 0, priority: 0, priorityOfBest: 0, propensity: 0 }
  const collected: Collected = { decisions: 0, offers: new Map(), models: new Map(), chance }
  const random = createRandom(SEED)
  for await (const decision of decisions) {
    collected.decisions++
    countChance(chance, decision)
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

/** Only of decisions that filled one placement: of others it is not noted what competed for which. */
function countChance(chance: ChanceCost, { placed, candidates }: DecisionOutcomes): void {
  const first = placed.find(({ rank }) => rank === 1)
  if (first === undefined || first.fallback) return
  if (placed.some(({ placement }) => placement !== first.placement)) return
  const best = bestOf(candidates)
  if (best === undefined || best.priority === null || best.p === null) return
  if (first.propensity === null) return
  chance.slots++
  chance.priorityOfBest += best.priority
  if (best.offer === first.offer) return
  chance.byChance++
  chance.priority += best.priority - first.priority
  chance.propensity += best.p - first.propensity
}

/** The first in the order of the arbitration, in which chance has no part, of those that were not taken out by a limit. */
function bestOf(candidates: readonly JournalCandidate[]): JournalCandidate | undefined {
  let best: JournalCandidate | undefined
  for (const candidate of candidates) {
    const { outcome, rank } = candidate
    if (rank === null || (outcome !== 'selected' && outcome !== 'outranked')) continue
    if (best === undefined || rank < best.rank!) best = candidate
  }
  return best
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
