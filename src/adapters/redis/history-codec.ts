import { History } from '../../domain/history.js'
import type { HourCount } from '../../domain/history.js'
import { newestFirst } from '../../domain/history-bounds.js'
import { UnreadableRecord } from './errors.js'
import { positionOf } from './words.js'
import type { WordTables } from './words.js'

/*
 * A customer's log in Redis, all numbers big endian:
 *
 *     header   8  version, 'h', hour counts that follow (2), stamp (4): random, new with every fold
 *     count   12  hour since 1970 (3), offer (3), type (2), how many (4)
 *     record  12  time in ms (6), offer (3), type and channel (12 bits each)
 *       or    16  the same, until in s (4, 0: none)
 *
 * Records stand in the order of their arrival; a script puts new ones at the end. Names are numbers of the registry, 0 is none.
 * Few events have an until. A log begins narrow, with records of 12 bytes, and the script widens it before the first event that has one;
 * the version says which it is.
 */
const WIDE = 1
const NARROW = 2
const MAGIC = 0x68
export const HISTORY_HEADER_BYTES = 8
const COUNT_BYTES = 12
const NARROW_BYTES = 12
const WIDE_BYTES = 16
const HOUR_MS = 3_600_000
const MAX_SECONDS = 0xffff_ffff
const MAX_TIME_MS = 2 ** 48 - 1

/** One event in the registry's numbers. */
export interface LogRecord {
  readonly timeMs: number
  readonly type: number
  readonly offer: number
  readonly channel: number
  readonly untilMs: number
}

/** A log as it is stored: in order of arrival, in the registry's numbers. */
export interface StoredLog {
  /** The header's bytes; they change only when the log is folded or begun anew. */
  readonly header: Buffer
  readonly wide: boolean
  readonly records: readonly LogRecord[]
  readonly hours: readonly HourCount[]
}

/** The header of a log; a new one is narrow. @param stamp 0 to 2^32 - 1, random */
export function historyHeader(stamp: number, hourCounts = 0, wide = false): Buffer {
  const header = Buffer.alloc(HISTORY_HEADER_BYTES)
  header[0] = wide ? WIDE : NARROW
  header[1] = MAGIC
  header.writeUInt16BE(hourCounts, 2)
  header.writeUInt32BE(stamp, 4)
  return header
}

/** Wide where the record has an until, which is rounded up to whole seconds. */
export function encodeRecord(record: LogRecord, wide = hasUntil(record)): Buffer {
  const bytes = Buffer.alloc(wide ? WIDE_BYTES : NARROW_BYTES)
  bytes.writeUIntBE(Math.min(Math.max(0, Math.trunc(record.timeMs)), MAX_TIME_MS), 0, 6)
  bytes.writeUIntBE(record.offer, 6, 3)
  bytes.writeUIntBE(record.type * 4096 + record.channel, 9, 3)
  if (wide)
    bytes.writeUInt32BE(Math.min(Math.ceil(Math.max(0, record.untilMs) / 1000), MAX_SECONDS), 12)
  return bytes
}

function hasUntil({ untilMs }: LogRecord): boolean {
  return untilMs > 0
}

/** @param wide must be true where a record has an until */
export function encodeLog(
  stamp: number,
  records: readonly LogRecord[],
  hours: readonly HourCount[],
  wide = records.some(hasUntil)
): Buffer {
  return Buffer.concat([
    historyHeader(stamp, hours.length, wide),
    ...hours.map(encodeHour),
    ...records.map(record => encodeRecord(record, wide))
  ])
}

function encodeHour(hour: HourCount): Buffer {
  const bytes = Buffer.alloc(COUNT_BYTES)
  bytes.writeUIntBE(hour.startMs / HOUR_MS, 0, 3)
  bytes.writeUIntBE(hour.offer, 3, 3)
  bytes.writeUInt16BE(hour.type, 6)
  bytes.writeUInt32BE(hour.count, 8)
  return bytes
}

/** The whole log in the registry's numbers, for people and for folding. Throws UnreadableRecord. */
export function decodeLog(bytes: Buffer): StoredLog {
  const { firstRecord, wide, recordBytes } = formOf(bytes)
  const hours: HourCount[] = []
  for (let at = HISTORY_HEADER_BYTES; at < firstRecord; at += COUNT_BYTES)
    hours.push(decodeHour(bytes, at))
  const records: LogRecord[] = []
  for (let at = firstRecord; at < bytes.length; at += recordBytes) {
    const typeAndChannel = bytes.readUIntBE(at + 9, 3)
    records.push({
      timeMs: bytes.readUIntBE(at, 6),
      type: typeAndChannel >>> 12,
      offer: bytes.readUIntBE(at + 6, 3),
      channel: typeAndChannel & 0xfff,
      untilMs: wide ? bytes.readUInt32BE(at + NARROW_BYTES) * 1000 : 0
    })
  }
  return { header: bytes.subarray(0, HISTORY_HEADER_BYTES), wide, records, hours }
}

