import type { QuotaClaim } from '../../domain/limits.js'
import { StoreUnavailable } from '../../domain/refusal.js'
import type { Deadline } from '../deadline.js'
import type { HoldOutcome } from '../ports.js'
import type { PromiseAnswers, PromiseDeps } from '../limits/promises.js'

/** Longer than anything takes that is answered from memory. */
const PATIENCE_MS = 60_000

/**
 * A store that answers about strict limits what it answered a recorded decision, in the same order, and then that the time is over
 * where it was. What it was not asked then, it agrees to.
 */
export function recordedPromises(answers: PromiseAnswers): {
  store: Pick<PromiseDeps, 'customers' | 'quotas'>
  deadline: Deadline
} {
  const holds = [...answers.holds]
  const claims = [...answers.claims]
  let answered = 0
  /** Counts when the answer arrives: only then does the decision look at the time again. */
  const counted = <T>(answer: Promise<T>): Promise<T> =>
    answer.finally(() => {
      answered++
    })
  const outcomeOf = (claim: QuotaClaim) => {
    const at = claims.findIndex(([{ quota, id }]) => quota.id === claim.quota.id && id === claim.id)
    return at < 0 ? 'held' : claims.splice(at, 1)[0]![1]
  }
  return {
    store: {
      customers: {
        hold: () => counted(holdOutcome(holds.shift() ?? 'held')),
        release: async () => undefined
      },
      quotas: {
        claim: wanted => counted(Promise.resolve(wanted.map(outcomeOf))),
        release: async () => undefined
      }
    },
    deadline: {
      atMs: PATIENCE_MS,
      clock: () => (answered >= answers.lateAfter ? PATIENCE_MS : 0)
    }
  }
}

async function holdOutcome(answer: PromiseAnswers['holds'][number]): Promise<HoldOutcome> {
  if (answer === 'failed') throw new StoreUnavailable('it was not known what became of it')
  return answer === 'held' ? { held: true } : { held: false, changed: answer }
}
