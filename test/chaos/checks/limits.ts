import { linesOf, type History } from '../history.js'
import { OFTEN, RESERVE_MS, SCARCE } from '../world-rules.js'
import { groupBy, mostWithin, type Span } from './spans.js'

/**
 * I1: no strict limit is exceeded. What agents show is shown as it is answered; what pages show counts when they say so. A fact that
 * comes after its reservation has lapsed is counted however full the limit is, so it is left out here.
 */
export function checkLimits(history: History): string[] {
  return [...scarceExceeded(history), ...oftenExceeded(history)]
}

function scarceExceeded(history: History): string[] {
  const byAgents = agentsShowed(history).filter(({ offer }) => offer === SCARCE.id)
  const byPages = [...groupBy(linesOf(history, 'event'), ({ id }) => id).values()].flatMap(
    calls => {
      const told = calls.find(({ outcome }) => outcome === 'ok')
      if (told?.type !== 'impression' || told.offer !== SCARCE.id) return []
      const fromMs = Math.min(...calls.map(({ sentMs }) => sentMs))
      return told.endedMs - told.askedMs > RESERVE_MS ? [] : [{ fromMs, toMs: told.endedMs }]
    }
  )
  const { count, fromMs } = mostWithin([...byAgents, ...byPages], SCARCE.windowMs)
  if (count <= SCARCE.limit) return []
  return [
    `${SCARCE.id} was shown ${count} times within ${SCARCE.windowMs} ms from ${at(fromMs)}, ${SCARCE.limit} are allowed`
  ]
}

function oftenExceeded(history: History): string[] {
  const groups = groupBy(
    agentsShowed(history),
    ({ customer, offer }) => `${offer} to c-${customer}`
  )
  return [...groups].flatMap(([what, spans]) => {
    const { count, fromMs } = mostWithin(spans, OFTEN.windowMs)
    if (count <= OFTEN.limit) return []
    return [
      `agents showed ${what} ${count} times within ${OFTEN.windowMs} ms from ${at(fromMs)}, ${OFTEN.limit} are allowed`
    ]
  })
}

/** Of an answer that was given twice, for the same Idempotency-Key, the first is when it was decided. */
function agentsShowed(
  history: History
): Array<Span & { readonly customer: number; readonly offer: string }> {
  const seen = new Set<string>()
  return linesOf(history, 'decide').flatMap(call => {
    const { channel, outcome, fallback, decisionId, customer, sentMs, endedMs } = call
    if (channel !== 'call_center' || outcome !== 'ok' || fallback || seen.has(decisionId)) return []
    seen.add(decisionId)
    return call.offers.map(offer => ({ customer, offer, fromMs: sentMs, toMs: endedMs }))
  })
}

function at(ms: number): string {
  return new Date(ms).toISOString()
}