/** The log in the positions of a lexicon, newest first. No object per record: this runs with every decision. Throws UnreadableRecord. */
export function decodeHistory(bytes: Buffer, words: WordTables): History {
  const { firstRecord, wide, recordBytes } = formOf(bytes)
  const columns = emptyColumns((bytes.length - firstRecord) / recordBytes)
  const sorted = fillNewestFirst(columns, bytes, recordBytes, words)
  if (wide) fillUntils(columns, bytes)
  const older: HourCount[] = []
  for (let at = HISTORY_HEADER_BYTES; at < firstRecord; at += COUNT_BYTES) {
    const hour = decodeHour(bytes, at)
    older.push({
      ...hour,
      type: positionOf(words.types, hour.type),
      offer: positionOf(words.offers, hour.offer)
    })
  }
  return new History(sorted ? columns : inOrder(columns), older)
}

type Columns = ReturnType<typeof emptyColumns>

/** All columns in one piece of memory: a fifth of the allocations. */
function emptyColumns(length: number) {
  const memory = new ArrayBuffer(length * 28)
  return {
    timesMs: new Float64Array(memory, 0, length),
    untilsMs: new Float64Array(memory, length * 8, length),
    types: new Int32Array(memory, length * 16, length),
    offers: new Int32Array(memory, length * 20, length),
    channels: new Int32Array(memory, length * 24, length)
  }
}

/** Reads from the end, where the newest usually stand; answers whether they came out newest first. */
function fillNewestFirst(
  columns: Columns,
  bytes: Buffer,
  recordBytes: number,
  words: WordTables
): boolean {
  const { timesMs, types, offers, channels } = columns
  let newerMs = Number.POSITIVE_INFINITY
  let sorted = true
  for (let i = 0, at = bytes.length - recordBytes; i < timesMs.length; i++, at -= recordBytes) {
    const timeMs = (bytes[at]! * 256 + bytes[at + 1]!) * 4_294_967_296 + word(bytes, at + 2)
    const typeAndChannel = (bytes[at + 9]! << 16) | (bytes[at + 10]! << 8) | bytes[at + 11]!
    if (timeMs > newerMs) sorted = false
    newerMs = timeMs
    timesMs[i] = timeMs
    types[i] = positionOf(words.types, typeAndChannel >>> 12)
    offers[i] = positionOf(
      words.offers,
      (bytes[at + 6]! << 16) | (bytes[at + 7]! << 8) | bytes[at + 8]!
    )
    channels[i] = positionOf(words.channels, typeAndChannel & 0xfff)
  }
  return sorted
}

function fillUntils({ untilsMs }: Columns, bytes: Buffer): void {
  for (let i = 0, at = bytes.length - 4; i < untilsMs.length; i++, at -= WIDE_BYTES)
    untilsMs[i] = word(bytes, at) * 1000
}

function word(bytes: Buffer, at: number): number {
  return (
    ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0
  )
}

/** Columns that hold backdated events, put in order of time. */
function inOrder(columns: Columns): Columns {
  const last = columns.timesMs.length - 1
  // The columns run against the order of arrival, which decides between equal times.
  const order = newestFirst(columns.timesMs.toReversed()).map(arrival => last - arrival)
  const ordered = emptyColumns(columns.timesMs.length)
  for (let i = 0; i <= last; i++) {
    const from = order[i]!
    ordered.timesMs[i] = columns.timesMs[from]!
    ordered.types[i] = columns.types[from]!
    ordered.offers[i] = columns.offers[from]!
    ordered.channels[i] = columns.channels[from]!
    ordered.untilsMs[i] = columns.untilsMs[from]!
  }
  return ordered
}

function decodeHour(bytes: Buffer, at: number): HourCount {
  return {
    startMs: bytes.readUIntBE(at, 3) * HOUR_MS,
    offer: bytes.readUIntBE(at + 3, 3),
    type: bytes.readUInt16BE(at + 6),
    count: bytes.readUInt32BE(at + 8)
  }
}

/** Where the records begin and how long they are, after checking that the bytes are a log. */
function formOf(bytes: Buffer): {
  readonly firstRecord: number
  readonly wide: boolean
  readonly recordBytes: number
} {
  const wide = bytes[0] === WIDE
  const known = wide || bytes[0] === NARROW
  if (bytes.length < HISTORY_HEADER_BYTES || !known || bytes[1] !== MAGIC) {
    throw new UnreadableRecord(
      'the stored history has no known format; erase the customer or restore it from a backup'
    )
  }
  const firstRecord = HISTORY_HEADER_BYTES + bytes.readUInt16BE(2) * COUNT_BYTES
  const recordBytes = wide ? WIDE_BYTES : NARROW_BYTES
  if (firstRecord > bytes.length || (bytes.length - firstRecord) % recordBytes !== 0) {
    throw new UnreadableRecord(
      'the stored history is cut off; erase the customer or restore it from a backup'
    )
  }
  return { firstRecord, wide, recordBytes }
}
