import type { CustomerEvent } from '../../domain/interaction.js'
import type { CustomerKey, Lexicon, Profile } from '../../domain/customer.js'
import type { HourCount } from '../../domain/history.js'
import {
  packReadings,
  unpackReadings,
  type PackedReadings,
  type QuotaReadings
} from '../../domain/limits.js'
import type { CustomerState } from '../../decisioning/ports.js'
import type { MemoryLogs } from './memory-log.js'
import { inPositions } from './memory-reservations.js'
import type { KeptReservation } from './memory-reservations.js'

/** What a state is made of, in words. Nothing here is written to later, but for events, which may grow beyond their count. */
export interface KeptState {
  /** The canonical key first. */
  readonly members: readonly CustomerKey[]
  readonly profile: Profile | undefined
  readonly events: readonly CustomerEvent[]
  readonly eventCount: number
  /** In the numbers of MemoryLogs. */
  readonly hours: readonly HourCount[]
  /** The open ones. */
  readonly reserved: readonly KeptReservation[]
}

interface PackedState {
  readonly kept: KeptState
  readonly quotas: PackedReadings
}

/** What `hold` compares, and what a state was made of. */
export class MemoryVersion {
  readonly revision: number
  readonly kept: KeptState
  readonly lexicon: Lexicon

  constructor(revision: number, kept: KeptState, lexicon: Lexicon) {
    this.revision = revision
    this.kept = kept
    this.lexicon = lexicon
  }
}

/** A state in the positions of a lexicon. */
export function stateOf(
  kept: KeptState,
  quotas: QuotaReadings,
  version: MemoryVersion,
  logs: MemoryLogs,
  lexicon: Lexicon
): CustomerState {
  const { members, profile, events, eventCount, hours } = kept
  const reserved = lexicon.reserves ? kept.reserved : []
  return {
    key: members[0]!,
    known: profile !== undefined,
    attributes: lexicon.attributes.map(name => profile?.attributes[name]),
    tags: profile?.tags ?? [],
    granted: Uint8Array.from(lexicon.purposes, purpose =>
      profile?.consent[purpose]?.granted === true ? 1 : 0
    ),
    history: logs.historyOf({ events: events.slice(0, eventCount), hours }, lexicon),
    members,
    reserved: reserved.map(each => inPositions(each, logs.positionsOf(lexicon))),
    quotas,
    version
  }
}

export function packState({ version, quotas }: CustomerState): PackedState | undefined {
  if (!(version instanceof MemoryVersion)) return undefined
  const { kept, lexicon } = version
  const events = kept.events.slice(0, kept.eventCount)
  return { kept: { ...kept, events }, quotas: packReadings(quotas, lexicon) }
}

/** A state that was packed; it cannot be held, for who knows what happened since. */
export function openState(packed: unknown, logs: MemoryLogs, lexicon: Lexicon): CustomerState {
  const { kept, quotas } = packed as PackedState
  const version = new MemoryVersion(Number.NaN, kept, lexicon)
  return stateOf(kept, unpackReadings(quotas, lexicon), version, logs, lexicon)
}
