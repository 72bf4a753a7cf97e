import type { AppendOutcome, CustomerEvent } from '../../domain/interaction.js'
import type { CustomerKey, Identity, Lexicon, Profile } from '../../domain/customer.js'
import { sameParty } from '../../domain/identity.js'
import { StoreUnavailable } from '../../domain/refusal.js'
import type {
  CustomerState,
  CustomerStore,
  Hold,
  HoldOutcome,
  Log,
  ProfileChange
} from '../../decisioning/ports.js'
import { Aliases } from './aliases.js'
import type { Found } from './aliases.js'
import type { Connection } from './connection.js'
import { CLOSED, EventLog } from './event-log.js'
import { Holding } from './holding.js'
import { customerKeys } from './keys.js'
import { Loader, stateOf } from './loader.js'
import { Merging } from './merging.js'
import type { Names } from './names.js'
import type { PresentPeriods } from './quota-readings.js'
import type { RedisQuotas } from './quotas.js'
import { openState, packState } from './packed-state.js'
import { Profiles } from './profiles.js'
import { Renewals } from './renewals.js'
import { loadKeys, replyOf } from './reply.js'
import type { Reply } from './reply.js'
import { ERASE } from './scripts.js'
import { createStamps } from './stamps.js'
import type { StoredRecord } from './uniting.js'
import { answerOf } from './wire.js'
import { Words } from './words.js'

export interface CustomersDeps {
  readonly connection: Connection
  readonly names: Names
  readonly periods: PresentPeriods
  readonly quotas: RedisQuotas
  /** ms since 1970. */
  readonly clock: () => number
  readonly log: Log
}

/** Customers in Redis: their profiles in profiles.ts, their events in event-log.ts, what makes several keys one in merging.ts. */
export class RedisCustomers implements CustomerStore {
  readonly #connection: Connection
  readonly #names: Names
  readonly #words: Words
  readonly #loader: Loader
  readonly #aliases: Aliases
  readonly #merging: Merging
  readonly #profiles: Profiles
  readonly #events: EventLog
  readonly #holding: Holding
  readonly #quotas: RedisQuotas
  readonly #clock: () => number
  readonly #renewals: Renewals

