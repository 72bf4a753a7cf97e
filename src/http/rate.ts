/** Lets a number of requests per second pass, and as many at once. */
export interface Bucket {
  /** 0 when the request passes (and is counted); else whole seconds after which one will. */
  take(): number
}

/** A token bucket of `perSecond` tokens, at least one. `clock` counts milliseconds and never runs backwards. */
export function createBucket(perSecond: number, clock: () => number): Bucket {
  const capacity = Math.max(1, perSecond)
  let tokens = capacity
  let filledAtMs = clock()
  return {
    take() {
      const nowMs = clock()
      tokens = Math.min(capacity, tokens + ((nowMs - filledAtMs) / 1000) * perSecond)
      filledAtMs = nowMs
      if (tokens < 1) return Math.max(1, Math.ceil((1 - tokens) / perSecond))
      tokens -= 1
      return 0
    }
  }
}
