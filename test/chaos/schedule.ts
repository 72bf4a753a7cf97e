import { createRandom, type Random } from '../../src/learning/random.js'
import type { Fault } from './faults.js'

/** One fault at its time. */
export interface Strike {
  readonly fault: Fault
  /** From the start of the load. */
  readonly atMs: number
  /** When the next may begin. */
  readonly overMs: number
  /** Which process it is about, where it is about one. */
  readonly place: 0 | 1
}

/** Before the first fault, so that connections stand and code is warm. */
const QUIET_MS = 2000
/** After each, beyond the time in which all must be well again, so that it can be seen whether it stays so. */
const AFTER_MS = 500
const AFTER_JITTER_MS = 500

/**
 * When which fault strikes: all of them in a drawn order, again and again, while there is time. A function of the seed alone.
 * What does not fit into the time is left out.
 */
export function scheduleOf(seed: number, seconds: number, faults: readonly Fault[]): Strike[] {
  const random = createRandom(seed, 1)
  const strikes: Strike[] = []
  let atMs = QUIET_MS
  let round: readonly Fault[] = []
  while (faults.length > 0) {
    if (round.length === 0) round = shuffled(faults, random)
    const [fault, ...rest] = round
    round = rest
    const { lastsMs, takenBackInMs = 0, asked } = fault!
    const healedMs = atMs + lastsMs + takenBackInMs
    const overMs = healedMs + asked.wholeAgainMs + AFTER_MS + random.uniform() * AFTER_JITTER_MS
    const place = random.integer(2) === 0 ? 0 : 1
    if (overMs > seconds * 1000) break
    strikes.push({ fault: fault!, atMs: Math.round(atMs), overMs: Math.round(overMs), place })
    atMs = overMs
  }
  return strikes
}

function shuffled<T>(values: readonly T[], random: Random): T[] {
  const left = [...values]
  return values.map(() => left.splice(random.integer(left.length), 1)[0]!)
}
