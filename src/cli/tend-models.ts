import type { Log } from '../decisioning/ports.js'
import type { Snapshots } from '../decisioning/snapshot.js'
import { createModelWatch } from '../decisioning/watch-models.js'
import type { Parts } from './parts.js'

/** How often is looked, and so how often a figure that is out of bounds is told. */
const LOOK_MS = 60_000

export interface TendModelsDeps {
  readonly snapshots: Pick<Snapshots, 'current'>
  readonly parts: Pick<Parts, 'schedule'>
  readonly log: Log
}

/** Looks after the models of a serving process: what leaves its bounds is told in the log, once a minute. */
export function tendModels({ snapshots, parts, log }: TendModelsDeps): { close(): void } {
  const look = createModelWatch(log)
  let closed = false
  function lookLater(): void {
    parts.schedule(() => {
      if (closed) return
      look(snapshots.current())
      lookLater()
    }, LOOK_MS)
  }
  lookLater()
  return {
    close() {
      closed = true
    }
  }
}
