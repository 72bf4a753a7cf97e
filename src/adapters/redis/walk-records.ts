import type { JournalPeriod } from '../../domain/journal.js'
import type { DecisionRecord } from '../../decisioning/ports.js'
import type { Connection } from './connection.js'
import { RECORDS_INDEX_KEY, recordsKey } from './keys.js'
import { decodeRecords } from './record-codec.js'

/** Places of the index that are read at once. */
const PAGE = 64
/** Of who waits: few, since a bucket holds up to hundreds of records. */
const TOGETHER = 8
/** A walk takes minutes: a Redis that is busy for a moment does not end it. */
const MOST_TRIES = 10
const RETRY_MS = 200
/** A batch stands in the index at the time of its first decision; its others were decided about as early. */
const SPREAD_MS = 1000

/** Decision records by their index, which is in the order of time; what is written meanwhile may be met or not. */
export async function* walkRecords(
  connection: Connection,
  { fromMs, toMs }: JournalPeriod
): AsyncGenerator<readonly DecisionRecord[]> {
  /** Buckets hold several batches, each of which has its place in the index. */
  const seen = new Set<string>()
  let sinceMs = fromMs - SPREAD_MS
  let passed = 0
  for (;;) {
    const page = (await patiently(() =>
      connection.command(
        'ZRANGEBYSCORE',
        RECORDS_INDEX_KEY,
        sinceMs,
        toMs + SPREAD_MS,
        'WITHSCORES',
        'LIMIT',
        passed,
        PAGE
      )
    )) as Array<Buffer | readonly [Buffer, number]>
    // One list or pairs, as the protocol's version has it.
    const places = page.flat()
    if (places.length === 0) return
    const buckets = new Set<string>()
    for (let i = 0; i < places.length; i += 2) {
      const bucket = bucketAt(places[i])
      if (!seen.has(bucket)) buckets.add(bucket)
      seen.add(bucket)
      const timeMs = Number(String(places[i + 1]))
      passed = timeMs === sinceMs ? passed + 1 : 1
      sinceMs = timeMs
    }
    for (const bucket of buckets) {
      const records = await patiently(() => recordsIn(connection, bucket))
      yield records.filter(({ decidedAtMs }) => decidedAtMs >= fromMs && decidedAtMs < toMs)
    }
  }
}

/** Decision records from the newest on; who asks is waiting, so nothing is tried twice. */
export async function* latestRecords(
  connection: Connection
): AsyncGenerator<readonly DecisionRecord[]> {
  const seen = new Set<string>()
  // What is written meanwhile moves the others on: they are met again, never missed.
  for (let passed = 0; ; passed += TOGETHER) {
    const last = passed + TOGETHER - 1
    const page = (await connection.command(
      'ZREVRANGE',
      RECORDS_INDEX_KEY,
      passed,
      last
    )) as Buffer[]
    if (page.length === 0) return
    const buckets = new Set(page.map(bucketAt).filter(bucket => !seen.has(bucket)))
    for (const bucket of buckets) seen.add(bucket)
    const records = [...buckets].map(bucket => recordsIn(connection, bucket))
    for (const some of await Promise.all(records)) yield some.reverse()
  }
}

/** Places are named after their bucket, its size and a number. */
function bucketAt(place: unknown): string {
  return String(place).replace(/:\d+:\d+$/, '')
}

async function recordsIn(connection: Connection, bucket: string): Promise<DecisionRecord[]> {
  const batches = (await connection.command('LRANGE', recordsKey(bucket), 0, -1)) as Buffer[]
  return batches.flatMap(batch => decodeRecords(batch, 'a batch of decision records'))
}

async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await ask()
    } catch (error) {
      if (tries === MOST_TRIES) throw error
      await new Promise(resolve => setTimeout(resolve, RETRY_MS))
    }
  }
}
