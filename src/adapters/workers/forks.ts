import cluster, { type Worker } from 'node:cluster'
import type { Listening, WorkerEnd, WorkerProcess } from '../../decisioning/ports.js'
import { SEAT_VARIABLE, type FromWorker, type Seat, type ToWorker } from './messages.js'

export interface ForksOptions<F> {
  /** The name of this process. */
  readonly service: string
  /** What of the figures stays true of workers that have ended: the sums of what was counted. */
  sumOfEnded(figures: readonly F[]): Promise<F>
}

/** How long the figures of a worker are waited for; then those count that it told last. */
const FIGURES_MS = 1000
/** The longest that a timer takes. */
const FOREVER_MS = 2 ** 31 - 1

/**
 * Starts this program again, with the same words, as workers that share one listening socket, and passes figures between them.
 * What workers counted is kept when they end, so that sums over all never shrink. `F`: the figures of one process.
 */
export class Forks<F> {
  readonly #options: ForksOptions<F>
  /** The workers that listen, with what each told last. */
  readonly #told = new Map<Worker, F | undefined>()
  readonly #rounds = new Map<number, (from: Worker) => void>()
  #ended: Promise<readonly F[]> = Promise.resolve([])
  #lastRound = 0

  constructor(options: ForksOptions<F>) {
    this.#options = options
    // Numbers that are no JSON, such as the mean of nothing, pass unharmed.
    cluster.setupPrimary({ serialization: 'advanced' })
    // While no worker lives, because the next is started later, nothing else keeps this process.
    setInterval(() => undefined, FOREVER_MS)
  }

  /** @param port where to listen; undefined: where the environment says, and where the others are */
  start(seat: Omit<Seat, 'service'>, port: string | undefined): WorkerProcess {
    const { service } = this.#options
    const worker = cluster.fork({
      [SEAT_VARIABLE]: JSON.stringify({ ...seat, service }),
      ...(port === undefined ? {} : { OFFERD_PORT: port })
    })
    const child = worker.process
    const listening = new Promise<Listening>(resolve => {
      worker.on('message', (message: FromWorker<F>) => {
        if (message.kind === 'listening') {
          this.#told.set(worker, undefined)
          resolve(message.at)
        } else this.#hear(worker, message)
      })
    })
    // Comes after the last message, unlike `exit`.
    const ended = new Promise<WorkerEnd>(resolve => {
      child.once('close', (code, signal) => resolve({ code, signal }))
      worker.once('error', () => resolve({ code: null, signal: null }))
    })
    void ended.then(() => this.#keep(worker))
    return {
      pid: child.pid ?? 0,
      listening,
      ended,
      retire: () => this.#send(worker, { kind: 'retire' }),
      signal: name => void child.kill(name)
    }
  }

  #hear(worker: Worker, message: Exclude<FromWorker<F>, { kind: 'listening' }>): void {
    if (message.kind === 'figures') {
      this.#told.set(worker, message.figures)
      if (message.round !== undefined) this.#rounds.get(message.round)?.(worker)
    } else {
      const { question } = message
      void this.#gather().then(figures => this.#send(worker, { kind: 'all', question, figures }))
    }
  }

  /** Asks all workers for their figures. */
  async #gather(): Promise<readonly F[]> {
    const round = this.#lastRound++
    const missing = new Set(this.#told.keys())
    await new Promise<void>(resolve => {
      const late = setTimeout(resolve, FIGURES_MS)
      this.#rounds.set(round, from => {
        missing.delete(from)
        if (missing.size > 0) return
        clearTimeout(late)
        resolve()
      })
      for (const worker of missing) this.#send(worker, { kind: 'tell', round })
    })
    this.#rounds.delete(round)
    const told = [...this.#told.values()].filter(figures => figures !== undefined)
    return [...told, ...(await this.#ended)]
  }

  /** Adds what an ended worker told last to the sums of those before. */
  #keep(worker: Worker): void {
    const figures = this.#told.get(worker)
    this.#told.delete(worker)
    for (const heard of this.#rounds.values()) heard(worker)
    if (figures === undefined) return
    this.#ended = this.#ended.then(async before => [
      await this.#options.sumOfEnded([...before, figures])
    ])
  }

  /** One that is gone hears nothing, and its end is known by itself. */
  #send(worker: Worker, message: ToWorker<F>): void {
    worker.send(message, undefined, undefined, () => undefined)
  }
}