  constructor({ connection, names, periods, quotas, clock, log }: CustomersDeps) {
    this.#connection = connection
    this.#names = names
    this.#quotas = quotas
    this.#clock = clock
    this.#words = new Words(names)
    this.#renewals = new Renewals(connection, this.#words, log)
    this.#loader = new Loader(connection, periods)
    const nextStamp = createStamps()
    const aliases = new Aliases(connection)
    this.#aliases = aliases
    this.#merging = new Merging({ connection, aliases, names, nextStamp, log })
    const merging = this.#merging
    this.#profiles = new Profiles({ connection, names, aliases, merging, nextStamp, clock })
    this.#events = new EventLog(connection, names, aliases, log)
    this.#holding = new Holding(connection, names, this.#words, aliases, this.#events, (...reply) =>
      this.#used(...reply)
    )
  }

  async load(key: CustomerKey, lexicon: Lexicon): Promise<CustomerState> {
    return await this.#used(key, await this.#reply(key, lexicon), lexicon)
  }

  async peek(key: CustomerKey, lexicon: Lexicon): Promise<CustomerState> {
    return await this.#loaded(key, await this.#reply(key, lexicon), lexicon)
  }

  async appendAndLoad(
    events: readonly CustomerEvent[],
    key: CustomerKey,
    lexicon: Lexicon
  ): Promise<CustomerState> {
    await this.#words.of(lexicon)
    await this.#events.register(events)
    const keys = customerKeys(key)
    const [[appended, values], quotas] = await Promise.all([
      this.#connection.runAll([
        this.#events.appendCall(keys, events, lexicon.retentionMs[key.namespace]),
        { command: 'MGET', args: loadKeys(keys, lexicon) }
      ]),
      this.#quotas.readForLoad(lexicon)
    ])
    const [records] = answerOf(appended) as [number]
    if (records === CLOSED) {
      await this.append(events)
      return await this.load(key, lexicon)
    }
    const reply = replyOf(answerOf(values) as Array<Buffer | null>, quotas)
    return await this.#used(key, reply, lexicon)
  }

  append(events: readonly CustomerEvent[]): Promise<AppendOutcome[]> {
    return this.#events.append(events, this.#words.retentionMs)
  }

  async history(key: CustomerKey, limit: number): Promise<CustomerEvent[]> {
    const { identity, reply } = await this.#record(key, ['history', 'details'])
    return await this.#events.newest(identity.canonical, reply, limit)
  }

  hold(state: CustomerState, hold: Hold, lexicon: Lexicon): Promise<HoldOutcome> {
    return this.#holding.hold(state, hold, lexicon)
  }

  release(key: CustomerKey, ids: readonly string[]): Promise<void> {
    return this.#holding.release(key, ids)
  }

  async merge(one: CustomerKey, other: CustomerKey, lexicon: Lexicon): Promise<Identity> {
    await this.#words.of(lexicon)
    return await this.#merging.merge(one, other, lexicon)
  }

  async identityOf(key: CustomerKey): Promise<Identity> {
    return (await this.#record(key, [])).identity
  }

  packState(state: CustomerState): unknown {
    return packState(state)
  }

  async openState(packed: unknown, lexicon: Lexicon): Promise<CustomerState> {
    const words = await this.#words.forReading(lexicon)
    return await this.#names.reading(() => openState(packed, this.#names, words))
  }

  async read(key: CustomerKey): Promise<Profile | undefined> {
    const { identity, reply } = await this.#record(key, ['profile'])
    // MGET calls a key of another type absent; GET tells.
    if (reply.profile === null)
      await this.#connection.command('GET', customerKeys(identity.canonical).profile)
    return await this.#profiles.decode(reply.profile)
  }

  async change(key: CustomerKey, change: ProfileChange, lexicon: Lexicon): Promise<Profile> {
    await this.#words.of(lexicon)
    return await this.#profiles.change(key, change, lexicon)
  }

  async importMany(
    profiles: ReadonlyArray<readonly [CustomerKey, Profile]>,
    lexicon: Lexicon
  ): Promise<void> {
    await this.#words.of(lexicon)
    await this.#profiles.replace(profiles, lexicon)
  }

  /**
   * The tombstones stay until a profile is put again; nothing is left where nothing was. The key that was asked for goes last:
   * where the rest could not be reached, asking again finds it.
   */
  async erase(key: CustomerKey): Promise<boolean> {
    const parties = await this.#aliases.gather([key])
    const others = parties.filter(party => !sameParty(party.key, key)).map(party => party.key)
    let found = 0
    for (const some of [others, [key]]) {
      const calls = some.map(of => {
        const { tombstone, ...keys } = customerKeys(of)
        return { script: ERASE, keys: [tombstone, ...Object.values(keys)], args: [] }
      })
      if (calls.length === 0) continue
      for (const answer of await this.#connection.runAll(calls)) found += Number(answerOf(answer))
    }
    return found > 0
  }

  /** Waits for what goes on beside the requests. */
  async settled(): Promise<void> {
    await this.#events.settled()
    await this.#merging.settled()
  }

  /** What is stored under any key of the customer, united. */
  async #record<Part extends keyof StoredRecord>(
    key: CustomerKey,
    parts: readonly Part[]
  ): Promise<Found<Pick<StoredRecord, Part>>> {
    return (
      (await this.#aliases.find(key, parts)) ??
      (await this.#merging.united(key, this.#words.namespaces))
    )
  }

  async #reply(key: CustomerKey, lexicon: Lexicon): Promise<Reply> {
    if (this.#words.known(lexicon) === undefined) await this.#words.of(lexicon)
    return await this.#loader.load(customerKeys(key), lexicon)
  }

  /** The state for somebody who decides: the customer lives on by it. */
  async #used(key: CustomerKey, reply: Reply, lexicon: Lexicon): Promise<CustomerState> {
    const state = await this.#loaded(key, reply, lexicon)
    this.#events.foldIfLong(customerKeys(state.key), state.history.length)
    this.#renewals.renew(state.key, key)
    return state
  }

  #loaded(key: CustomerKey, reply: Reply, lexicon: Lexicon): Promise<CustomerState> {
    return reply.alias === null
      ? this.#stateOf({ canonical: key, members: [key] }, reply, lexicon)
      : this.#mergedState(key, reply, lexicon)
  }

  async #mergedState(key: CustomerKey, reply: Reply, lexicon: Lexicon): Promise<CustomerState> {
    const read = (of: CustomerKey) => this.#loader.load(customerKeys(of), lexicon)
    const found = await this.#aliases.follow(key, reply, read)
    if (found !== undefined) return await this.#stateOf(found.identity, found.reply, lexicon)
    const { identity, reply: united } = await this.#merging.united(key, lexicon.namespaces)
    this.#merging.settleBeside(identity, lexicon)
    return await this.#stateOf(identity, { ...united, quotas: reply.quotas }, lexicon)
  }

  /** @param asked the key that was loaded */
  async #stateOf(
    identity: Identity,
    reply: Omit<Reply, 'alias'>,
    lexicon: Lexicon
  ): Promise<CustomerState> {
    const words = this.#words.known(lexicon)
    if (words === undefined)
      throw new StoreUnavailable('the names registry changed during the load; ask again')
    return await this.#names.reading(() =>
      stateOf(identity, reply, this.#names, words, this.#clock())
    )
  }
}
