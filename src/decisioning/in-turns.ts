/** How long the steps of a work may keep others waiting. */
const LONGEST_TURN_MS = 1

/** A work in steps that is done once, at one go or in turns with everything else that waits. */
export interface Stepwise<T> {
  /** Does all that is left of it. */
  finish(): T
  /** Does it a millisecond at a time, letting others go first in between. */
  finishInTurns(): Promise<T>
}

/** @param steps yields after every step and returns what the work came to; begun when it is first asked for */
export function stepwise<T>(steps: Generator<undefined, T, undefined>): Stepwise<T> {
  let done: { readonly result: T } | undefined

  /** Goes on until the work is done or the time has come. */
  function goOn(untilMs: number): void {
    while (done === undefined) {
      const step = steps.next()
      if (step.done === true) done = { result: step.value }
      else if (performance.now() >= untilMs) return
    }
  }

  return {
    finish() {
      goOn(Infinity)
      return done!.result
    },
    async finishInTurns() {
      while (done === undefined) {
        await new Promise(resolve => setImmediate(resolve))
        goOn(performance.now() + LONGEST_TURN_MS)
      }
      return done.result
    }
  }
}
