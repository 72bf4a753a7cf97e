import { startLearning } from '../decisioning/lessons/learn.js'
import { startFollowing, type Follower } from '../decisioning/propensity/learnt.js'
import type { Log, Meters, Store } from '../decisioning/ports.js'
import type { Snapshots } from '../decisioning/snapshot.js'
import type { Parts } from './parts.js'

export interface TendLearningDeps {
  readonly store: Pick<Store, 'customers' | 'records' | 'learning'>
  readonly snapshots: Pick<Snapshots, 'current'>
  readonly meters: Pick<Meters, 'learnt' | 'learnerLags'>
  readonly learnt: Follower
  readonly parts: Pick<Parts, 'clock' | 'schedule' | 'processName'>
  readonly log: Log
}

/** Lets a serving process learn from responses, if no other does, and follow what is learnt. */
export function tendLearning({
  store: { customers, records, learning },
  snapshots,
  meters,
  learnt,
  parts: { clock, schedule, processName },
  log
}: TendLearningDeps): { close(): Promise<void> } {
  const following = startFollowing({ learnt, snapshots, log }, schedule)
  const learner = startLearning(
    { learning, customers, records, snapshots, meters, log, clock, processName },
    schedule
  )
  return {
    async close() {
      await Promise.all([following.close(), learner.close()])
    }
  }
}
