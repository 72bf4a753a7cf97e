import { Refusal } from '../domain/refusal.js'
import type { ArchivedStrategies } from './archived-strategies.js'
import { firstDifference } from './compare-decisions.js'
import { decideAgain, type DecideAgainDeps } from './decide-again.js'
import type { Difference } from './decision-view.js'
import type { LegendOf } from './legends.js'
import { findRecorded } from './look-up.js'
import type { DecisionRecord, DecisionRecords } from './ports.js'
import { readRecorded, type RecordedDecision } from './recorded-decision.js'
import type { Snapshot, Snapshots } from './snapshot.js'

export interface ReplayDeps extends DecideAgainDeps {
  readonly records: Pick<DecisionRecords, 'get'>
  readonly snapshots: Pick<Snapshots, 'current'>
  readonly archived: ArchivedStrategies
  readonly legendOf: LegendOf
}

/** By which strategy a decision is made again: the one that made it, or the one in force. */
export type ReplayStrategy = 'recorded' | 'current'

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

/** Recorded decisions, made again from their records. */
export interface Replay {
  /** Throws a Refusal for an id without a record, and where the decision cannot be made again. Rejects with StoreUnavailable. */
  byId(id: string, strategy: ReplayStrategy): Promise<ReplayReport>
  ofRecord(record: DecisionRecord, strategy: ReplayStrategy): Promise<ReplayReport>
}

export function createReplay(deps: ReplayDeps): Replay {
  const { records, snapshots, archived, legendOf } = deps

  async function ofRecord(record: DecisionRecord, strategy: ReplayStrategy): Promise<ReplayReport> {
    const { strategyHash } = record
    const snapshot =
      strategy === 'current' ? snapshots.current() : await archived.open(strategyHash)
    const exactly = snapshot.hash === strategyHash
    const recorded = readRecorded(record, exactly ? snapshot.legend : await legendOf(strategyHash))
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

  return {
    ofRecord,
    byId: async (id, strategy) => ofRecord(await findRecorded(records, id), strategy)
  }
}

async function compare(
  deps: ReplayDeps,
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
