import type { HourCount } from './history.js'

/** Events kept one by one for a customer, the newest by their own time. */
export const KEPT_EVENTS = 200
/** A store folds a customer's log down to KEPT_EVENTS when it holds more than this; until then all of it counts. */
export const FOLD_ABOVE_EVENTS = 256
/** Hour counts kept for a customer, the newest hours; older ones are forgotten. */
export const KEPT_HOURS = 512

const HOUR_MS = 3_600_000

/** The start of the hour (UTC) that an instant lies in. */
export function hourStartMs(timeMs: number): number {
  return Math.floor(timeMs / HOUR_MS) * HOUR_MS
}

/**
 * Positions of a log from its newest to its oldest event. The log is in order of arrival;
 * of two events at the same instant the one that arrived later comes first.
 */
export function newestFirst(timesMs: ArrayLike<number>): Uint32Array {
  const order = new Uint32Array(timesMs.length)
  let sorted = true
  for (let i = 0; i < order.length; i++) {
    order[i] = order.length - 1 - i
    if (i > 0 && timesMs[i]! < timesMs[i - 1]!) sorted = false
  }
  return sorted ? order : order.sort((a, b) => timesMs[b]! - timesMs[a]! || b - a)
}

/** One event that leaves the log and becomes part of an hour's count. */
export interface FoldedEvent {
  readonly timeMs: number
  readonly type: number
  readonly offer: number
}

/** Counts the events into their hours; newest hour first, at most KEPT_HOURS counts. */
export function foldIntoHours(
  hours: readonly HourCount[],
  events: Iterable<FoldedEvent>
): HourCount[] {
  const counts = new Map<string, HourCount>()
  const add = (startMs: number, type: number, offer: number, count: number) => {
    const key = `${startMs}/${type}/${offer}`
    counts.set(key, { startMs, type, offer, count: count + (counts.get(key)?.count ?? 0) })
  }
  for (const hour of hours) add(hour.startMs, hour.type, hour.offer, hour.count)
  for (const event of events) add(hourStartMs(event.timeMs), event.type, event.offer, 1)
  return [...counts.values()]
    .sort((a, b) => b.startMs - a.startMs || a.type - b.type || a.offer - b.offer)
    .slice(0, KEPT_HOURS)
}
