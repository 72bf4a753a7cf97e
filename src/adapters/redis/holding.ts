import type { CustomerKey, Lexicon } from '../../domain/customer.js'
import type { CustomerState, Hold, HoldOutcome } from '../../decisioning/ports.js'
import { StoreUnavailable } from '../../domain/refusal.js'
import type { Connection } from './connection.js'
import { appendKeys, CLOSED } from './event-log.js'
import type { EventLog } from './event-log.js'
import { HOLD, RELEASE_RESERVATIONS } from './event-scripts.js'
import { customerKeys } from './keys.js'
import type { Aliases } from './aliases.js'
import type { Names } from './names.js'
import { LoadedVersion, replyOf } from './reply.js'
import type { Reply } from './reply.js'
import { encodeReservations } from './reservation-codec.js'
import { Turns } from './turns.js'
import type { Words } from './words.js'

/** Makes the state of a customer from what is stored. */
export type ReadState = (
  key: CustomerKey,
  reply: Reply,
  lexicon: Lexicon
) => CustomerState | Promise<CustomerState>

/** What customers are promised: reservations, written only while nothing has happened since the load. */
export class Holding {
  readonly #connection: Connection
  readonly #names: Names
  readonly #words: Words
  readonly #aliases: Aliases
  readonly #events: EventLog
  readonly #readState: ReadState
  /** Holds of one process on one customer do not run into each other. */
  readonly #turns = new Turns()

  constructor(
    connection: Connection,
    names: Names,
    words: Words,
    aliases: Aliases,
    events: EventLog,
    readState: ReadState
  ) {
    this.#connection = connection
    this.#names = names
    this.#words = words
    this.#aliases = aliases
    this.#events = events
    this.#readState = readState
  }

  hold(state: CustomerState, hold: Hold, lexicon: Lexicon): Promise<HoldOutcome> {
    const { history } = customerKeys(state.key)
    return this.#turns.take(history, () => this.#hold(state, hold, lexicon))
  }

  async release(key: CustomerKey, ids: readonly string[]): Promise<void> {
    const { reservations, alias } = customerKeys(key)
    const done = await this.#connection.run(RELEASE_RESERVATIONS, [reservations, alias], ids)
    if (done === CLOSED) await this.release(await this.#aliases.openKeyOf(key), ids)
  }

  async #hold(
    { key, version, quotas }: CustomerState,
    { reservations, events }: Hold,
    lexicon: Lexicon
  ): Promise<HoldOutcome> {
    if (!(version instanceof LoadedVersion))
      throw new StoreUnavailable('the state was not loaded from this store; load it again')
    await this.#words.of(lexicon)
    await this.#events.register(events)
    const keys = customerKeys(key)
    const answer = (await this.#connection.run(HOLD, appendKeys(keys), [
      ...this.#events.appendHead(lexicon.retentionMs[key.namespace]),
      ...version.args,
      encodeReservations(reservations, lexicon, this.#names),
      Math.max(0, ...reservations.map(({ untilMs }) => Math.ceil(untilMs))),
      ...this.#events.appendTail(events)
    ])) as [1, number] | [0, Array<Buffer | null>]
    if (answer[0] === 1) {
      this.#events.foldIfLong(keys, answer[1])
      return { held: true }
    }
    const changed = await this.#readState(key, replyOf(answer[1], quotas), lexicon)
    return { held: false, changed }
  }
}
