/** Work that is done again and again. */
export interface Repeated {
  /** Ends it, and waits for what is being done. */
  close(): Promise<void>
}

/**
 * Does work again and again, never twice at a time.
 * @param work answers after how many ms it is to be done again; does not throw
 */
export function repeat(
  schedule: (work: () => void, delayMs: number) => void,
  work: () => Promise<number>
): Repeated {
  let closed = false
  let current = Promise.resolve()
  const next = (delayMs: number): void => {
    schedule(() => {
      if (!closed) current = work().then(next)
    }, delayMs)
  }
  next(0)
  return {
    async close() {
      closed = true
      await current
    }
  }
}
