import type { Decision, FilledPlacement, PlacedOffer } from '../domain/decision.js'
import type { Offer, Placement, Treatment } from '../policy/strategy.js'
import type { Contest } from './arbitrate.js'
import type { Asked } from './asked.js'
import type { Candidates } from './candidates.js'
import type { Filling } from './fill.js'
import type { Propensities } from './propensities.js'
import type { Snapshot } from './snapshot.js'
import { TOKEN_LIFE_MS, type Tokens } from './tokens.js'

/** The winners of a decision; undefined stands for a decision in which nothing competed. */
export interface Outcome {
  readonly candidates: Candidates
  readonly propensities: Propensities
  readonly contest: Contest
  readonly filling: Filling
}

/** Dresses the winners with what their placements show; a placement that got none shows its fallback. */
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
      placeWinner(snapshot, asked, placement, outcome, contestant, at + 1)
    )
    return { id: placement.id, fallback: false, offers }
  })
}

/** Puts a token on every offer of a decision; one seal serves them all. */
export function sealOffers(tokens: Tokens, decision: Decision): Decision {
  const sealed = tokens.seal({
    decisionId: decision.id,
    decidedAtMs: decision.decidedAtMs,
    channel: decision.channel,
    customer: { namespace: decision.customer.namespace, id: decision.customer.id },
    offers: decision.placements.flatMap(({ id, offers }) =>
      offers.map(({ offerId, treatmentId }) => ({ offerId, treatmentId, placement: id }))
    )
  })
  let next = 0
  const placements = decision.placements.map(placement => ({
    ...placement,
    offers: placement.offers.map(offer => ({ ...offer, token: sealed[next++] ?? null }))
  }))
  return { ...decision, placements }
}

function placeWinner(
  snapshot: Snapshot,
  asked: Asked,
  placement: Placement,
  { candidates, propensities, contest }: Outcome,
  contestant: number,
  rank: number
): PlacedOffer {
  const offer = snapshot.strategy.offers[candidates.offers[contest.positions[contestant]!]!]!
  const p = contest.p[contestant]!
  const model = propensities.models[contestant]
  return {
    ...shown(offer, placement, asked),
    rank,
    priority: contest.priorities[contestant]!,
    factors: { p, c: contest.c[contestant]!, v: contest.v[contestant]!, l: contest.l[contestant]! },
    propensity: {
      value: p,
      source: model === undefined ? 'prior' : 'model',
      model: model?.label ?? null,
      evidence: 0
    },
    probability: 1
  }
}

function placeFallback(snapshot: Snapshot, asked: Asked, placement: Placement): PlacedOffer {
  const offer = snapshot.strategy.offers[placement.fallback]!
  return {
    ...shown(offer, placement, asked),
    rank: 1,
    priority: 0,
    factors: null,
    propensity: null,
    probability: 1
  }
}

function shown(
  offer: Offer,
  placement: Placement,
  asked: Asked
): Pick<
  PlacedOffer,
  'offerId' | 'treatmentId' | 'token' | 'expiresAtMs' | 'contentJson' | 'labelsJson'
> {
  const treatment = placement.treatments[offer.index]!
  return {
    offerId: offer.id,
    treatmentId: treatment.id,
    token: null,
    expiresAtMs: Math.min(offer.untilMs, asked.nowMs + TOKEN_LIFE_MS),
    contentJson: contentIn(treatment, asked.languages),
    labelsJson: treatment.labelsJson
  }
}

function contentIn(treatment: Treatment, languages: readonly string[]): string {
  for (const language of languages) {
    const content = treatment.contentJson.get(language)
    if (content !== undefined) return content
  }
  return '{}'
}
