const SAMPLES = 10
const STEP_MS = 1000

/**
 * Estimates Redis' clock from its answers, so that writes can carry a deadline that Redis itself compares.
 * An answer that says T was made before it arrived: T is a lower bound of Redis' time at arrival. The best of the
 * last bounds is used, so an estimate is never later than the truth and a deadline never longer than promised.
 * Monotonic time underneath: a step of this process' own clock changes nothing.
 */
export class ServerClock {
  readonly #monotonicMs: () => number
  #bounds: number[] = []
  #offsetMs: number | undefined

  constructor(monotonicMs: () => number = () => performance.now()) {
    this.#monotonicMs = monotonicMs
  }

  /** False until the first answer. */
  get known(): boolean {
    return this.#offsetMs !== undefined
  }

  /** Tells the time that an answer carries; called as it arrives. */
  heard(serverMs: number): void {
    const bound = serverMs - this.#monotonicMs()
    // Redis' own clock was set: what was learnt before is void.
    if (this.#offsetMs !== undefined && Math.abs(bound - this.#offsetMs) > STEP_MS)
      this.#bounds = []
    this.#bounds = [...this.#bounds.slice(1 - SAMPLES), bound]
    this.#offsetMs = Math.max(...this.#bounds)
  }

  /** Redis' time in ms since 1970; NaN while unknown. */
  nowMs(): number {
    return this.#monotonicMs() + (this.#offsetMs ?? Number.NaN)
  }
}
