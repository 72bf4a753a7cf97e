import { linesOf, type DecideCall, type History } from '../history.js'
import { createMachine } from './machine.js'

/** What an answer may take beyond its timeout; who takes longer for the simplest answer of all is too busy to be judged. */
export const GRACE_MS = 20
/** An answer waits for its process at least so often: when its time is over, and when it is written. */
const TURNS = 2

/** What came of the times of answers. */
export interface TimeFindings {
  readonly late: readonly DecideCall[]
  /** Answers that fell into moments in which the machine was not too busy to tell. */
  readonly judged: number
  readonly answered: number
}

/** I5: no answer comes later than its timeout and the grace, what the machine takes for any answer at that time taken off. */
export function checkTimes(history: History): TimeFindings {
  const machineMs = createMachine(history)
  const answered = linesOf(history, 'decide').filter(({ outcome }) => outcome === 'ok')
  const judged = answered.filter(call => machineMs(call) < GRACE_MS)
  const late = judged.filter(
    call => call.tookMs - call.timeoutMs - GRACE_MS > TURNS * machineMs(call)
  )
  return { late, judged: judged.length, answered: answered.length }
}
