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

/** What HOLD compares with what is stored: the log, which only grows while its header stands, and the reservations as they are. */
export class LoadedVersion {
  readonly #history: Buffer | null
  readonly #reservations: Buffer | null
  readonly #reserves: boolean

  constructor({ history, reservations }: Omit<Reply, 'alias'>, { reserves }: Lexicon) {
    this.#history = history
    this.#reservations = reservations
    this.#reserves = reserves
  }

  /** The log's header and length and the reservations, as arguments of HOLD: '' where there are none, '-' where they were not read. */
  get args(): [header: Buffer | '', length: number, reservations: Buffer | '' | '-'] {
    return [
      this.#history?.subarray(0, HISTORY_HEADER_BYTES) ?? '',
      this.#history?.length ?? 0,
      this.#reserves ? (this.#reservations ?? '') : '-'
    ]
  }
}
