import type { Lexicon } from '../../domain/customer.js'
import { compareTexts } from '../../domain/identity.js'
import type { Reservation } from '../../domain/limits.js'
import { UnreadableRecord } from './errors.js'
import type { Names } from './names.js'
import { positionOf } from './words.js'
import type { WordTables } from './words.js'

/*
 * A customer's reservations in Redis, all numbers big endian:
 *
 *     header   2  version, 'r'
 *     entry   20  length of the id (2), until in ms (6), at in ms (6), offer (3), type and channel (12 bits each)
 *              …  id, UTF-8
 *
 * Names are numbers of the registry, 0 is none. Scripts read entries too (reservation-scripts.ts).
 */
const VERSION = 1
const MAGIC = 0x72
const HEADER_BYTES = 2
const ENTRY_BYTES = 20
const MAX_TIME_MS = 2 ** 48 - 1

export const RESERVATIONS_HEADER = Buffer.of(VERSION, MAGIC)

/** Entries without a header. Throws StoreUnavailable where a name of the lexicon is not registered (any more). */
export function encodeReservations(
  reservations: readonly Reservation[],
  lexicon: Lexicon,
  names: Names
): Buffer {
  return Buffer.concat(
    reservations.map(({ id, offer, type, channel, atMs, untilMs }) => {
      const entry = Buffer.alloc(ENTRY_BYTES + Buffer.byteLength(id))
      const number = (kind: 'offer' | 'type' | 'channel', name: string | undefined) =>
        name === undefined ? 0 : names.numberOf(kind, name)
      entry.writeUInt16BE(entry.length - ENTRY_BYTES, 0)
      entry.writeUIntBE(wholeMs(untilMs), 2, 6)
      entry.writeUIntBE(wholeMs(atMs), 8, 6)
      entry.writeUIntBE(number('offer', lexicon.offers[offer]), 14, 3)
      const typeNumber = number('type', lexicon.types[type])
      entry.writeUIntBE(typeNumber * 4096 + number('channel', lexicon.channels[channel]), 17, 3)
      entry.write(id, ENTRY_BYTES)
      return entry
    })
  )
}

/** Those that are open at nowMs, in the positions of a lexicon. Throws UnreadableRecord. */
export function decodeReservations(bytes: Buffer, words: WordTables, nowMs: number): Reservation[] {
  const open: Reservation[] = []
  for (const entry of entriesOf(bytes)) {
    const untilMs = entry.readUIntBE(2, 6)
    if (untilMs <= nowMs) continue
    const typeAndChannel = entry.readUIntBE(17, 3)
    open.push({
      id: entry.toString('utf8', ENTRY_BYTES),
      offer: positionOf(words.offers, entry.readUIntBE(14, 3)),
      type: positionOf(words.types, typeAndChannel >>> 12),
      channel: positionOf(words.channels, typeAndChannel & 0xfff),
      atMs: entry.readUIntBE(8, 6),
      untilMs
    })
  }
  return open
}

/** Reservations of several customers as those of one; an entry that stands in several is one. Throws UnreadableRecord. */
export function uniteReservations(packed: ReadonlyArray<Buffer | null>): Buffer | null {
  const entries = new Map<string, Buffer>()
  for (const bytes of packed) {
    if (bytes === null) continue
    for (const entry of entriesOf(bytes)) entries.set(entry.toString('latin1'), entry)
  }
  const sorted = [...entries].sort(([a], [b]) => compareTexts(a, b)).map(([, entry]) => entry)
  return sorted.length === 0 ? null : Buffer.concat([RESERVATIONS_HEADER, ...sorted])
}

/** When the last of packed reservations lapses, in ms since 1970; 0 where there are none. Throws UnreadableRecord. */
export function lastLapseMs(packed: Buffer | null): number {
  let lastMs = 0
  for (const entry of packed === null ? [] : entriesOf(packed))
    lastMs = Math.max(lastMs, entry.readUIntBE(2, 6))
  return lastMs
}

/** The bytes of each entry. Throws UnreadableRecord. */
function entriesOf(bytes: Buffer): Buffer[] {
  if (bytes[0] !== VERSION || bytes[1] !== MAGIC) throw unreadable('have no known format')
  const entries: Buffer[] = []
  let at = HEADER_BYTES
  while (at < bytes.length) {
    const end = at + ENTRY_BYTES + (at + 1 < bytes.length ? bytes.readUInt16BE(at) : 0)
    if (end > bytes.length) throw unreadable('are cut off')
    entries.push(bytes.subarray(at, end))
    at = end
  }
  return entries
}

function wholeMs(timeMs: number): number {
  return Math.min(Math.max(0, Math.ceil(timeMs)), MAX_TIME_MS)
}

function unreadable(what: string): UnreadableRecord {
  return new UnreadableRecord(
    `the customer's reservations ${what}; they lapse by themselves, or erase the customer`
  )
}
