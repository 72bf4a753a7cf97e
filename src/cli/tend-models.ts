import type { Log } from '../decisioning/ports.js'
import { repeat, type Repeated } from '../decisioning/repeat.js'
import type { Snapshots } from '../decisioning/snapshot.js'
import { createModelWatch } from '../decisioning/propensity/watch-models.js'
import type { Parts } from './parts.js'

/** How often is looked, and so how often a figure that is out of bounds is told. */
const LOOK_MS = 60_000

export interface TendModelsDeps {
  readonly snapshots: Pick<Snapshots, 'current'>
  readonly parts: Pick<Parts, 'schedule'>
  readonly log: Log
}

/** Looks after the models of a serving process: what leaves its bounds is told in the log, once a minute. */
export function tendModels({ snapshots, parts, log }: TendModelsDeps): Repeated {
  const look = createModelWatch(log)
  return repeat(parts.schedule, async () => {
    look(snapshots.current())
    return LOOK_MS
  })
}
