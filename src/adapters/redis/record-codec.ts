import { Packr } from 'msgpackr'
import type { DecisionRecord, FreshRecord } from '../../decisioning/ports.js'
import { UnreadableRecord } from './errors.js'

/** A batch of decision records in Redis: version, then deflated MessagePack, one entry after the other. */
type Entry = [
  id: string,
  decidedAtMs: number,
  strategyHash: string,
  answer: string,
  request: string,
  trace: unknown,
  journal?: unknown
]
const VERSION = 1
/** Records packed in one go; between two goes waiting requests get their turn. */
const PACKED_TOGETHER = 16

const packr = new Packr({ useRecords: false })

/** Packs here, a few records at a time, and compresses on another thread. */
export async function encodeRecords(records: readonly FreshRecord[]): Promise<Buffer> {
  const parts: Buffer[] = []
  for (const [
    i,
    { id, decidedAtMs, strategyHash, prepare, packAnswer, request, packTrace, journal }
  ] of records.entries()) {
    if (i > 0 && i % PACKED_TOGETHER === 0) await new Promise(resolve => setImmediate(resolve))
    if (prepare !== undefined) await prepare()
    const entry: Entry = [id, decidedAtMs, strategyHash, packAnswer(), request, packTrace()]
    if (journal !== undefined) entry.push(journal.pack())
    parts.push(packr.pack(entry))
  }
  const packed = Buffer.concat(parts)
  return Buffer.concat([Buffer.of(VERSION), packed])
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
    return entries.map(([id, decidedAtMs, strategyHash, answer, request, trace, journal]) => ({
      id,
      decidedAtMs,
      strategyHash,
      answer,
      request,
      trace,
      ...(journal === undefined ? {} : { journal })
    }))
  } catch (error) {
    throw new UnreadableRecord(`${what} cannot be decoded`, { cause: error })
  }
}
