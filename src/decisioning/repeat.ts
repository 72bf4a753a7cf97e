/** Work that is done again and again. */
export interface Repeated {
  /** Ends it, and waits for what is being done. */
  close(): Promise<void>
}

/**
 * Does work again and again, never twice at a time.
 * @param work answers after how many ms it is to be done again; does not throw
 * @param firstMs after how many ms it is done first
 */
export function repeat(
  schedule: (work: () => void, delayMs: number) => void,
  work: () => Promise<number>,
  firstMs = 0
): Repeated {
  let closed = false
  let current = Promise.resolve()
  const next = (delayMs: number): void => {
    schedule(() => {
      if (!closed) current = work().then(next)
    }, delayMs)
  }
  next(firstMs)
  return {
    async close() {
      closed = true
      await current
    }
  }
}
