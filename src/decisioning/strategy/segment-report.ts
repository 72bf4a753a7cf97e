import { LOCAL_CALLER } from '../../domain/caller.js'
import { customerText } from '../../domain/customer.js'
import type { DecisionRequest } from '../../domain/decision.js'
import { Refusal } from '../../domain/refusal.js'
import { TRUE } from '../../policy/facts.js'
import type { Strategy } from '../../policy/strategy.js'
import { readRequest } from '../asked.js'
import { gatherFacts } from '../gather-facts.js'
import type { CustomerStore, DecisionRecord, DecisionRecords } from '../ports.js'
import type { ReplayNote } from '../replay/replay-note.js'
import type { Snapshots } from '../snapshot.js'
import { formatTime } from '../times.js'

/** How many of the newest recorded decisions are looked at: bounded work, some tens of milliseconds in short turns. */
const MOST_SAMPLED = 500

/** Which share of the customers who came lately is in each segment. */
export interface SegmentReport {
  readonly strategy: { readonly version: number; readonly hash: string }
  readonly sample: {
    /** Customers about whom the newest recorded decisions were made, each as the newest of them met the customer. */
    readonly customers: number
    readonly decisions: number
    /** Decisions that could not be looked at: the customer was not read, or the strategy in force does not understand the request. */
    readonly passedOver: number
    /** When the oldest and the newest of the decisions were made, RFC 3339; null where there are none. */
    readonly from: string | null
    readonly to: string | null
  }
  readonly segments: ReadonlyArray<{ readonly name: string; readonly customers: number }>
}

export interface ReportSegmentsDeps {
  readonly snapshots: Pick<Snapshots, 'current'>
  readonly records: Pick<DecisionRecords, 'latest'>
  readonly customers: Pick<CustomerStore, 'openState'>
}

/**
 * Counts the segments of the strategy in force over a sample: the customers of the newest recorded decisions. Segments may
 * depend on the moment, so each is judged as its decision would: the customer as it was loaded, and what the request said.
 * Nothing is counted while deciding. Rejects with StoreUnavailable.
 */
export type ReportSegments = () => Promise<SegmentReport>

export function createReportSegments(deps: ReportSegmentsDeps): ReportSegments {
  return async function reportSegments() {
    const { strategy, version, hash } = deps.snapshots.current()
    const sample = await takeSample(deps.records)
    const seen = new Set<string>()
    const counts = new Array<number>(strategy.segments.length).fill(0)
    let passedOver = 0
    for (const record of sample) {
      const member = await membershipOf(deps, strategy, record)
      if (member === undefined) passedOver++
      else if (!seen.has(member.customer)) {
        seen.add(member.customer)
        member.segments.forEach((isMember, i) => (counts[i]! += isMember ? 1 : 0))
      }
    }
    const times = sample.map(({ decidedAtMs }) => decidedAtMs)
    return {
      strategy: { version, hash },
      sample: {
        customers: seen.size,
        decisions: sample.length,
        passedOver,
        from: times.length === 0 ? null : formatTime(Math.min(...times)),
        to: times.length === 0 ? null : formatTime(Math.max(...times))
      },
      segments: strategy.segments.map(({ name }, i) => ({ name, customers: counts[i]! }))
    }
  }
}

/** The newest records, newest first. */
async function takeSample(records: Pick<DecisionRecords, 'latest'>): Promise<DecisionRecord[]> {
  const sample: DecisionRecord[] = []
  for await (const some of records.latest()) {
    sample.push(...some.slice(0, MOST_SAMPLED - sample.length))
    if (sample.length === MOST_SAMPLED) break
  }
  return sample.sort((one, other) => other.decidedAtMs - one.decidedAtMs)
}

/** A decision's customer, and for each segment whether the customer was in it; undefined where that cannot be told. */
async function membershipOf(
  { customers }: Pick<ReportSegmentsDeps, 'customers'>,
  strategy: Strategy,
  { request, replay, decidedAtMs, id }: DecisionRecord
): Promise<{ customer: string; segments: boolean[] } | undefined> {
  const note = replay as ReplayNote | undefined
  if (note === undefined || note.customer === null) return undefined
  const state = await customers.openState(note.customer, strategy.lexicon)
  try {
    const arrival = { nowMs: decidedAtMs, freshId: () => id }
    const asked = readRequest(
      strategy,
      JSON.parse(request) as DecisionRequest,
      LOCAL_CALLER,
      arrival
    )
    const facts = gatherFacts(strategy, asked, state)
    strategy.program.run(facts)
    const segments = strategy.segments.map(({ condition }) => condition.holds(facts, 0) === TRUE)
    return { customer: customerText(state.key), segments }
  } catch (error) {
    if (error instanceof Refusal) return undefined
    throw error
  }
}
