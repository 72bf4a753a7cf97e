import { randomBytes } from 'node:crypto'
import type { AppendOutcome, CustomerEvent } from '../../domain/interaction.js'
import type { CustomerKey } from '../../domain/customer.js'
import { newestFirst } from '../../domain/history-bounds.js'
import { RELEASING_TYPES, reservationId } from '../../domain/limits.js'
import type { Log } from '../../decisioning/ports.js'
import type { Connection } from './connection.js'
import {
  decodeDetails,
  DETAILS_HEADER,
  encodeDetails,
  namesOfDetails,
  splitDetails
} from './detail-codec.js'
import { UnreadableRecord } from './errors.js'
import { Folding } from './folding.js'
import { decodeLog, encodeRecord, historyHeader } from './history-codec.js'
import type { LogRecord } from './history-codec.js'
import { customerKeys, customerStem } from './keys.js'
import type { CustomerKeys } from './keys.js'
import type { Aliases } from './aliases.js'
import type { Name, Names } from './names.js'
import { APPEND } from './event-scripts.js'
import type { StoredRecord } from './uniting.js'
import { answerOf } from './wire.js'
import type { Argument, Call } from './wire.js'

/** By what APPEND answers. */
const OUTCOMES: readonly AppendOutcome[] = ['duplicate', 'stored', 'repeated']
/** What scripts that append answer in the place of the number of records. */
const ERASED = -1
export const CLOSED = -2
/** Scripts in one pipeline: many events must not keep a decision's load waiting for long. */
const CALLS_TOGETHER = 200

/**
 * The logs of customers' events. A duplicate is known by source and id among the same customer's events:
 * an id that is used again for another customer is another event.
 */
export class EventLog {
  readonly #connection: Connection
  readonly #names: Names
  readonly #aliases: Aliases
  readonly #folding: Folding

  constructor(connection: Connection, names: Names, aliases: Aliases, log: Log) {
    this.#connection = connection
    this.#names = names
    this.#aliases = aliases
    this.#folding = new Folding(connection, log)
  }

  /** One script call a customer, in pipelines of a bounded size; the order within a customer is kept. */
  async append(
    events: readonly CustomerEvent[],
    retentionMs: Readonly<Record<string, number>>
  ): Promise<AppendOutcome[]> {
    await this.register(events)
    const groups = byCustomer(events)
    const outcomes = new Array<AppendOutcome>(events.length)
    const closed: number[] = []
    for (let start = 0; start < groups.length; start += CALLS_TOGETHER) {
      const some = groups.slice(start, start + CALLS_TOGETHER)
      const calls = some.map(({ keys, namespace, positions }) => {
        const own = positions.map(position => events[position]!)
        return this.appendCall(keys, own, retentionMs[namespace])
      })
      const answers = await this.#connection.runAll(calls)
      some.forEach(({ keys, positions }, i) => {
        const [records, ...stored] = answerOf(answers[i]) as [number, ...number[]]
        if (records === CLOSED) closed.push(...positions)
        positions.forEach((position, n) => {
          outcomes[position] = records === ERASED ? 'erased' : OUTCOMES[stored[n]!]!
        })
        this.foldIfLong(keys, records)
      })
    }
    if (closed.length > 0) {
      const moved = await this.#movedToOpen(closed.map(position => events[position]!))
      const late = await this.append(moved, retentionMs)
      closed.forEach((position, i) => {
        outcomes[position] = late[i]!
      })
    }
    return outcomes
  }

