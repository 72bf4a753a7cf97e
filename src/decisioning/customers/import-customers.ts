import { setImmediate as letOthersGo, setTimeout as pauseFor } from 'node:timers/promises'
import type { Caller } from '../../domain/caller.js'
import { customerText, type CustomerKey, type Profile } from '../../domain/customer.js'
import { StoreUnavailable } from '../../domain/refusal.js'
import type { Strategy } from '../../policy/strategy.js'
import { barredFrom, barredFromAny, keyFaults } from './customer-key.js'
import { isObject, kindOf } from '../faults.js'
import { boundsFault } from '../json-bounds.js'
import { createLineSplitter, type Line } from './line-splitter.js'
import type { CustomerStore } from '../ports.js'
import { readProfile, type BodyReading } from './profile-body.js'

const LONGEST_LINE_BYTES = 64 * 1024
/** Customers written in one call of the store. */
const CHUNK_CUSTOMERS = 500
/** Calls of the store under way at once. */
const MOST_UNDER_WAY = 4
/** Faults told in the answer; all are counted. */
const MOST_ERRORS_TOLD = 1000
/** Bad lines wait for no store, so after so many everybody else has a turn. */
const BAD_LINES_A_TURN = 10
/** Waits between attempts while the store is away: ten seconds in all. */
const PAUSES_MS = [100, 200, 400, 800, 1500, 2000, 2500, 2500]

export interface ImportReceipt {
  /** Lines that are in. A customer given twice counts twice; the last line holds. */
  readonly imported: number
  readonly failed: number
  /** The first 1,000 faults, by line counted from 1. */
  readonly errors: ReadonlyArray<{ readonly line: number; readonly detail: string }>
}

export interface ImportNeeds {
  readonly customers: Pick<CustomerStore, 'importMany' | 'identityOf'>
  readonly snapshots: { current: () => { readonly strategy: Strategy } }
  /** Waits between attempts; timers of the process when absent. */
  readonly pause?: (ms: number) => Promise<unknown>
}

export interface ImportOptions {
  readonly caller: Caller
  /** Stands in for consent without a time. */
  readonly nowMs: number
  /** Told after every write: lines in and lines failed so far. */
  readonly progress?: (imported: number, failed: number) => void
}

/**
 * Imports customers from NDJSON, one a line: the body of PUT with `namespace` (the strategy's first when absent) and `id`. Each
 * replaces what is stored. Memory stays bounded whatever the length of the file. Lines that are wrong are reported and passed over.
 * Rejects with StoreUnavailable, saying how many lines are in, when the store stays away for ten seconds; importing the same file
 * again is then safe.
 */
export type ImportCustomers = (
  pieces: AsyncIterable<Uint8Array | string>,
  options: ImportOptions
) => Promise<ImportReceipt>

export function createImportCustomers(needs: ImportNeeds): ImportCustomers {
  return async function importCustomers(pieces, { caller, nowMs, progress }) {
    const { strategy } = needs.snapshots.current()
    const reading: BodyReading = { strategy, nowMs, source: caller.id }
    const errors: Array<{ line: number; detail: string }> = []
    let failed = 0
    const writer = createWriter(needs, strategy, imported => progress?.(imported, failed))

    async function take(line: Line): Promise<void> {
      if (line.text?.trim() === '') return
      const read = readLine(line, reading, caller)
      const fault = typeof read === 'string' ? read : await barredByMerge(needs, read[0], caller)
      if (typeof read !== 'string' && fault === undefined) return writer.add(read)
      failed++
      if (errors.length < MOST_ERRORS_TOLD)
        errors.push({ line: line.number, detail: String(fault) })
      if (failed % BAD_LINES_A_TURN === 0) await letOthersGo()
    }

    const splitter = createLineSplitter(LONGEST_LINE_BYTES)
    try {
      for await (const piece of pieces) {
        const bytes = typeof piece === 'string' ? Buffer.from(piece) : piece
        for (const line of splitter.split(bytes)) await take(line)
      }
      for (const line of splitter.end()) await take(line)
      await writer.flush()
    } finally {
      await writer.settled()
    }
    return { imported: writer.imported(), failed, errors }
  }
}

type Entry = readonly [key: CustomerKey, profile: Profile]

