import { LRUCache } from 'lru-cache'

/** Lets a number of requests per second pass, and as many at once. */
export interface Bucket {
  /** 0 when the request passes (and is counted); else whole seconds after which one will. */
  take(): number
}

/** A token bucket of `capacity` tokens, by default what `perSecond` gives in a second, and at least one. `clock` counts milliseconds and never runs backwards. */
export function createBucket(
  perSecond: number,
  clock: () => number,
  capacity = Math.max(1, perSecond)
): Bucket {
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

/** Lets a number of people be looked up a minute, and as many at once. */
export interface LookUpLimit {
  /** 0 when the look-up passes; else whole seconds after which the next one will. */
  take(subject: string): number
}

/** Whoever is among the last `perMinute` that were looked up counts once, however often a screen asks. */
export function createLookUpLimit(perMinute: number, clock: () => number): LookUpLimit {
  const bucket = createBucket(perMinute / 60, clock, perMinute)
  const recent = new LRUCache<string, true>({ max: perMinute })
  return {
    take(subject) {
      if (recent.get(subject) !== undefined) return 0
      const waitSeconds = bucket.take()
      if (waitSeconds === 0) recent.set(subject, true)
      return waitSeconds
    }
  }
}
