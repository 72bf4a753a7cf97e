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
  trace: unknown
]
const VERSION = 1
/** Records packed in one go; between two goes waiting requests get their turn. */
const PACKED_TOGETHER = 16
/** A record that has probabilities to be worked out may take longer than this alone. */
const LONGEST_GO_MS = 1

const packr = new Packr({ useRecords: false })

/** Packs here, a few records at a time, and compresses on another thread. */
export async function encodeRecords(records: readonly FreshRecord[]): Promise<Buffer> {
  const parts: Buffer[] = []
  let beganMs = performance.now()
  for (const [
    i,
    { id, decidedAtMs, strategyHash, packAnswer, request, packTrace }
  ] of records.entries()) {
    if (i > 0 && (i % PACKED_TOGETHER === 0 || performance.now() - beganMs > LONGEST_GO_MS)) {
      await new Promise(resolve => setImmediate(resolve))
      beganMs = performance.now()
    }
    parts.push(packr.pack([id, decidedAtMs, strategyHash, packAnswer(), request, packTrace()]))
  }
  const packed = Buffer.concat(parts)
  return Buffer.concat([Buffer.of(VERSION), packed])
}

/** The record with the id, or undefined where the batch has none. Throws UnreadableRecord. */
export async function findRecord(batch: Buffer, id: string): Promise<DecisionRecord | undefined> {
  if (batch[0] !== VERSION)
    throw new UnreadableRecord(`the record of decision ${id} has no known format`)
  try {
    const entries = packr.unpackMultiple(batch.subarray(1)) as Entry[]
    const entry = entries.find(([other]) => other === id)
    if (entry === undefined) return undefined
    const [, decidedAtMs, strategyHash, answer, request, trace] = entry
    return { id, decidedAtMs, strategyHash, answer, request, trace }
  } catch (error) {
    throw new UnreadableRecord(`the record of decision ${id} cannot be decoded`, { cause: error })
  }
}
