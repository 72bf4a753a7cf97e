import { linesOf, type DecideCall, type History } from '../history.js'

/**
 * I4: every answer that is less than it could be names why, and the metric counts it. There is always an offer for a page, so a
 * fallback there needs a reason.
 */
export function checkReasons(history: History): string[] {
  const answers = linesOf(history, 'decide').filter(({ outcome }) => outcome === 'ok')
  const nameless = answers.filter(
    ({ channel, fallback, degraded }) => channel === 'web' && fallback && degraded.length === 0
  )
  return [
    ...nameless.map(({ decisionId }) => `${decisionId} is a fallback and names no reason`),
    ...linesOf(history, 'figures').flatMap(({ service, degraded }) => {
      const ofService = linesOf(history, 'decide').filter(call => call.service === service)
      return uncounted(ofService, degraded).map(what => `${service} ${what}`)
    })
  ]
}

/** What got no answer may have been counted. */
function uncounted(
  calls: readonly DecideCall[],
  counted: Readonly<Record<string, number>>
): string[] {
  const unanswered = calls.filter(({ outcome }) => outcome === 'unknown').length
  // An answer that was given again, for the same Idempotency-Key, was counted once.
  const answers = new Map(calls.map(call => [call.decisionId, call]))
  const seen = new Map<string, number>()
  for (const { degraded } of answers.values())
    for (const reason of degraded) seen.set(reason, (seen.get(reason) ?? 0) + 1)
  return [...new Set([...seen.keys(), ...Object.keys(counted)])].flatMap(reason => {
    const [answered, inMetric] = [seen.get(reason) ?? 0, counted[reason] ?? 0]
    return inMetric >= answered && inMetric <= answered + unanswered
      ? []
      : [`answered ${answered} times without "${reason}" and counted ${inMetric}`]
  })
}
