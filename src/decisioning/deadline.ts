/** What `within` answers when the time is over. */
export const LATE: unique symbol = Symbol('late')

/** The instant, on the monotonic clock in milliseconds, after which a decision goes on without what it waits for. */
export interface Deadline {
  readonly atMs: number
  readonly clock: () => number
}

/** Waits for a promise no longer than the deadline. A promise that loses the race is left to settle unheard. */
export function within<T>(promise: Promise<T>, deadline: Deadline): Promise<T | typeof LATE> {
  const leftMs = deadline.atMs - deadline.clock()
  if (leftMs <= 0) {
    promise.catch(ignoreLateFailure)
    return Promise.resolve(LATE)
  }
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      resolve(LATE)
    }, leftMs)
    promise.then(
      value => {
        clearTimeout(timer)
        resolve(value)
      },
      (error: unknown) => {
        clearTimeout(timer)
        reject(error instanceof Error ? error : new Error(String(error)))
      }
    )
  })
}

/** The decision has been answered as degraded already; there is nobody left to tell. */
function ignoreLateFailure(): void {}
