/** Stands for a name that the strategy does not know, and for "no offer" in a behaviour event. */
export const NO_INDEX = -1

/**
 * A customer's recent interactions and behaviour, newest first, in columns of equal length.
 * Types, offers and channels are positions in the strategy's lexicon (NO_INDEX where it has no such word).
 * What the list no longer holds is kept as counts per hour, type and offer (`older`).
 */
export class History {
  static readonly EMPTY = new History({
    timesMs: new Float64Array(0),
    types: new Int32Array(0),
    offers: new Int32Array(0),
    channels: new Int32Array(0),
    untilsMs: new Float64Array(0)
  })

  readonly timesMs: Float64Array
  readonly types: Int32Array
  readonly offers: Int32Array
  readonly channels: Int32Array
  /** For `later`: until when; 0 where there is none. */
  readonly untilsMs: Float64Array
  readonly older: readonly HourCount[]

  constructor(columns: HistoryColumns, older: readonly HourCount[] = []) {
    this.timesMs = columns.timesMs
    this.types = columns.types
    this.offers = columns.offers
    this.channels = columns.channels
    this.untilsMs = columns.untilsMs
    this.older = older
  }

  get length(): number {
    return this.timesMs.length
  }

  /** The same history with one more event, put where its time belongs. */
  with(event: HistoryEvent): History {
    let at = 0
    while (at < this.length && this.timesMs[at]! > event.timeMs) at++
    return new History(
      {
        timesMs: insert(this.timesMs, at, event.timeMs),
        types: insert(this.types, at, event.type),
        offers: insert(this.offers, at, event.offer),
        channels: insert(this.channels, at, event.channel),
        untilsMs: insert(this.untilsMs, at, event.untilMs)
      },
      this.older
    )
  }

  /** How many events of a type lie in (nowMs − windowMs, nowMs]; `offer` NO_INDEX counts all offers and none. */
  count(type: number, offer: number, windowMs: number, nowMs: number): number {
    const sinceMs = nowMs - windowMs
    let found = 0
    for (let i = 0; i < this.timesMs.length; i++) {
      const timeMs = this.timesMs[i]!
      if (timeMs <= sinceMs) break
      if (
        timeMs <= nowMs &&
        this.types[i] === type &&
        (offer === NO_INDEX || this.offers[i] === offer)
      )
        found++
    }
    for (const hour of this.older) {
      if (
        hour.startMs > sinceMs &&
        hour.startMs <= nowMs &&
        hour.type === type &&
        (offer === NO_INDEX || hour.offer === offer)
      ) {
        found += hour.count
      }
    }
    return found
  }

  /** When an event of the type last happened up to nowMs, in ms since 1970; -1 when it never did. */
  lastMs(type: number, offer: number, nowMs: number): number {
    for (let i = 0; i < this.timesMs.length; i++) {
      if (
        this.timesMs[i]! <= nowMs &&
        this.types[i] === type &&
        (offer === NO_INDEX || this.offers[i] === offer)
      )
        return this.timesMs[i]!
    }
    let lastMs = -1
    for (const hour of this.older) {
      if (
        hour.type === type &&
        (offer === NO_INDEX || hour.offer === offer) &&
        hour.startMs <= nowMs
      )
        lastMs = Math.max(lastMs, hour.startMs)
    }
    return lastMs
  }
}

/** One entry of a history; type, offer and channel as in its columns. */
export interface HistoryEvent {
  readonly timeMs: number
  readonly type: number
  readonly offer: number
  readonly channel: number
  readonly untilMs: number
}

function insert<T extends Float64Array | Int32Array>(column: T, at: number, value: number): T {
  const longer = (
    column instanceof Float64Array
      ? new Float64Array(column.length + 1)
      : new Int32Array(column.length + 1)
  ) as T
  longer.set(column.subarray(0, at))
  longer[at] = value
  longer.set(column.subarray(at), at + 1)
  return longer
}

export interface HistoryColumns {
  readonly timesMs: Float64Array
  readonly types: Int32Array
  readonly offers: Int32Array
  readonly channels: Int32Array
  readonly untilsMs: Float64Array
}

/** How many events of one type and offer fell into the hour that starts at startMs. */
export interface HourCount {
  readonly startMs: number
  readonly type: number
  readonly offer: number
  readonly count: number
}
