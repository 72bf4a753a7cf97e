import type { Decision } from '../../domain/decision.js'
import { writeAnswer } from '../answer.js'
import { withEstimates } from '../arbitration/place-offers.js'
import type { FreshRecord } from '../ports.js'
import type { ShadowTask } from '../propensity/shadows.js'
import type { Trace } from '../trace/trace.js'

/** How probabilities that take long are worked out, and what shadows think, where there are any. */
export function preparation(
  { exploration }: Trace,
  shadows: ShadowTask | undefined
): FreshRecord['prepare'] {
  const estimate =
    exploration?.method === 'thompson' ? exploration.estimation?.finishInTurns : undefined
  if (shadows === undefined) return estimate
  return async () => {
    await shadows.score()
    await estimate?.()
  }
}

/** What is kept of an answer: where probabilities were not known in time, with them. */
export function recordedAnswer(
  sent: string,
  decision: Decision,
  trace: Trace,
  publishable: boolean
): string {
  const whole = completed(decision, trace)
  return whole === decision ? sent : writeAnswer(whole, publishable)
}

/** The decision with all probabilities, the same one where they were known in time. */
export function completed(decision: Decision, { exploration }: Trace): Decision {
  return exploration?.method === 'thompson' ? withEstimates(decision, exploration) : decision
}
