import type { Listening, Log, WorkerEnd, WorkerProcess } from '../../decisioning/ports.js'
import type { Parts } from '../parts.js'
import { GRACE_MS } from '../stop.js'

/** A worker that ends sooner is taken to be unable to serve, and the next is started later each time. */
const SOON_MS = 10_000
const FIRST_DELAY_MS = 500
const LONGEST_DELAY_MS = 30_000
/** Whoever was told to go and is still there after so long is ended. */
const PATIENCE_MS = GRACE_MS + 10_000

/** One of the places that a service keeps filled. */
interface Seat {
  readonly number: number
  worker: WorkerProcess | undefined
  startedAtMs: number
  /** How many workers in a row ended soon. */
  soonEnded: number
  /** Another worker is on its way to take over. */
  isRenewed: boolean
}

export interface CrewDeps {
  readonly parts: Pick<Parts, 'clock' | 'schedule' | 'startWorker'>
  readonly log: Log
}

/** The workers of a service: one for each seat, replaced when they end, renewed one after the other when told. */
export class Crew {
  readonly #deps: CrewDeps
  readonly #seats: readonly Seat[]
  /** Everybody who runs, on a seat or on the way to or from one. */
  readonly #running = new Set<WorkerProcess>()
  /** Where the service listens. */
  #port: string | undefined
  /** The same, once the workers must ask for it: those that start beside others join them, wherever they listen. */
  #portToTake: string | undefined
  #state: 'starting' | 'serving' | 'stopping' = 'starting'
  #isRenewing = false

  constructor(count: number, deps: CrewDeps) {
    this.#deps = deps
    this.#seats = Array.from({ length: count }, (_, i) => ({
      number: i + 1,
      worker: undefined,
      startedAtMs: 0,
      soonEnded: 0,
      isRenewed: false
    }))
  }

  /**
   * Starts everybody, the first alone, so that what is wrong is told once and what is done once is done.
   * @returns how the service listens, or how the first of those ended that could not
   */
  async start(): Promise<Listening | WorkerEnd> {
    const [first, ...others] = this.#seats
    const came = await firstWord(this.#fill(first!, true))
    if (!('url' in came)) return came
    this.#port = new URL(came.url).port
    const words = await Promise.all(others.map(seat => firstWord(this.#fill(seat, false))))
    const failed = words.find(word => !('url' in word))
    if (failed !== undefined || this.#state === 'stopping') return failed ?? came
    this.#state = 'serving'
    for (const seat of this.#seats) if (seat.worker === undefined) this.#fill(seat, false)
    return came
  }

  /**
   * Puts a new process in the place of each worker, one after the other; the old one goes when the new one can be asked. Strategy, models
   * and keys are then those in the files; where they are refused, the old ones stay.
   */
  async renew(): Promise<void> {
    const { log } = this.#deps
    if (this.#isRenewing || this.#state === 'starting') {
      log.warn({}, 'the workers are being started already')
      return
    }
    this.#isRenewing = true
    log.info({}, 'the workers are restarted, one after the other')
    for (const seat of this.#seats) {
      if (this.#state === 'stopping') break
      seat.isRenewed = true
      const isRenewed = await this.#renew(seat)
      seat.isRenewed = false
      if (seat.worker === undefined) this.#refill(seat)
      if (!isRenewed) break
    }
    this.#isRenewing = false
  }

  /** Ends everybody, and answers whether all ended as told. */
  async stop(): Promise<boolean> {
    this.#state = 'stopping'
    const ends = await Promise.all([...this.#running].map(worker => this.#end(worker, 'SIGTERM')))
    return ends.every(({ code }) => code === 0)
  }

  #start(seat: Seat, isFirst: boolean): WorkerProcess {
    const { parts, log } = this.#deps
    const { number } = seat
    seat.startedAtMs = parts.clock.monotonicMs()
    if (this.#running.size === 0) this.#portToTake = this.#port
    const worker = parts.startWorker({ number, isFirst }, this.#portToTake)
    this.#running.add(worker)
    void worker.listening.then(() =>
      log.info({ worker: number, workerPid: worker.pid }, 'a worker serves')
    )
    void worker.ended.then(() => this.#running.delete(worker))
    return worker
  }

  #fill(seat: Seat, isFirst: boolean): WorkerProcess {
    const worker = this.#start(seat, isFirst)
    this.#sit(seat, worker)
    return worker
  }

  #sit(seat: Seat, worker: WorkerProcess): void {
    seat.worker = worker
    void worker.ended.then(end => {
      if (seat.worker !== worker) return
      seat.worker = undefined
      if (this.#state !== 'serving') return
      this.#deps.log.error(
        { worker: seat.number, workerPid: worker.pid, ...end },
        'a worker ended; another is started'
      )
      this.#refill(seat)
    })
  }

  /** At once, unless workers on this seat end as soon as they are started. */
  #refill(seat: Seat): void {
    const { clock, schedule } = this.#deps.parts
    const isSoon = clock.monotonicMs() - seat.startedAtMs < SOON_MS
    const delayMs = isSoon && seat.soonEnded > 0 ? delayAfter(seat.soonEnded) : 0
    seat.soonEnded = isSoon ? seat.soonEnded + 1 : 0
    schedule(() => {
      if (this.#state === 'serving' && seat.worker === undefined && !seat.isRenewed)
        this.#fill(seat, false)
    }, delayMs)
  }

  async #renew(seat: Seat): Promise<boolean> {
    const next = this.#start(seat, false)
    const came = await firstWord(next)
    if (!('url' in came)) {
      if (this.#state === 'serving')
        this.#deps.log.error(
          { worker: seat.number, ...came },
          'a new worker could not start, so those that serve stay; correct what it said and try again'
        )
      return false
    }
    const old = seat.worker
    this.#sit(seat, next)
    old?.retire()
    if (old !== undefined) await this.#end(old, undefined)
    return true
  }

  /** Waits for a worker that was told to go, here or before. */
  async #end(worker: WorkerProcess, signal: 'SIGTERM' | undefined): Promise<WorkerEnd> {
    const { parts, log } = this.#deps
    if (signal !== undefined) worker.signal(signal)
    const late = new Promise<undefined>(resolve =>
      parts.schedule(() => resolve(undefined), PATIENCE_MS)
    )
    const end = await Promise.race([worker.ended, late])
    if (end !== undefined) return end
    log.warn({ workerPid: worker.pid, patienceMs: PATIENCE_MS }, 'a worker did not go and is ended')
    worker.signal('SIGKILL')
    return worker.ended
  }
}

/** What a worker comes to first: it can be asked, or it has ended. */
function firstWord(worker: WorkerProcess): Promise<Listening | WorkerEnd> {
  return Promise.race([worker.listening, worker.ended])
}

function delayAfter(soonEnded: number): number {
  return Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (soonEnded - 1))
}
