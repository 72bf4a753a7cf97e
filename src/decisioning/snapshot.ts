import type { Strategy } from '../policy/strategy.js'
import type { ReadyModel } from './ready-model.js'

/** One loaded strategy with its models: immutable, swapped whole. A decision sees exactly one. */
export interface Snapshot {
  /** Given out by the store, the same number for the same hash on every process; 0 while the store has not answered yet. */
  readonly version: number
  /** SHA-256 over the rules and the models' files, hexadecimal. */
  readonly hash: string
  readonly strategy: Strategy
  /** By name. */
  readonly models: ReadonlyMap<string, ReadyModel>
  readonly loadedAtMs: number
}

export interface Snapshots {
  current (): Snapshot
  swap (next: Snapshot): void
}

export function createSnapshots (initial: Snapshot): Snapshots {
  let current = initial
  return {
    current: () => current,
    swap (next) {
      current = next
    }
  }
}
