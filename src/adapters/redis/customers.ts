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
import { Holding } from './holding.js'
import { customerKeys, customerStem } from './keys.js'
import type { CustomerKeys } from './keys.js'
import { Loader, stateOf } from './loader.js'
import type { Names } from './names.js'
import type { PresentPeriods } from './quota-readings.js'
import type { RedisQuotas } from './quotas.js'
import { Turns } from './turns.js'
import {
  createStamps,
  decodeProfile,
  encodeProfile,
  PROFILE_PREFIX_BYTES,
  unknownNames
} from './profile-codec.js'
import { loadKeys, replyOf } from './reply.js'
import type { Reply } from './reply.js'
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

export interface CustomersDeps {
  readonly connection: Connection
  readonly names: Names
  readonly periods: PresentPeriods
  readonly quotas: RedisQuotas
  /** ms since 1970. */
  readonly clock: () => number
  readonly log: Log
}

/** Customers in Redis: profiles here, their events in event-log.ts. */
export class RedisCustomers implements CustomerStore {
  readonly #connection: Connection
  readonly #names: Names
  readonly #words: Words
  readonly #loader: Loader
  readonly #events: EventLog
  readonly #holding: Holding
  readonly #quotas: RedisQuotas
  readonly #clock: () => number
  readonly #log: Log
  readonly #nextStamp = createStamps()
  /** Customers whose keys were given a new lifetime by a load of this process within the day. */
  readonly #touched = new LRUCache<string, true>({ max: TOUCHES_REMEMBERED, ttl: TOUCH_EVERY_MS })
  /** Changes of one process to one customer do not run into each other. */
  readonly #changes = new Turns()

  constructor({ connection, names, periods, quotas, clock, log }: CustomersDeps) {
    this.#connection = connection
    this.#names = names
    this.#quotas = quotas
    this.#clock = clock
    this.#log = log
    this.#words = new Words(names)
    this.#loader = new Loader(connection, periods)
    this.#events = new EventLog(connection, names, log)
    this.#holding = new Holding(connection, names, this.#words, this.#events, (...stored) =>
      this.#stateOf(...stored)
    )
  }

  async load(key: CustomerKey, lexicon: Lexicon): Promise<CustomerState> {
    if (this.#words.known(lexicon) === undefined) await this.#words.of(lexicon)
    const keys = customerKeys(key)
    const state = await this.#stateOf(key, await this.#loader.load(keys, lexicon), lexicon)
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
    const reading = this.#quotas.read(lexicon)
    const [[appended, values], quotas] = await Promise.all([
      this.#connection.runAll([
        this.#events.appendCall(keys, events, lexicon.retentionMs[key.namespace]),
        { command: 'MGET', args: loadKeys(keys, lexicon) }
      ]),
      reading
    ])
    answerOf(appended)
    const reply = replyOf(answerOf(values) as Array<Buffer | null>, quotas)
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

  hold(state: CustomerState, hold: Hold, lexicon: Lexicon): Promise<HoldOutcome> {
    return this.#holding.hold(state, hold, lexicon)
  }

  release(key: CustomerKey, ids: readonly string[]): Promise<void> {
    return this.#holding.release(key, ids)
  }

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
    return this.#changes.take(customerStem(key), () => this.#change(key, change, lexicon))
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
    const { tombstone, ...keys } = customerKeys(key)
    return (await this.#connection.run(ERASE, [tombstone, ...Object.values(keys)], [])) !== 0
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
    return this.#names.reading(() => stateOf(key, reply, this.#names, words, this.#clock()))
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
