import type { Caller } from '../../domain/caller.js'
import { Refusal } from '../../domain/refusal.js'
import type { ArchivedStrategies } from './archived-strategies.js'
import { firstDifference } from './compare-decisions.js'
import { decideAgain, type DecideAgainDeps } from './decide-again.js'
import type { Difference } from './decision-view.js'
import type { LegendOf } from '../trace/legends.js'
import { findRecorded } from '../look-up.js'
import type { DecisionRecord, DecisionRecords } from '../ports.js'
import { readRecorded, type RecordedDecision } from './recorded-decision.js'
import type { Snapshot, Snapshots } from '../snapshot.js'

export interface ReplayRecordDeps extends DecideAgainDeps {
  readonly archived: ArchivedStrategies
  readonly legendOf: LegendOf
}

export interface ReplayDeps {
  readonly records: Pick<DecisionRecords, 'get'>
  readonly snapshots: Pick<Snapshots, 'current'>
  readonly replayRecord: ReplayRecord
}

/** What came of making a recorded decision again. */
export interface ReplayReport {
  readonly decisionId: string
  readonly same: boolean
  /** The first one, in the order of a decision; left out where there is none. */
  readonly difference?: Difference
  /** The models' scores now beside the recorded ones. */
  readonly scores: { readonly compared: number; readonly largestDifference: number }
  /** The one that decided again. */
  readonly strategy: { readonly version: number; readonly hash: string }
}

/**
 * Makes a decision again from its record.
 * Throws a Refusal where that cannot be done. Rejects with StoreUnavailable.
 * @param under another strategy than the one that made the decision
 */
export type ReplayRecord = (record: DecisionRecord, under?: Snapshot) => Promise<ReplayReport>

/** By which strategy a decision is made again: the one that made it, or the one in force. */
export type ReplayStrategy = 'recorded' | 'current'

/** The same by a decision's id. Throws a Refusal for an id without a record and for a customer whom the caller's key does not reach, too. */
export type Replay = (id: string, strategy: ReplayStrategy, caller: Caller) => Promise<ReplayReport>

export function createReplayRecord(deps: ReplayRecordDeps): ReplayRecord {
  return async function replayRecord(record, under) {
    const { strategyHash } = record
    const snapshot = under ?? (await deps.archived.open(strategyHash))
    const exactly = snapshot.hash === strategyHash
    const legend = exactly ? snapshot.legend : await deps.legendOf(strategyHash)
    const recorded = readRecorded(record, legend)
    const { difference, scores } = await compare(deps, snapshot, recorded, exactly)
    const version = exactly ? recorded.answer.strategy.version : snapshot.version
    return {
      decisionId: record.id,
      same: difference === undefined,
      ...(difference === undefined ? {} : { difference }),
      scores,
      strategy: { version, hash: snapshot.hash }
    }
  }
}

export function createReplay({ records, snapshots, replayRecord }: ReplayDeps): Replay {
  return async (id, strategy, caller) => {
    const record = await findRecorded(records, id, caller)
    return await replayRecord(record, strategy === 'current' ? snapshots.current() : undefined)
  }
}

async function compare(
  deps: ReplayRecordDeps,
  snapshot: Snapshot,
  recorded: RecordedDecision,
  exactly: boolean
): Promise<{ difference: Difference | undefined; scores: ReplayReport['scores'] }> {
  try {
    const again = await decideAgain(deps, snapshot, recorded)
    return { difference: firstDifference(recorded, again, exactly), scores: again.scores }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    const now = { refused: error.message, faults: error.faults }
    return {
      difference: { stage: 'request', recorded: 'answered', now },
      scores: { compared: 0, largestDifference: 0 }
    }
  }
}
