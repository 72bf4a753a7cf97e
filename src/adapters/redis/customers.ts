import { LRUCache } from 'lru-cache'
import type { AppendOutcome, CustomerEvent } from '../../domain/interaction.js'
import type { CustomerKey, Identity, Lexicon, Profile } from '../../domain/customer.js'
import { StoreUnavailable } from '../../domain/refusal.js'
import type {
  CustomerState,
  CustomerStore,
  Hold,
  HoldOutcome,
  Log,
  ProfileChange
} from '../../decisioning/ports.js'
import type { Connection } from './connection.js'
import { EventLog } from './event-log.js'
import { customerKeys, customerStem } from './keys.js'
import type { CustomerKeys } from './keys.js'
import { Loader, loadKeys, replyOf, stateOf } from './loader.js'
import type { Reply } from './loader.js'
import type { Names } from './names.js'
import {
  createStamps,
  decodeProfile,
  encodeProfile,
  PROFILE_PREFIX_BYTES,
  unknownNames
} from './profile-codec.js'
import { CHANGE, ERASE, REPLACE, TOUCH } from './scripts.js'
import { answerOf } from './wire.js'
import type { Argument, Call } from './wire.js'
import { Words } from './words.js'

const TOUCH_EVERY_MS = 86_400_000
const TOUCHES_REMEMBERED = 100_000
/** How often a change is tried against changes by other processes. */
const CHANGE_TRIES = 16
/** Profiles in one script: an import must not keep a decision's load waiting for long. */
const IMPORTED_TOGETHER = 100

/** Customers in Redis: profiles here, their events in event-log.ts. */
export class RedisCustomers implements CustomerStore {
  readonly #connection: Connection
  readonly #names: Names
  readonly #words: Words
  readonly #loader: Loader
  readonly #events: EventLog
  readonly #log: Log
  readonly #nextStamp = createStamps()
  /** Customers whose keys were given a new lifetime by a load of this process within the day. */
  readonly #touched = new LRUCache<string, true>({ max: TOUCHES_REMEMBERED, ttl: TOUCH_EVERY_MS })
  /** The last change under way, per customer: changes of one process wait for each other. */
  readonly #changing = new Map<string, Promise<unknown>>()

  constructor(connection: Connection, names: Names, log: Log) {
    this.#connection = connection
    this.#names = names
    this.#log = log
    this.#words = new Words(names)
    this.#loader = new Loader(connection)
    this.#events = new EventLog(connection, names, log)
  }

