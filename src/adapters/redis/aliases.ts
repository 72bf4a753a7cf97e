import type { CustomerKey, Identity } from '../../domain/customer.js'
import { partyText, sameParty } from '../../domain/identity.js'
import { StoreUnavailable } from '../../domain/refusal.js'
import { decodeAlias } from './alias-codec.js'
import type { Connection } from './connection.js'
import { customerKeys } from './keys.js'
import type { Party, StoredRecord } from './uniting.js'

/** Aliases in a row, each of which another merge has made. */
const MOST_HOPS = 8

/** A reply that holds the alias beside whatever was asked for. */
interface WithAlias {
  readonly alias: Buffer | null
}

/** Where a customer's record is. */
export interface Found<Reply> {
  readonly identity: Identity
  readonly reply: Reply
}

/** Finds what is stored of merged customers by what their aliases say (alias-codec.ts); merging.ts writes them. */
export class Aliases {
  readonly #connection: Connection

  constructor(connection: Connection) {
    this.#connection = connection
  }

  /**
   * From the reply to one key to that of the canonical key; undefined while a merge is unfinished, when `united` tells what holds.
   * @param read asks the same of another key
   */
  async follow<Reply extends WithAlias>(
    key: CustomerKey,
    reply: Reply,
    read: (key: CustomerKey) => Promise<Reply>
  ): Promise<Found<Reply> | undefined> {
    if (reply.alias === null) return { identity: { canonical: key, members: [key] }, reply }
    for (let hops = 0, at = reply; hops < MOST_HOPS && at.alias !== null; hops++) {
      const { state, members } = decodeAlias(at.alias)
      const [canonical] = members as [CustomerKey]
      if (state === 'open' || !members.some(member => sameParty(member, key))) return undefined
      if (state === 'whole') return { identity: { canonical, members }, reply: at }
      at = await read(canonical)
    }
    return undefined
  }

  /** Parts of a customer's record, under whichever of its keys; undefined while a merge is unfinished. */
  async find<Part extends keyof StoredRecord>(
    key: CustomerKey,
    parts: readonly Part[]
  ): Promise<Found<Pick<StoredRecord, Part>> | undefined> {
    const read = async (of: CustomerKey) => {
      const keys = customerKeys(of)
      const [values] = await this.#connection.values([
        [...parts.map(part => keys[part]), keys.alias]
      ])
      const read = Object.fromEntries(parts.map((part, i) => [part, values![i] ?? null]))
      return { ...(read as Pick<StoredRecord, Part>), alias: values!.at(-1) ?? null }
    }
    return await this.follow(key, await read(key), read)
  }

  /** Where the events of a key go: the first record on its way to the canonical one that is not closed. */
  async openKeyOf(key: CustomerKey): Promise<CustomerKey> {
    let at = key
    for (let hops = 0; hops < MOST_HOPS; hops++) {
      const [[alias = null] = []] = await this.#connection.values([[customerKeys(at).alias]])
      const { state, members } =
        alias === null ? { state: 'open', members: [] } : decodeAlias(alias)
      if (state !== 'member') return at
      at = members[0]!
    }
    throw new StoreUnavailable('the customer is being merged by many callers at once; try again')
  }

  /** Everything under the keys given and under those that their aliases name. */
  async gather(keys: readonly CustomerKey[]): Promise<Party[]> {
    const parties = new Map<string, Party>()
    let missing = [...keys]
    while (missing.length > 0) {
      for (const party of await this.#read(missing)) parties.set(partyText(party.key), party)
      const named = [...parties.values()].flatMap(({ alias }) => alias?.members ?? [])
      const fresh = new Map(named.map(key => [partyText(key), key]))
      missing = [...fresh].flatMap(([text, key]) => (parties.has(text) ? [] : [key]))
    }
    return [...parties.values()]
  }

  async #read(keys: readonly CustomerKey[]): Promise<Party[]> {
    const groups = keys.map(key => {
      const { profile, history, details, reservations, alias, tombstone } = customerKeys(key)
      return [profile, history, details, reservations, alias, tombstone]
    })
    const values = await this.#connection.values(groups)
    return keys.map((key, i) => {
      const [
        profile = null,
        history = null,
        details = null,
        reservations = null,
        alias = null,
        tombstone = null
      ] = values[i] as Array<Buffer | null>
      return {
        key,
        profile,
        history,
        details,
        reservations,
        alias: alias === null ? undefined : decodeAlias(alias),
        aliasBytes: alias,
        erased: tombstone !== null
      }
    })
  }
}