/** The customer of a line, or a sentence why there is none. */
function readLine(line: Line, reading: BodyReading, caller: Caller): Entry | string {
  if (line.fault !== undefined) return line.fault
  const body = parse(line.text)
  const unbounded = boundsFault(body)
  if (unbounded !== undefined) return `${unbounded.pointer} ${unbounded.detail}`.trimStart()
  if (!isObject(body))
    return `must be a JSON object, not ${body === NOT_JSON ? 'broken JSON' : kindOf(body)}`
  const { namespace = reading.strategy.namespaces[0], id, ...rest } = body
  if (typeof id !== 'string') return `/id must be a string, not ${kindOf(id)}`
  if (typeof namespace !== 'string') return `/namespace must be a string, not ${kindOf(namespace)}`
  const key = { namespace, id }
  const barred = barredFrom(key, caller)
  if (barred !== undefined) return barred
  const faults = keyFaults(reading.strategy, key)
  const profile = readProfile(rest, reading, faults)
  if (faults.length === 0) return [key, profile]
  return faults
    .slice(0, 5)
    .map(({ pointer, detail }) => `${pointer} ${detail}`)
    .join('; ')
}

/** A sentence where a merge has put the customer out of the caller's reach; callers of all namespaces are not asked about. */
async function barredByMerge(
  { customers, pause }: ImportNeeds,
  key: CustomerKey,
  caller: Caller
): Promise<string | undefined> {
  if (caller.namespaces === undefined) return undefined
  const { members } = await patiently(() => customers.identityOf(key), pause)
  return barredFromAny(members, caller)
}

const NOT_JSON = Symbol('not JSON')

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return NOT_JSON
  }
}

/** Customers to be written in one call; of a customer given twice the last. */
interface Chunk {
  readonly entries: Map<string, Entry>
  lines: number
}

interface Writer {
  add(entry: Entry): Promise<void>
  /** Writes what is waiting and ends when all is in. */
  flush(): Promise<void>
  /** Ends when nothing is under way any more; never rejects. */
  settled(): Promise<void>
  /** Lines that are in. */
  imported(): number
}

/**
 * Writes chunks, a few at a time. Two chunks with the same customer are never under way together, so that the later line holds.
 */
function createWriter(
  needs: ImportNeeds,
  strategy: Strategy,
  wrote: (imported: number) => void
): Writer {
  const underWay = new Map<Chunk, Promise<void>>()
  let filling: Chunk = { entries: new Map(), lines: 0 }
  let imported = 0
  let taken = 0
  let failure: Error | undefined

  async function write(chunk: Chunk): Promise<void> {
    try {
      await persist(needs, [...chunk.entries.values()], strategy)
      imported += chunk.lines
      wrote(imported)
    } catch (error) {
      failure ??= error instanceof Error ? error : new Error(String(error))
    } finally {
      underWay.delete(chunk)
    }
  }

  function throwFailure(): void {
    if (failure === undefined) return
    if (!(failure instanceof StoreUnavailable)) throw failure
    const detail = `The store went away: ${imported} of ${taken} good lines read so far are in. Import the file again when it is back.`
    throw new StoreUnavailable(detail, { cause: failure })
  }

  async function send(): Promise<void> {
    const chunk = filling
    if (chunk.lines === 0) return
    filling = { entries: new Map(), lines: 0 }
    const ids = [...chunk.entries.keys()]
    for (const [other, done] of underWay) if (ids.some(id => other.entries.has(id))) await done
    while (underWay.size >= MOST_UNDER_WAY) await Promise.race(underWay.values())
    throwFailure()
    underWay.set(chunk, write(chunk))
  }

  const settled = async (): Promise<void> => {
    await Promise.all(underWay.values())
  }

  return {
    async add(entry) {
      filling.entries.set(customerText(entry[0]), entry)
      filling.lines++
      taken++
      if (filling.lines >= CHUNK_CUSTOMERS) await send()
    },
    async flush() {
      await send()
      await settled()
      throwFailure()
    },
    settled,
    imported: () => imported
  }
}

/** Importing again what may or may not be in changes nothing, so every failure to reach the store may be tried again. */
function persist(
  { customers, pause }: ImportNeeds,
  entries: readonly Entry[],
  strategy: Strategy
): Promise<void> {
  return patiently(() => customers.importMany(entries, strategy.lexicon), pause)
}

/** Tries again while the store is away, for ten seconds. */
async function patiently<T>(
  work: () => Promise<T>,
  pause: (ms: number) => Promise<unknown> = pauseFor
): Promise<T> {
  for (const pauseMs of PAUSES_MS) {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error
      await pause(pauseMs)
    }
  }
  return await work()
}
