import type { Strategy } from '../policy/strategy.js'
import type { Legend } from './trace/legend.js'
import type { LimitPlan } from './limits/limit-plan.js'
import type { Fusion } from './propensity/fuse-models.js'
import type { Session } from './propensity/model-pool.js'
import type { ReadyModel } from './propensity/ready-model.js'
import type { ShortlistPlan, ToldModels } from './shortlist/shortlist-plan.js'

/** One loaded strategy with its models: immutable, swapped whole. A decision sees exactly one. */
export interface Snapshot {
  /** Given out by the store, the same number for the same hash on every process; 0 until the store has answered. */
  readonly version: number
  /** SHA-256 over the rules and the models' files, hexadecimal. */
  readonly hash: string
  readonly strategy: Strategy
  /** By name. */
  readonly models: ReadonlyMap<string, ReadyModel>
  /** Those of them that share runs. */
  readonly fusions: readonly Fusion[]
  /** By name of the model beside which they score; they decide nothing. */
  readonly shadows: ReadonlyMap<string, readonly ReadyModel[]>
  /** By offer index: the model that scores the offer, undefined where the prior decides. */
  readonly modelOf: ReadonlyArray<ReadyModel | undefined>
  /** Models whose scores can be told within bounds without running them. */
  readonly told: ToldModels
  /** undefined where every candidate must be scored. */
  readonly shortlist: ShortlistPlan | undefined
  readonly legend: Legend
  /** undefined where no limit is strict: then decisions reserve nothing. */
  readonly limits: LimitPlan | undefined
  readonly loadedAtMs: number
}

/** The one place that knows which strategy is in force. */
export interface Snapshots {
  current(): Snapshot
  swap(next: Snapshot): void
}

export function createSnapshots(initial: Snapshot): Snapshots {
  let current = initial
  return {
    current: () => current,
    swap(next) {
      current = next
    }
  }
}

/** What of the models' runtime a snapshot holds open. */
export function sessionsOf(snapshot: Snapshot): Session[] {
  return [...modelsOf(snapshot), ...snapshot.fusions].map(({ open }) => open)
}

/** All models that a snapshot runs: those that decide, then those that only score. */
export function modelsOf({ models, shadows }: Pick<Snapshot, 'models' | 'shadows'>): ReadyModel[] {
  return [...models.values(), ...[...shadows.values()].flat()]
}
