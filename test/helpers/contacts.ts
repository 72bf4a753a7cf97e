import { History, type HistoryEvent, type HourCount } from '../../src/domain/history.js'
import type { Reservation } from '../../src/domain/limits.js'
import type { Strategy } from '../../src/policy/strategy.js'

/** An interaction by names, as a test tells it. */
export interface Told {
  readonly type: string
  readonly offer?: string | undefined
  readonly channel?: string | undefined
  readonly atMs: number
  readonly untilMs?: number | undefined
}

/** A history that events arrived in, in this order. */
export function historyOf(
  strategy: Strategy,
  told: readonly Told[],
  older: readonly HourCount[] = []
): History {
  return told.reduce(
    (grown, event) => grown.with(eventOf(strategy, event)),
    new History(History.EMPTY, older)
  )
}

export function reservationOf(strategy: Strategy, told: Told & { untilMs: number }): Reservation {
  const { timeMs, untilMs, ...positions } = eventOf(strategy, told)
  return { id: `${told.offer}:${timeMs}`, ...positions, atMs: timeMs, untilMs }
}

function eventOf(
  { lexicon, offerIndex, channelIndex }: Strategy,
  { type, offer, channel, atMs, untilMs }: Told
): HistoryEvent {
  return {
    timeMs: atMs,
    type: lexicon.types.indexOf(type),
    offer: offerIndex.get(offer ?? '') ?? -1,
    channel: channelIndex.get(channel ?? '') ?? -1,
    untilMs: untilMs ?? 0
  }
}