  async load(key: CustomerKey, lexicon: Lexicon): Promise<CustomerState> {
    if (this.#words.known(lexicon) === undefined) await this.#words.of(lexicon)
    const keys = customerKeys(key)
    const state = await this.#stateOf(key, await this.#loader.load(keys), lexicon)
    this.#afterLoad(keys, key, state)
    return state
  }

  async appendAndLoad(
    events: readonly CustomerEvent[],
    key: CustomerKey,
    lexicon: Lexicon
  ): Promise<CustomerState> {
    await this.#words.of(lexicon)
    await this.#events.register(events)
    const keys = customerKeys(key)
    const [appended, values] = await this.#connection.runAll([
      this.#events.appendCall(keys, events, lexicon.retentionMs[key.namespace]),
      { command: 'MGET', args: loadKeys(keys) }
    ])
    answerOf(appended)
    const reply = replyOf(answerOf(values) as Array<Buffer | null>)
    const state = await this.#stateOf(key, reply, lexicon)
    this.#afterLoad(keys, key, state)
    return state
  }

  append(events: readonly CustomerEvent[]): Promise<AppendOutcome[]> {
    return this.#events.append(events, this.#words.retentionMs)
  }

  history(key: CustomerKey, limit: number): Promise<CustomerEvent[]> {
    return this.#events.newest(key, limit)
  }

  async hold(state: CustomerState, hold: Hold, lexicon: Lexicon): Promise<HoldOutcome> {
    await this.append(hold.events)
    return hold.reservations.length === 0
      ? { held: true }
      : { held: false, changed: await this.load(state.key, lexicon) }
  }

  async release(): Promise<void> {}

  async merge(one: CustomerKey): Promise<Identity> {
    return { canonical: one, members: [one] }
  }

  async read(key: CustomerKey): Promise<Profile | undefined> {
    const bytes = (await this.#connection.command(
      'GET',
      customerKeys(key).profile
    )) as Buffer | null
    return bytes === null
      ? undefined
      : await this.#names.reading(() => decodeProfile(bytes, this.#names))
  }

  change(key: CustomerKey, change: ProfileChange, lexicon: Lexicon): Promise<Profile> {
    const stem = customerStem(key)
    const before = this.#changing.get(stem) ?? Promise.resolve()
    const changed = before.then(() => this.#change(key, change, lexicon))
    const settled = changed
      .catch(() => undefined)
      .finally(() => {
        if (this.#changing.get(stem) === settled) this.#changing.delete(stem)
      })
    this.#changing.set(stem, settled)
    return changed
  }

  async importMany(
    profiles: ReadonlyArray<readonly [CustomerKey, Profile]>,
    lexicon: Lexicon
  ): Promise<void> {
    await this.#words.of(lexicon)
    await this.#names.register(
      profiles.flatMap(([, profile]) => unknownNames(profile, this.#names))
    )
    for (let start = 0; start < profiles.length; start += IMPORTED_TOGETHER) {
      const calls = this.#replaceCalls(profiles.slice(start, start + IMPORTED_TOGETHER), lexicon)
      for (const answer of await this.#connection.runAll(calls)) answerOf(answer)
    }
  }

  /** The tombstone stays until a profile is put again; nothing is left where nothing was. */
  async erase(key: CustomerKey): Promise<boolean> {
    const { profile, history, details, eventIds, alias, tombstone, exposures } = customerKeys(key)
    return (
      (await this.#connection.run(
        ERASE,
        [profile, history, details, eventIds, alias, tombstone, exposures],
        []
      )) !== 0
    )
  }

  /** Waits for what goes on beside the requests. */
  async settled(): Promise<void> {
    await this.#events.settled()
  }

  #stateOf(
    key: CustomerKey,
    reply: Reply,
    lexicon: Lexicon
  ): CustomerState | Promise<CustomerState> {
    const words = this.#words.known(lexicon)
    if (words === undefined)
      throw new StoreUnavailable('the names registry changed during the load; ask again')
    return this.#names.reading(() => stateOf(key, reply, this.#names, words))
  }

  #afterLoad(keys: CustomerKeys, key: CustomerKey, state: CustomerState): void {
    this.#events.foldIfLong(keys, state.history.length)
    const ttlMs = this.#words.retentionMs[key.namespace]
    if (ttlMs === undefined || this.#touched.has(keys.profile)) return
    this.#touched.set(keys.profile, true)
    this.#connection
      .run(TOUCH, [keys.profile, keys.history, keys.details, keys.alias], [ttlMs])
      .catch((error: unknown) => {
        this.#touched.delete(keys.profile)
        this.#log.debug(
          { error: String(error) },
          'the lifetime of a customer was not renewed; the next decision tries again'
        )
      })
  }

  /** One script call for many customers; where their keys may be on different servers, one call each. */
  #replaceCalls(
    profiles: ReadonlyArray<readonly [CustomerKey, Profile]>,
    lexicon: Lexicon
  ): Call[] {
    const calls = new Map<unknown, { script: typeof REPLACE; keys: string[]; args: Argument[] }>()
    for (const [key, profile] of profiles) {
      const ttlMs = lexicon.retentionMs[key.namespace] ?? 0
      const together = this.#connection.spansCustomers ? ttlMs : key
      const call = calls.get(together) ?? { script: REPLACE, keys: [], args: [ttlMs] }
      calls.set(together, call)
      call.keys.push(...profileKeys(customerKeys(key)).slice(0, ttlMs > 0 ? 5 : 2))
      call.args.push(encodeProfile(profile, this.#names, this.#nextStamp()))
    }
    return [...calls.values()]
  }

  async #change(key: CustomerKey, change: ProfileChange, lexicon: Lexicon): Promise<Profile> {
    await this.#words.of(lexicon)
    const keys = customerKeys(key)
    for (let tries = 0; tries < CHANGE_TRIES; tries++) {
      const stored = (await this.#connection.command('GET', keys.profile)) as Buffer | null
      const profile = change(
        stored === null
          ? undefined
          : await this.#names.reading(() => decodeProfile(stored, this.#names))
      )
      await this.#names.register(unknownNames(profile, this.#names))
      const expected = stored === null ? '' : stored.subarray(0, PROFILE_PREFIX_BYTES)
      const bytes = encodeProfile(profile, this.#names, this.#nextStamp())
      const done = await this.#connection.run(CHANGE, profileKeys(keys), [
        lexicon.retentionMs[key.namespace] ?? 0,
        expected,
        bytes
      ])
      if (done === 1) return profile
    }
    throw new StoreUnavailable('the customer is being changed by many callers at once; try again')
  }
}

/** KEYS of CHANGE and REPLACE. */
function profileKeys({ profile, tombstone, history, details, alias }: CustomerKeys): string[] {
  return [profile, tombstone, history, details, alias]
}
