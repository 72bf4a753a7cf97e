import type { Decision, FilledPlacement, PlacedOffer } from '../../domain/decision.js'
import type { Offer, Placement, Treatment } from '../../policy/strategy.js'
import { standingOf } from '../propensity/adapt.js'
import type { Asked } from '../asked.js'
import type { Outcome } from '../choose.js'
import { drawnSlots, type ThompsonTrace } from '../trace/exploration-trace.js'
import type { Snapshot } from '../snapshot.js'
import { TOKEN_LIFE_MS, type Tokens } from '../tokens.js'

/**
 * Dresses the winners with what their placements show; a placement that got none shows its fallback.
 * @param outcome undefined for a decision in which nothing competed
 */
export function placeOffers(
  snapshot: Snapshot,
  asked: Asked,
  outcome: Outcome | undefined
): FilledPlacement[] {
  return asked.placements.map(({ placement }, i) => {
    const contestants = outcome?.filling[i] ?? []
    if (outcome === undefined || contestants.length === 0) {
      return {
        id: placement.id,
        fallback: true,
        offers: [placeFallback(snapshot, asked, placement)]
      }
    }
    const offers = contestants.map((contestant, at) =>
      placeWinner(snapshot, asked, placement, outcome, { contestant, rank: at + 1 })
    )
    return { id: placement.id, fallback: false, offers }
  })
}

/** Puts a token on every offer of a decision; one seal serves them all. */
export function sealOffers(tokens: Pick<Tokens, 'seal'>, decision: Decision): void {
  const offers = decision.placements.flatMap(({ id: placement, offers: placed }) =>
    placed.map(({ offerId, treatmentId }) => ({ offerId, treatmentId, placement }))
  )
  const { id: decisionId, decidedAtMs, channel, customer } = decision
  const sealed = tokens.seal({ decisionId, decidedAtMs, channel, customer, offers })
  let next = 0
  for (const placement of decision.placements) {
    for (const offer of placement.offers) offer.token = sealed[next++] ?? null
  }
}

/** The decision with the probabilities that were not worked out when it was answered. It takes milliseconds: not for a request's path. */
export function withEstimates(decision: Decision, exploration: ThompsonTrace): Decision {
  const slots = drawnSlots(exploration)
  const placements = decision.placements.map((filled, i) => {
    const here = slots.filter(({ placement }) => placement === i)
    const offers = filled.offers.map((offer, rank) => ({
      ...offer,
      probability: offer.probability ?? here[rank]!.probability
    }))
    return { ...filled, offers }
  })
  return { ...decision, placements }
}

function placeWinner(
  snapshot: Snapshot,
  asked: Asked,
  placement: Placement,
  { candidates, propensities, contest, explored }: Outcome,
  { contestant, rank }: { readonly contestant: number; readonly rank: number }
): PlacedOffer {
  const offer = snapshot.strategy.offers[candidates.offers[contest.positions[contestant]!]!]!
  // Of this decision's strategy: experiments may show other treatments than the placement that was asked for has.
  const treatment = snapshot.strategy.placements[placement.index]!.treatments[offer.index]!
  const model = propensities.models[contestant]
  return {
    offerId: offer.id,
    treatmentId: treatment.id,
    rank,
    priority: contest.priorities[contestant]!,
    factors: {
      p: contest.p[contestant]!,
      c: contest.c[contestant]!,
      v: contest.v[contestant]!,
      l: contest.l[contestant]!
    },
    propensity: {
      // What is known of it; what was drawn from that stands in the factors.
      value: propensities.values[contestant]!,
      model: model?.label ?? null,
      ...standingOf(offer, propensities, contestant)
    },
    probability:
      contest.exploring?.method === 'thompson'
        ? null
        : (explored?.find(slot => slot.contestant === contestant)?.probability ?? 1),
    token: null,
    expiresAtMs: expiryOf(offer, asked),
    contentJson: contentIn(treatment, asked.languages),
    labelsJson: treatment.labelsJson
  }
}

function placeFallback(snapshot: Snapshot, asked: Asked, placement: Placement): PlacedOffer {
  const offer = snapshot.strategy.offers[placement.fallback]!
  const treatment = placement.treatments[offer.index]!
  return {
    offerId: offer.id,
    treatmentId: treatment.id,
    rank: 1,
    priority: 0,
    factors: null,
    propensity: null,
    probability: 1,
    token: null,
    expiresAtMs: expiryOf(offer, asked),
    contentJson: contentIn(treatment, asked.languages),
    labelsJson: treatment.labelsJson
  }
}

/** An offer can be told about as long as its token lives, and is shown no longer than it is valid. */
function expiryOf(offer: Offer, asked: Asked): number {
  return Math.min(offer.untilMs, asked.nowMs + TOKEN_LIFE_MS)
}

function contentIn(treatment: Treatment, languages: readonly string[]): string {
  for (const language of languages) {
    const content = treatment.contentJson.get(language)
    if (content !== undefined) return content
  }
  return '{}'
}
