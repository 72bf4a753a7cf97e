import type { Lexicon } from '../../domain/customer.js'
import type { QuotaReadings } from '../../domain/limits.js'
import { HISTORY_HEADER_BYTES } from './history-codec.js'
import type { CustomerKeys } from './keys.js'

/** What is stored of a customer; null where nothing is, or was not read. */
export interface Reply {
  readonly profile: Buffer | null
  readonly history: Buffer | null
  readonly reservations: Buffer | null
  readonly alias: Buffer | null
  /** Read with the customer, for all customers of a command. */
  readonly quotas: QuotaReadings
}

/** The keys that one customer adds to an MGET, in this order. Only a customer whose alias names another key costs a second read. */
export function loadKeys(keys: CustomerKeys, { reserves }: Lexicon): string[] {
  const always = [keys.profile, keys.history, keys.alias]
  return reserves ? [...always, keys.reservations] : always
}

/** @param values of loadKeys */
export function replyOf(
  [profile = null, history = null, alias = null, reservations = null]: ReadonlyArray<Buffer | null>,
  quotas: QuotaReadings
): Reply {
  return { profile, history, reservations, alias, quotas }
}

/**
 * What a state was made of. HOLD compares it with what is stored: the log, which only grows while its header stands, and the
 * reservations as they are.
 */
export class LoadedVersion {
  readonly reply: Omit<Reply, 'alias'>
  readonly lexicon: Lexicon
  /** Which reservations were open. */
  readonly nowMs: number

  constructor(reply: Omit<Reply, 'alias'>, lexicon: Lexicon, nowMs: number) {
    this.reply = reply
    this.lexicon = lexicon
    this.nowMs = nowMs
  }

  /** The log's header and length and the reservations, as arguments of HOLD: '' where there are none, '-' where they were not read. */
  get args(): [header: Buffer | '', length: number, reservations: Buffer | '' | '-'] {
    const { history, reservations } = this.reply
    return [
      history?.subarray(0, HISTORY_HEADER_BYTES) ?? '',
      history?.length ?? 0,
      this.lexicon.reserves ? (reservations ?? '') : '-'
    ]
  }
}
