import type { Listening, Worker } from '../../decisioning/ports.js'

/** Which of the workers a process is; handed to it in its environment. */
export type Seat = Pick<Worker, 'number' | 'isFirst' | 'service'>

/** The variable that holds a worker's seat, JSON. Of no meaning to processes that are no workers. */
export const SEAT_VARIABLE = 'WORKER_SEAT'

/** What a worker tells the process that started it. `F`: the figures of one process. */
export type FromWorker<F> =
  | { readonly kind: 'listening'; readonly at: Listening }
  /** Somebody asks for the figures of all workers. */
  | { readonly kind: 'ask'; readonly question: number }
  /** What it counted so far, because it was asked to tell, or unasked before it ends. */
  | { readonly kind: 'figures'; readonly round: number | undefined; readonly figures: F }

/** What a worker is told. */
export type ToWorker<F> =
  /** Another serves in its place: finish what is in flight and end. */
  | { readonly kind: 'retire' }
  | { readonly kind: 'tell'; readonly round: number }
  /** The answer to `ask`: the figures of all workers, and the sums of those that have ended. */
  | { readonly kind: 'all'; readonly question: number; readonly figures: readonly F[] }