  /** The same events for the canonical keys of merged customers. */
  async #movedToOpen(events: readonly CustomerEvent[]): Promise<CustomerEvent[]> {
    const openKeys = new Map<string, Promise<CustomerKey>>()
    return await Promise.all(
      events.map(async event => {
        const stem = customerStem(event.customer)
        const openKey = openKeys.get(stem) ?? this.#aliases.openKeyOf(event.customer)
        openKeys.set(stem, openKey)
        return { ...event, customer: await openKey }
      })
    )
  }

  /** Gives the names of events their numbers; to be awaited before appendCall. Rejects with StoreUnavailable. */
  async register(events: readonly CustomerEvent[]): Promise<void> {
    await this.#names.register(
      events.flatMap(event => [
        ['type', event.type] as Name,
        ...(event.offerId === undefined ? [] : [['offer', event.offerId] as Name]),
        ...(event.channel === undefined ? [] : [['channel', event.channel] as Name]),
        ...namesOfDetails(event)
      ])
    )
  }

  /** The script call that appends the events of one customer. */
  appendCall(
    keys: CustomerKeys,
    events: readonly CustomerEvent[],
    retentionMs: number | undefined
  ): Call {
    const head = this.appendHead(retentionMs)
    return { script: APPEND, keys: appendKeys(keys), args: [...head, ...this.appendTail(events)] }
  }

  /** The first arguments of scripts that append. */
  appendHead(retentionMs: number | undefined): Argument[] {
    return [retentionMs ?? 0, historyHeader(randomBytes(4).readUInt32BE()), DETAILS_HEADER]
  }

  /** The arguments of scripts that append, for their events. */
  appendTail(events: readonly CustomerEvent[]): Argument[] {
    return events.flatMap(event => [
      `${event.source}\0${event.id}`,
      encodeRecord(this.#record(event)),
      encodeDetails(event, this.#names),
      this.#ending(event)
    ])
  }

  /** Folds a log beside the requests when it holds too many records. */
  foldIfLong(keys: CustomerKeys, records: number): void {
    this.#folding.consider(keys, records)
  }

  /** The newest of a record's events, for people. */
  async newest(
    key: CustomerKey,
    { history, details }: Pick<StoredRecord, 'history' | 'details'>,
    limit: number
  ): Promise<CustomerEvent[]> {
    // MGET calls a key of another type absent; GET tells.
    if (history === null) {
      if ((await this.#connection.command('GET', customerKeys(key).history)) === null) return []
    } else if (details !== null) {
      return this.#names.reading(() => this.#events(key, history, details, limit))
    }
    throw new UnreadableRecord(
      "half of the customer's history is missing; erase the customer or restore it from a backup"
    )
  }

  /** Waits for the folds that are running. */
  async settled(): Promise<void> {
    await this.#folding.settled()
  }

  #record(event: CustomerEvent): LogRecord {
    return {
      timeMs: event.timeMs,
      type: this.#names.numberOf('type', event.type),
      offer: event.offerId === undefined ? 0 : this.#names.numberOf('offer', event.offerId),
      channel: event.channel === undefined ? 0 : this.#names.numberOf('channel', event.channel),
      untilMs: event.untilMs ?? 0
    }
  }

  /** The reservations that an event ends: two bytes for their type, then their id. */
  #ending({ type, decisionId, offerId }: CustomerEvent): Argument {
    if (decisionId === undefined || offerId === undefined) return ''
    const number = RELEASING_TYPES.includes(type) ? 0 : this.#names.numberOf('type', type)
    const id = Buffer.from(reservationId(decisionId, offerId))
    return Buffer.concat([Buffer.of(number >>> 8, number & 0xff), id])
  }

  #events(customer: CustomerKey, log: Buffer, details: Buffer, limit: number): CustomerEvent[] {
    const { records } = decodeLog(log)
    const parts = splitDetails(details)
    if (parts.length !== records.length) {
      throw new UnreadableRecord("the customer's history and its details differ in length")
    }
    const newest = [...newestFirst(records.map(record => record.timeMs)).subarray(0, limit)]
    return newest.map(position => {
      const { timeMs, type, offer, channel, untilMs } = records[position]!
      return {
        customer,
        ...decodeDetails(parts[position]!, this.#names),
        type: this.#names.nameOf('type', type),
        timeMs,
        ...(offer === 0 ? {} : { offerId: this.#names.nameOf('offer', offer) }),
        ...(channel === 0 ? {} : { channel: this.#names.nameOf('channel', channel) }),
        ...(untilMs === 0 ? {} : { untilMs })
      }
    })
  }
}

/** KEYS of scripts that append. */
export function appendKeys(keys: CustomerKeys): string[] {
  const { history, details, eventIds, tombstone, profile, alias, reservations } = keys
  return [history, details, eventIds, tombstone, profile, alias, reservations]
}

/** The events of each customer, as positions in the list; the order within a customer is kept. */
function byCustomer(events: readonly CustomerEvent[]) {
  const groups = new Map<string, { keys: CustomerKeys; namespace: string; positions: number[] }>()
  events.forEach(({ customer }, position) => {
    const stem = customerStem(customer)
    const group = groups.get(stem)
    if (group === undefined)
      groups.set(stem, {
        keys: customerKeys(customer),
        namespace: customer.namespace,
        positions: [position]
      })
    else group.positions.push(position)
  })
  return [...groups.values()]
}
