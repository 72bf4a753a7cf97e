import { linesOf, type DecideCall, type History } from '../history.js'
import { createMachine } from './machine.js'

/** What an answer may take beyond its timeout. */
export const GRACE_MS = 20

/** I5: no answer comes later than its timeout and the grace, what the machine takes for any answer at that time taken off. */
export function lateAnswers(history: History): DecideCall[] {
  const machineMs = createMachine(history)
  return linesOf(history, 'decide').filter(call => {
    const lateMs = call.tookMs - call.timeoutMs - GRACE_MS
    return call.outcome === 'ok' && lateMs > 0 && lateMs > machineMs(call)
  })
}
