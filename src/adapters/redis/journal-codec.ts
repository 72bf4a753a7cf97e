import { Packr } from 'msgpackr'
import type { CustomerEvent } from '../../domain/interaction.js'
import type { JournalEntry } from '../../decisioning/ports.js'
import { UnreadableRecord } from './errors.js'
import { decodeRecords } from './record-codec.js'

/** Events in the journal's streams: version, then a MessagePack list. Decisions are there as batches of records (record-codec.ts). */
const VERSION = 1

const packr = new Packr({ useRecords: false })

export function encodeEvents(events: readonly CustomerEvent[]): Buffer {
  return Buffer.concat([Buffer.of(VERSION), packr.pack(events)])
}

/** Of an entry's fields: `d` or `e`, the payload. Throws UnreadableRecord. */
export function decodeEntry(
  place: string,
  [kind, payload]: readonly Buffer[]
): Omit<JournalEntry, 'place'> {
  const bytes = payload?.length ?? 0
  if (String(kind) === 'd' && payload !== undefined)
    return { bytes, decisions: decodeRecords(payload, `journal entry ${place}`), events: [] }
  if (String(kind) !== 'e' || payload?.[0] !== VERSION)
    throw new UnreadableRecord(`the journal entry ${place} has no known format`)
  return { bytes, decisions: [], events: packr.unpack(payload.subarray(1)) as CustomerEvent[] }
}
