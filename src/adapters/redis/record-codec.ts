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
/** Records packed in one go; between two goes waiting requests get their turn. */
const PACKED_TOGETHER = 16

const packr = new Packr({ useRecords: false })

/** Packs a few records at a time, so that requests get their turn in between. */
export async function encodeRecords(records: readonly FreshRecord[]): Promise<Buffer> {
  const parts: Buffer[] = [Buffer.of(VERSION)]
  for (const [i, record] of records.entries()) {
    if (i > 0 && i % PACKED_TOGETHER === 0) await new Promise(resolve => setImmediate(resolve))
    if (record.prepare !== undefined) await record.prepare()
    parts.push(packr.pack(entryOf(record)))
  }
  return Buffer.concat(parts)
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
