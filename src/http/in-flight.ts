import type { LoadClass } from '../domain/caller.js'

/** Where it starts, and returns to when little is going on: what comes in one moment is let in if it can be answered in time. */
const START = 256
/** Some dozens of clients that ask again as soon as they are answered are no flood, however slow the machine: all of them are answered. */
const FLOOR = 96
/** Each takes memory while the store is away. */
const MOST = 4096
/** How much of the cap each class may use. Above 1 it goes in where all others are turned away. */
const SHARES: Readonly<Record<LoadClass, number>> = {
  agent: 2,
  web: 1,
  batch: 0.75,
  simulation: 0.5
}

/** How many times the shortest a decision may take in a process that has more to do than it can. */
const ALLOWED_TIMES = 4
/** But not less than half, and not more than three quarters, of the time that decisions have where they do not say otherwise. */
const LEAST_MS = 50
const LONGEST_MS = 75
/** Looks that tell enough, and how soon one may follow another where somebody would be turned away. */
const LOOK_MS = 25
const SOON_MS = 5
const LEAST_SAMPLES = 10
/** From this share of its time on the thread has nothing left; below the other one nothing waits for it. */
const BUSY = 0.9
const QUIET = 0.7
/** How much one look may change. */
const LEAST_CHANGE = 0.5
const MOST_CHANGE = 1.1
const GROWTH = 1.5
const DECAY = 0.9
/** Quiet looks until an older shortest time is forgotten; it counts for up to twice as many. */
const GENERATION = 400

export interface InFlightOptions {
  /** Milliseconds that never run backwards. */
  readonly clock: () => number
  /** The share of time in [0,1] in which the thread has worked since this was called with `true`. */
  readonly utilization: (startAnew: boolean) => number
}

/**
 * How much may be worked on at once. While the thread has time left, nobody is turned away for long: what is in flight then waits for
 * something else, such as a store that is slow. Where it has none, more in flight makes everybody later and nobody more is answered, so the
 * cap is moved until a decision takes four times the shortest time that was measured while nothing waited, or 50 ms where that is more (after the gradient of Netflix'
 * concurrency-limits: new cap = cap × allowed ÷ measured, in bounds).
 */
export class InFlightCap {
  readonly #clock: () => number
  readonly #utilization: InFlightOptions['utilization']
  #cap = START
  #limits = limitsOf(START)
  #inFlight = 0
  /** By key; what is not in flight is not in here. */
  readonly #held = new Map<string, number>()
  #lookedAtMs: number
  #triedAtMs = 0
  /** Since the last look. */
  #peak = 0
  #samples = 0
  #sumMs = 0
  readonly #shortest = new Shortest()

  constructor({ clock, utilization }: InFlightOptions) {
    this.#clock = clock
    this.#utilization = utilization
    this.#lookedAtMs = clock()
    utilization(true)
  }

  get cap(): number {
    return Math.floor(this.#cap)
  }

  get inFlight(): number {
    return this.#inFlight
  }

  /** Whether more work of this class and key is let in now. */
  hasRoom(of: LoadClass, key: string): boolean {
    if (this.#inFlight < this.#limits[of]) return true
    if (of === 'web' && this.#hasLessThanItsShare(key)) return true
    const nowMs = this.#clock()
    if (nowMs - this.#triedAtMs < SOON_MS) return false
    this.#triedAtMs = nowMs
    this.#look(nowMs)
    return this.#inFlight < this.#limits[of]
  }

  /** Work of this key has begun. */
  enter(key: string): void {
    this.#inFlight++
    if (this.#inFlight > this.#peak) this.#peak = this.#inFlight
    this.#held.set(key, (this.#held.get(key) ?? 0) + 1)
  }

  /**
   * It has ended.
   * @param tookMs how long it took where it was a decision, all of which are alike enough to be compared; else undefined
   */
  leave(key: string, tookMs: number | undefined): void {
    this.#inFlight--
    const held = this.#held.get(key) ?? 1
    if (held > 1) this.#held.set(key, held - 1)
    else this.#held.delete(key)
    if (tookMs !== undefined) {
      this.#samples++
      this.#sumMs += tookMs
    }
    const nowMs = this.#clock()
    if (nowMs - this.#lookedAtMs >= LOOK_MS) this.#look(nowMs)
  }

  /** True for a key that is not the one that floods: so that no key takes the place of all others. */
  #hasLessThanItsShare(key: string): boolean {
    const held = this.#held.get(key)
    const keys = this.#held.size + (held === undefined ? 1 : 0)
    return keys > 1 && this.#inFlight < 2 * this.#cap && (held ?? 0) < this.#cap / keys
  }

  /** Judges what was since the last look, and moves the cap. */
  #look(nowMs: number): void {
    const busy = this.#utilization(false)
    if (busy >= BUSY && nowMs - this.#lookedAtMs < LOOK_MS) return
    const meanMs = this.#samples < LEAST_SAMPLES ? undefined : this.#sumMs / this.#samples
    if (busy < BUSY) this.#relax(busy, meanMs)
    else if (meanMs !== undefined) this.#follow(meanMs)
    this.#cap = Math.min(MOST, Math.max(FLOOR, this.#cap))
    this.#limits = limitsOf(this.#cap)
    this.#lookedAtMs = nowMs
    this.#peak = this.#inFlight
    this.#samples = 0
    this.#sumMs = 0
    this.#utilization(true)
  }

  /** The thread has time left. */
  #relax(busy: number, meanMs: number | undefined): void {
    if (meanMs !== undefined && busy < QUIET) this.#shortest.note(meanMs)
    if (this.#peak >= this.#cap * SHARES.simulation) this.#cap *= GROWTH
    else this.#cap = Math.max(START, this.#cap * DECAY)
  }

  /** The thread has none: the cap follows what decisions take. */
  #follow(meanMs: number): void {
    const allowedMs = Math.min(LONGEST_MS, Math.max(LEAST_MS, ALLOWED_TIMES * this.#shortest.ms))
    this.#cap *= Math.min(MOST_CHANGE, Math.max(LEAST_CHANGE, allowedMs / meanMs))
  }
}

/** The shortest of what was noted lately. What is older is forgotten, because strategies and networks change. */
class Shortest {
  #now = Infinity
  #before = Infinity
  #noted = 0

  /** 0 until something was noted. */
  get ms(): number {
    const ms = Math.min(this.#now, this.#before)
    return Number.isFinite(ms) ? ms : 0
  }

  note(ms: number): void {
    this.#now = Math.min(this.#now, ms)
    if (++this.#noted < GENERATION) return
    this.#before = this.#now
    this.#now = Infinity
    this.#noted = 0
  }
}

function limitsOf(cap: number): Readonly<Record<LoadClass, number>> {
  return {
    agent: cap * SHARES.agent,
    web: cap * SHARES.web,
    batch: cap * SHARES.batch,
    simulation: cap * SHARES.simulation
  }
}
