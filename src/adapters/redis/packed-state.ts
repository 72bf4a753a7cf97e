import { packReadings, unpackReadings, type PackedReadings } from '../../domain/limits.js'
import type { CustomerState } from '../../decisioning/ports.js'
import { stateOf } from './loader.js'
import type { Names } from './names.js'
import { LoadedVersion } from './reply.js'
import type { WordTables } from './words.js'

/** A state as it is put into a record: the bytes that were loaded, in the registry's numbers. */
type PackedState = readonly [
  members: ReadonlyArray<readonly [namespace: string, id: string]>,
  nowMs: number,
  profile: Uint8Array | null,
  history: Uint8Array | null,
  reservations: Uint8Array | null,
  quotas: PackedReadings
]

/** Nothing is copied. undefined for a state that was not loaded from Redis. */
export function packState({ version, members }: CustomerState): PackedState | undefined {
  if (!(version instanceof LoadedVersion)) return undefined
  const { reply, lexicon, nowMs } = version
  return [
    members.map(({ namespace, id }) => [namespace, id]),
    nowMs,
    reply.profile,
    reply.history,
    reply.reservations,
    packReadings(reply.quotas, lexicon)
  ]
}

/** Throws UnreadableRecord, or UnknownNumber where the registry must be refreshed. */
export function openState(packed: unknown, names: Names, words: WordTables): CustomerState {
  const [keys, nowMs, profile, history, reservations, quotas] = packed as PackedState
  const members = keys.map(([namespace, id]) => ({ namespace, id }))
  const reply = {
    profile: asBuffer(profile),
    history: asBuffer(history),
    reservations: asBuffer(reservations),
    quotas: unpackReadings(quotas, words.lexicon)
  }
  return stateOf({ canonical: members[0]!, members }, reply, names, words, nowMs)
}

function asBuffer(bytes: Uint8Array | null): Buffer | null {
  return bytes === null ? null : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
