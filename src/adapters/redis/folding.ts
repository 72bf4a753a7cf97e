import { randomBytes } from 'node:crypto'
import {
  foldIntoHours,
  FOLD_ABOVE_EVENTS,
  KEPT_EVENTS,
  newestFirst
} from '../../domain/history-bounds.js'
import type { Log } from '../../decisioning/ports.js'
import type { Connection } from './connection.js'
import { DETAILS_HEADER, splitDetails } from './detail-codec.js'
import { UnreadableRecord } from './errors.js'
import { decodeLog, encodeLog } from './history-codec.js'
import type { CustomerKeys } from './keys.js'
import { FOLD } from './scripts.js'

/**
 * Folds long logs: the newest events stay one by one, the others become counts per hour. Runs beside the requests.
 * Only one fold a customer at a time here; between processes the log's stamp decides, and the loser tries again with the next event.
 */
export class Folding {
  readonly #connection: Connection
  readonly #log: Log
  readonly #running = new Map<string, Promise<void>>()

  constructor(connection: Connection, log: Log) {
    this.#connection = connection
    this.#log = log
  }

  /** Called with the number of records that a log holds now. */
  consider(keys: CustomerKeys, records: number): void {
    if (records <= FOLD_ABOVE_EVENTS || this.#running.has(keys.history)) return
    const done = this.#fold(keys).catch((error: unknown) => {
      this.#log.warn(
        { error: String(error) },
        'a long history could not be folded; it is tried again with the next event'
      )
    })
    this.#running.set(
      keys.history,
      done.finally(() => this.#running.delete(keys.history))
    )
  }

  /** Waits for the folds that are running. */
  async settled(): Promise<void> {
    await Promise.all(this.#running.values())
  }

  async #fold(keys: CustomerKeys): Promise<void> {
    const [history, details] = (await this.#connection.command(
      'MGET',
      keys.history,
      keys.details
    )) as [Buffer | null, Buffer | null]
    if (history === null || details === null) return
    const folded = foldLog(history, details, randomBytes(4).readUInt32BE())
    await this.#connection.run(
      FOLD,
      [keys.history, keys.details],
      [folded.header, history.length, details.length, folded.history, folded.details]
    )
  }
}

/** The folded form of a log and its details. Throws UnreadableRecord. */
export function foldLog(
  history: Buffer,
  details: Buffer,
  stamp: number
): { header: Buffer; history: Buffer; details: Buffer } {
  const { header, wide, records, hours } = decodeLog(history)
  const parts = splitDetails(details)
  if (parts.length !== records.length)
    throw new UnreadableRecord('the stored history and its details differ in length')
  const order = newestFirst(records.map(record => record.timeMs))
  const kept = [...order.subarray(0, KEPT_EVENTS)].reverse()
  const dropped = [...order.subarray(KEPT_EVENTS)].map(position => records[position]!)
  return {
    header,
    history: encodeLog(
      stamp,
      kept.map(position => records[position]!),
      foldIntoHours(hours, dropped),
      // As wide as it is, for the script puts what has come meanwhile behind it.
      wide
    ),
    details: Buffer.concat([DETAILS_HEADER, ...kept.map(position => parts[position]!)])
  }
}
