import cluster, { type Worker as ClusterWorker } from 'node:cluster'
import type { Listening, Worker } from '../../decisioning/ports.js'
import { SEAT_VARIABLE, type FromWorker, type Seat, type ToWorker } from './messages.js'

/** A worker's side of the channel to the process that started it. `F`: the figures of one process. */
export interface WorkerLink<F> extends Worker {
  /** From now on these are the figures of this process. */
  show(figures: () => Promise<F>): void
  /** The figures of all workers, this one's among them, and the sums of those that have ended. */
  figuresOfAll(): Promise<readonly F[]>
}

/** The link of this process; undefined where it is no worker. */
export function openLink<F>(
  env: Readonly<Record<string, string | undefined>>
): WorkerLink<F> | undefined {
  const { worker } = cluster
  const seat = env[SEAT_VARIABLE]
  if (worker === undefined || seat === undefined) return undefined
  return new Link<F>(worker, JSON.parse(seat) as Seat)
}

class Link<F> implements WorkerLink<F> {
  readonly number: number
  readonly isFirst: boolean
  readonly service: string
  readonly #worker: ClusterWorker
  readonly #waiting = new Map<number, (figures: readonly F[]) => void>()
  #questions = 0
  #retire = (): void => undefined
  #figures: (() => Promise<F>) | undefined

  constructor(worker: ClusterWorker, { number, isFirst, service }: Seat) {
    this.#worker = worker
    this.number = number
    this.isFirst = isFirst
    this.service = service
    worker.on('message', (message: ToWorker<F>) => this.#hear(message))
  }

  tellListening(at: Listening): void {
    void this.#send({ kind: 'listening', at })
  }

  onRetire(heard: () => void): void {
    this.#retire = heard
  }

  show(figures: () => Promise<F>): void {
    this.#figures = figures
  }

  figuresOfAll(): Promise<readonly F[]> {
    const question = this.#questions++
    return new Promise(resolve => {
      this.#waiting.set(question, resolve)
      void this.#send({ kind: 'ask', question })
    })
  }

  async farewell(): Promise<void> {
    await this.#tellFigures(undefined)
  }

  #hear(message: ToWorker<F>): void {
    if (message.kind === 'retire') this.#retire()
    else if (message.kind === 'tell') void this.#tellFigures(message.round)
    else {
      this.#waiting.get(message.question)?.(message.figures)
      this.#waiting.delete(message.question)
    }
  }

  async #tellFigures(round: number | undefined): Promise<void> {
    if (this.#figures === undefined) return
    await this.#send({ kind: 'figures', round, figures: await this.#figures() })
  }

  /** Resolves once it is written. Where nobody listens any more this process is about to end, so nothing is to be done. */
  #send(message: FromWorker<F>): Promise<void> {
    return new Promise(resolve => this.#worker.send(message, undefined, undefined, () => resolve()))
  }
}
