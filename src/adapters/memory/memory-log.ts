import { DUPLICATES_KEPT_MS, REPEATED_MS } from '../../domain/interaction.js'
import type { AppendOutcome, CustomerEvent } from '../../domain/interaction.js'
import type { Lexicon } from '../../domain/customer.js'
import { compareTexts } from '../../domain/identity.js'
import { History, NO_INDEX } from '../../domain/history.js'
import type { HourCount } from '../../domain/history.js'
import {
  foldIntoHours,
  FOLD_ABOVE_EVENTS,
  KEPT_EVENTS,
  newestFirst
} from '../../domain/history-bounds.js'

/** A customer's events. */
export interface EventLog {
  /** In order of arrival. */
  events: CustomerEvent[]
  /** In the numbers of MemoryLogs. */
  hours: HourCount[]
  /** Receipt in ms by source NUL id, in order of receipt. */
  readonly received: Map<string, number>
}

/** What of a log a history is made of. */
export interface LoggedEvents {
  readonly events: readonly CustomerEvent[]
  readonly hours: readonly HourCount[]
}

/** Positions of a lexicon's words. */
export interface Positions {
  readonly types: ReadonlyMap<string, number>
  readonly offers: ReadonlyMap<string, number>
  readonly channels: ReadonlyMap<string, number>
}

/** What is done with logs; the words of all of them have numbers here. */
export class MemoryLogs {
  readonly #positions = new WeakMap<Lexicon, Positions>()
  readonly #words: string[] = []
  readonly #wordNumbers = new Map<string, number>()

  append(log: EventLog, event: CustomerEvent, nowMs: number): AppendOutcome {
    for (const [id, receivedMs] of log.received) {
      if (receivedMs > nowMs - DUPLICATES_KEPT_MS) break
      log.received.delete(id)
    }
    const id = duplicateKey(event)
    const receivedMs = log.received.get(id)
    if (receivedMs !== undefined) return receivedMs > nowMs - REPEATED_MS ? 'repeated' : 'duplicate'
    log.received.set(id, nowMs)
    log.events.push(event)
    if (log.events.length > FOLD_ABOVE_EVENTS) this.#fold(log)
    return 'stored'
  }

  /** Logs as one: an event that stands in several, by source and id, is one. In any order and grouping it comes to the same. */
  unite(logs: readonly EventLog[]): EventLog {
    const events = new Map<string, CustomerEvent>()
    for (const event of logs.flatMap(log => log.events).sort(compareEvents)) {
      const id = duplicateKey(event)
      if (!events.has(id)) events.set(id, event)
    }
    const received = new Map<string, number>()
    for (const [id, receivedMs] of logs.flatMap(log => [...log.received]).sort(byReceipt))
      if (!received.has(id)) received.set(id, receivedMs)
    const hours = foldIntoHours(
      logs.flatMap(log => log.hours),
      []
    )
    const united = { events: [...events.values()], hours, received }
    if (united.events.length > FOLD_ABOVE_EVENTS) this.#fold(united)
    return united
  }

  historyOf({ events, hours }: LoggedEvents, lexicon: Lexicon): History {
    if (events.length === 0 && hours.length === 0) return History.EMPTY
    const { types, offers, channels } = this.positionsOf(lexicon)
    const order = newestFirst(events.map(event => event.timeMs))
    const newest = [...order].map(position => events[position]!)
    return new History(
      {
        timesMs: Float64Array.from(newest, event => event.timeMs),
        types: Int32Array.from(newest, event => positionOf(types, event.type)),
        offers: Int32Array.from(newest, event => positionOf(offers, event.offerId)),
        channels: Int32Array.from(newest, event => positionOf(channels, event.channel)),
        untilsMs: Float64Array.from(newest, event => event.untilMs ?? 0)
      },
      hours.map(hour => ({
        ...hour,
        type: positionOf(types, this.#words[hour.type]),
        offer: positionOf(offers, this.#words[hour.offer])
      }))
    )
  }

  positionsOf(lexicon: Lexicon): Positions {
    const known = this.#positions.get(lexicon)
    if (known !== undefined) return known
    const table = (words: readonly string[]) =>
      new Map(words.map((word, position) => [word, position]))
    const positions = {
      types: table(lexicon.types),
      offers: table(lexicon.offers),
      channels: table(lexicon.channels)
    }
    this.#positions.set(lexicon, positions)
    return positions
  }

  #fold(log: EventLog): void {
    const order = newestFirst(log.events.map(event => event.timeMs))
    const at = (position: number) => log.events[position]!
    const dropped = [...order.subarray(KEPT_EVENTS)].map(at)
    log.events = [...order.subarray(0, KEPT_EVENTS)].reverse().map(at)
    log.hours = foldIntoHours(
      log.hours,
      dropped.map(({ timeMs, type, offerId }) => ({
        timeMs,
        type: this.#numberOf(type),
        offer: offerId === undefined ? NO_INDEX : this.#numberOf(offerId)
      }))
    )
  }

  #numberOf(word: string): number {
    const known = this.#wordNumbers.get(word)
    if (known !== undefined) return known
    this.#wordNumbers.set(word, this.#words.length)
    return this.#words.push(word) - 1
  }
}

/** The position of a word; NO_INDEX where the lexicon does not have it, and for none. */
export function positionOf(words: ReadonlyMap<string, number>, word: string | undefined): number {
  return word === undefined ? NO_INDEX : (words.get(word) ?? NO_INDEX)
}

function duplicateKey({ source, id }: CustomerEvent): string {
  return `${source}\0${id}`
}

/** A whole order of what was told, whomever it was told of. */
function compareEvents(a: CustomerEvent, b: CustomerEvent): number {
  const text = ({ customer: _, ...event }: CustomerEvent) => JSON.stringify(event)
  return (
    a.timeMs - b.timeMs ||
    compareTexts(duplicateKey(a), duplicateKey(b)) ||
    compareTexts(text(a), text(b))
  )
}

function byReceipt([, a]: readonly [string, number], [, b]: readonly [string, number]): number {
  return a - b
}
