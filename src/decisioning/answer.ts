import type { Decision, FilledPlacement, PlacedOffer } from '../domain/decision.js'

/** What of an answer is shown: a publishable key sees no priority, factors, propensity and probability. */
export interface AnswerView {
  readonly publishable: boolean
  /** JSON text of the explanation, undefined where none was asked for. */
  readonly explanation: string | undefined
}

/**
 * Writes the body of an answer as JSON text. Contents and labels are JSON already, made when the strategy was loaded;
 * putting the text together by hand costs a third of serialising an object.
 */
export function writeAnswer(decision: Decision, view: AnswerView): string {
  const { customer, strategy } = decision
  const explanation = view.explanation === undefined ? '' : `,"explanation":${view.explanation}`
  return (
    `{"decisionId":"${decision.id}","decidedAt":"${new Date(decision.decidedAtMs).toISOString()}"` +
    `,"strategy":{"version":${strategy.version},"hash":"${strategy.hash}"}` +
    `,"customer":{"id":${JSON.stringify(customer.id)},"namespace":${JSON.stringify(customer.namespace)}` +
    `,"known":${customer.known},"holdout":${customer.holdout},"control":${customer.control}` +
    `,"experiments":${JSON.stringify(customer.experiments)}}` +
    `,"placements":[${decision.placements.map(placement => writePlacement(placement, view)).join(',')}]` +
    `,"degraded":${JSON.stringify(decision.degraded)}${explanation}}`
  )
}

function writePlacement(placement: FilledPlacement, view: AnswerView): string {
  const offers = placement.offers.map(offer => writeOffer(offer, view)).join(',')
  return `{"id":${JSON.stringify(placement.id)},"fallback":${placement.fallback},"offers":[${offers}]}`
}

function writeOffer(offer: PlacedOffer, view: AnswerView): string {
  const scores = view.publishable ? '' : writeScores(offer)
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
        `${propensity.model === null ? '' : `,"model":${JSON.stringify(propensity.model)}`},"evidence":${propensity.evidence}}`
  return `,"priority":${priority}${parts}${chance},"probability":${probability}`
}
