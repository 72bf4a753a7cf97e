import { experienceName, type Experience } from '../../domain/learning.js'
import type { Strategy } from '../../policy/strategy.js'
import type { LearningStore, Log } from '../ports.js'
import { repeat, type Repeated } from '../repeat.js'

/** How often a process asks what was learnt: half a second, and what the learner takes, are within the two that are promised. */
const FOLLOW_MS = 500

/** What was learnt, as one decision uses it. */
export interface LearntTable {
  /** Of experience; 0: nothing was learnt yet. */
  readonly version: number
  /** By channel index, then by offer index; undefined where there is no experience, or the offer does not adapt. */
  readonly channels: ReadonlyArray<ReadonlyArray<Experience | undefined>>
}

/** What was learnt, as far as this process knows. */
export interface Learnt {
  /** The same table until something was learnt; undefined where no offer of the strategy adapts. */
  current(strategy: Strategy): LearntTable | undefined
}

/** A process that follows what is learnt. */
export interface Follower extends Learnt {
  /** Asks once what was learnt. Passes StoreUnavailable on. */
  follow(): Promise<void>
}

/** For those who judge a strategy as it was written. */
export const NOTHING_LEARNT: Learnt = {
  current: strategy => (strategy.adapts ? EMPTY : undefined)
}

const EMPTY: LearntTable = { version: 0, channels: [] }

export function createFollower(learning: Pick<LearningStore, 'experienceSince'>): Follower {
  let experience = new Map<string, Experience>()
  let version = 0
  let tables = new WeakMap<Strategy['lexicon'], LearntTable>()
  return {
    async follow() {
      const news = await learning.experienceSince(version)
      if (news.version === version && !news.isWhole) return
      if (news.isWhole) experience = new Map()
      for (const [name, is] of news.experience) experience.set(name, is)
      version = news.version
      tables = new WeakMap()
    },
    current(strategy) {
      if (!strategy.adapts) return undefined
      const known = tables.get(strategy.lexicon)
      if (known !== undefined) return known
      const table = { version, channels: tableOf(strategy, experience) }
      tables.set(strategy.lexicon, table)
      return table
    }
  }
}

export interface FollowDeps {
  readonly learnt: Follower
  readonly snapshots: { current(): { readonly strategy: Strategy } }
  readonly log: Log
}

/** Asks once what was learnt, where offers adapt; while the store does not tell, what was known before holds. */
export async function followOnce({ learnt, snapshots, log }: FollowDeps): Promise<void> {
  if (!snapshots.current().strategy.adapts) return
  try {
    await learnt.follow()
  } catch (error) {
    log.debug({ err: error }, 'what was learnt is not known; it is asked again')
  }
}

/** Follows what is learnt as long as the strategy's offers adapt. */
export function startFollowing(
  deps: FollowDeps,
  schedule: (work: () => void, delayMs: number) => void
): Repeated {
  return repeat(schedule, async () => {
    await followOnce(deps)
    return FOLLOW_MS
  })
}

function tableOf(
  { channels, offers }: Strategy,
  experience: ReadonlyMap<string, Experience>
): LearntTable['channels'] {
  return channels.map(channel =>
    offers.map(({ id, adapt }) => {
      const known = adapt && experience.get(experienceName(id, channel.id))
      return known?.way === adapt?.way ? known : undefined
    })
  )
}
