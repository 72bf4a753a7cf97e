import {
  linesOf,
  type ConsentCall,
  type DecideCall,
  type EventCall,
  type History
} from '../history.js'
import { CONSENTED, consentsAtFirst, EVEN, ODD } from '../world-rules.js'
import { groupBy } from './spans.js'

/**
 * I3: no answer, whole or degraded, shows what a rule forbids: to who has not consented, to who is not eligible, or what the customer
 * has rejected; and none is about another customer.
 */
export function checkRulesKept(history: History): string[] {
  const consents = groupBy(linesOf(history, 'consent'), ({ customer }) => customer)
  const rejections = groupBy(
    linesOf(history, 'event').filter(({ type }) => type === 'reject'),
    ({ customer }) => customer
  )
  return linesOf(history, 'decide').flatMap(call => {
    if (call.outcome !== 'ok') return []
    const { customer, offers, mixedUp, decisionId } = call
    const broken = [
      ...(mixedUp ? ['is about another customer'] : []),
      ...(offers.includes(customer % 2 === 0 ? ODD : EVEN) ? ['shows what is not for them'] : []),
      ...(offers.includes(CONSENTED) && !mayConsent(call, consents.get(customer) ?? [])
        ? ['shows what needs a consent that was not given']
        : []),
      ...(wasRejected(call, rejections.get(customer) ?? []) ? ['shows what was rejected'] : [])
    ]
    return broken.map(what => `the answer ${decisionId} for c-${customer} ${what}`)
  })
}

/**
 * Whether the consent may have stood at some moment of a call. Changes of one customer follow each other: the last one that was
 * acknowledged before the call stands, unless one without an acknowledgement came after it or one was under way.
 */
function mayConsent(call: DecideCall, changes: readonly ConsentCall[]): boolean {
  let possible = new Set([consentsAtFirst(call.customer)])
  for (const { sentMs, endedMs, granted, outcome } of changes) {
    if (sentMs > call.endedMs) break
    if (outcome === 'ok' && endedMs < call.sentMs) possible = new Set([granted])
    else possible.add(granted)
  }
  return possible.has(true)
}

function wasRejected(call: DecideCall, rejections: readonly EventCall[]): boolean {
  return rejections.some(
    ({ outcome, offer, endedMs }) =>
      outcome === 'ok' && endedMs < call.sentMs && call.offers.includes(offer)
  )
}
