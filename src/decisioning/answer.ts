import type { Decision, FilledPlacement, PlacedOffer } from '../domain/decision.js'

/**
 * Writes the body of an answer as JSON text. Contents and labels are JSON already, made when the strategy was loaded;
 * putting the text together by hand costs a third of serialising an object.
 * @param publishable leaves out priority, factors, propensity and probability, which a browser's key may not see
 */
export function writeAnswer(decision: Decision, publishable: boolean): string {
  const { customer, strategy } = decision
  return (
    `{"decisionId":"${decision.id}","decidedAt":"${new Date(decision.decidedAtMs).toISOString()}"` +
    `,"strategy":{"version":${strategy.version},"hash":"${strategy.hash}"}` +
    `,"customer":{"id":${JSON.stringify(customer.id)},"namespace":${JSON.stringify(customer.namespace)}` +
    `,"known":${customer.known},"holdout":${customer.holdout},"control":${customer.control}` +
    `,"experiments":${JSON.stringify(customer.experiments)}}` +
    `,"placements":[${decision.placements.map(placement => writePlacement(placement, publishable)).join(',')}]` +
    `,"degraded":${JSON.stringify(decision.degraded)}}`
  )
}

function writePlacement(placement: FilledPlacement, publishable: boolean): string {
  const offers = placement.offers.map(offer => writeOffer(offer, publishable)).join(',')
  return `{"id":${JSON.stringify(placement.id)},"fallback":${placement.fallback},"offers":[${offers}]}`
}

function writeOffer(offer: PlacedOffer, publishable: boolean): string {
  const scores = publishable ? '' : writeScores(offer)
  const token = offer.token === null ? '' : `,"token":"${offer.token}"`
  return (
    `{"offerId":${JSON.stringify(offer.offerId)},"treatmentId":${JSON.stringify(offer.treatmentId)},"rank":${offer.rank}` +
    `${scores}${token},"expiresAt":"${new Date(offer.expiresAtMs).toISOString()}"` +
    `,"content":${offer.contentJson},"labels":${offer.labelsJson}}`
  )
}

function writeScores({ priority, factors, propensity, probability }: PlacedOffer): string {
  const parts =
    factors === null
      ? ''
      : `,"factors":{"p":${factors.p},"c":${factors.c},"v":${factors.v},"l":${factors.l}}`
  const chance =
    propensity === null
      ? ''
      : `,"propensity":{"value":${propensity.value},"source":"${propensity.source}"` +
        `${propensity.model === null ? '' : `,"model":${JSON.stringify(propensity.model)}`},"evidence":${propensity.evidence}` +
        `${propensity.variance === null ? '' : `,"variance":${propensity.variance}`}}`
  return `,"priority":${priority}${parts}${chance},"probability":${probability}`
}

/** An answer with its explanation, both JSON texts. */
export function withExplanation(answer: string, explanation: string | undefined): string {
  return explanation === undefined ? answer : `${answer.slice(0, -1)},"explanation":${explanation}}`
}
