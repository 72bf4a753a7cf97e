import type { JournalPeriod } from '../../domain/journal.js'
import type { DecisionRecord } from '../../decisioning/ports.js'
import type { Connection } from './connection.js'
import { PARTITIONS, recordsKey, recordsKeys } from './keys.js'
import { decodeRecords } from './record-codec.js'

/** Places of an index that are read at once. */
const PAGE = 64
/** Of who waits: few, since a bucket holds up to hundreds of records. */
const TOGETHER = 4
/** A walk takes minutes: a Redis that is busy for a moment does not end it. */
const MOST_TRIES = 10
const RETRY_MS = 200
/** A batch stands in the index at the time of its first decision; its others were decided about as early. */
const SPREAD_MS = 1000

/** Some records of one partition, which stand together. */
type Lots = AsyncGenerator<readonly DecisionRecord[], void>

/** Decision records, about in the order of time; what is written meanwhile may be met or not. */
export async function* walkRecords(connection: Connection, period: JournalPeriod): Lots {
  yield* merged(
    partitions().map(partition => walkPartition(connection, partition, period)),
    (one, other) => one - other
  )
}

/** Decision records about from the newest on; who asks is waiting, so nothing is tried twice. */
export async function* latestRecords(connection: Connection): Lots {
  yield* merged(
    partitions().map(partition => latestOf(connection, partition)),
    (one, other) => other - one
  )
}

function partitions(): number[] {
  return Array.from({ length: PARTITIONS }, (_, partition) => partition)
}

/** Always the lot whose first record comes first by the order of times. */
async function* merged(
  walks: readonly Lots[],
  order: (oneMs: number, otherMs: number) => number
): Lots {
  let heads = await Promise.all(walks.map(headOf))
  for (;;) {
    heads = heads.filter(({ lot }) => lot !== undefined)
    const [first, ...others] = heads
    if (first === undefined) return
    const next = others.reduce((best, one) => (order(one.atMs, best.atMs) < 0 ? one : best), first)
    yield next.lot!
    heads = await Promise.all(
      heads.map(async head => (head === next ? await headOf(head.walk) : head))
    )
  }
}

/** The next lot of a walk that has records; none at its end. */
async function headOf(walk: Lots) {
  for (;;) {
    const step = await walk.next()
    if (step.done === true) return { walk, lot: undefined, atMs: 0 }
    const [first] = step.value
    if (first !== undefined) return { walk, lot: step.value, atMs: first.decidedAtMs }
  }
}

async function* walkPartition(
  connection: Connection,
  partition: number,
  { fromMs, toMs }: JournalPeriod
): Lots {
  const { index } = recordsKeys(partition)
  /** Buckets hold several batches, each of which has its place in the index. */
  const seen = new Set<string>()
  let sinceMs = fromMs - SPREAD_MS
  let passed = 0
  for (;;) {
    const limits = ['WITHSCORES', 'LIMIT', passed, PAGE]
    const page = (await patiently(() =>
      connection.command('ZRANGEBYSCORE', index, sinceMs, toMs + SPREAD_MS, ...limits)
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

async function* latestOf(connection: Connection, partition: number): Lots {
  const { index } = recordsKeys(partition)
  const seen = new Set<string>()
  // What is written meanwhile moves the others on: they are met again, never missed.
  for (let passed = 0; ; passed += TOGETHER) {
    const last = passed + TOGETHER - 1
    const page = (await connection.command('ZREVRANGE', index, passed, last)) as Buffer[]
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
