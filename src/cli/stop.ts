import type { Worker } from '../decisioning/ports.js'
import type { Shell } from './shell.js'

/** How long requests in flight may take to finish once a process was told to stop. */
export const GRACE_MS = 10_000

/** `stop`: everything ends; `retire`: another process serves in this one's place. */
export type StopReason = 'stop' | 'retire'

export interface Stop {
  /** Resolves with the first that it is told. */
  readonly told: Promise<StopReason>
  isTold(): boolean
}

/** Listens from the start, so that a signal while the strategy loads is not lost. */
export function stopSignal(shell: Shell, worker: Pick<Worker, 'onRetire'> | undefined): Stop {
  let isTold = false
  const told = new Promise<StopReason>(resolve => {
    const tell = (reason: StopReason): void => {
      isTold = true
      resolve(reason)
    }
    shell.onSignal('SIGTERM', () => tell('stop'))
    // A terminal sends its interrupt to workers too; the process that started them passes it on, and decides for all.
    shell.onSignal('SIGINT', () => {
      if (worker === undefined) tell('stop')
    })
    worker?.onRetire(() => tell('retire'))
  })
  return { told, isTold: () => isTold }
}
