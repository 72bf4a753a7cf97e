import { Packr } from 'msgpackr'
import type { DecisionRecord, FreshRecord } from '../../decisioning/ports.js'
import { UnreadableRecord } from './errors.js'

/** A batch of decision records in Redis: version, then MessagePack, one entry after the other. */
type Entry = [
  id: string,
  decidedAtMs: number,
  strategyHash: string,
  answer: string,
  request: string,
  trace: unknown,
  /** null where none is kept. */
  journal?: unknown,
  replay?: unknown
]
const VERSION = 1
const packr = new Packr({ useRecords: false })

/** One record, for batchOf; what has to be prepared is. */
export function packRecord(record: FreshRecord): Buffer {
  return packr.pack(entryOf(record))
}

/** A batch of packed records. */
export function batchOf(records: ReadonlyArray<{ readonly bytes: Buffer }>): Buffer {
  return Buffer.concat([Buffer.of(VERSION), ...records.map(({ bytes }) => bytes)])
}

function entryOf({ packAnswer, packTrace, journal, packReplay, ...record }: FreshRecord): Entry {
  const { id, decidedAtMs, strategyHash, request } = record
  const entry: Entry = [id, decidedAtMs, strategyHash, packAnswer(), request, packTrace()]
  const replay = packReplay?.()
  if (journal !== undefined || replay !== undefined) entry.push(journal?.pack() ?? null)
  if (replay !== undefined) entry.push(replay)
  return entry
}

/** The record with the id, or undefined where the batch has none. Throws UnreadableRecord. */
export function findRecord(batch: Buffer, id: string): DecisionRecord | undefined {
  return decodeRecords(batch, `the record of decision ${id}`).find(record => record.id === id)
}

/** All records of a batch, in their order. Throws UnreadableRecord. `what`: the batch in words. */
export function decodeRecords(batch: Buffer, what: string): DecisionRecord[] {
  if (batch[0] !== VERSION) throw new UnreadableRecord(`${what} has no known format`)
  try {
    const entries = packr.unpackMultiple(batch.subarray(1)) as Entry[]
    return entries.map(
      ([id, decidedAtMs, strategyHash, answer, request, trace, journal, replay]) => ({
        id,
        decidedAtMs,
        strategyHash,
        answer,
        request,
        trace,
        ...(journal === undefined || journal === null ? {} : { journal }),
        ...(replay === undefined ? {} : { replay })
      })
    )
  } catch (error) {
    throw new UnreadableRecord(`${what} cannot be decoded`, { cause: error })
  }
}
