import type { z } from 'zod'
import type { ANSWERS } from '../../http/answers.js'

/** A reading of one process. */
export type Live = z.infer<(typeof ANSWERS)['Live']>
export type Counts = Readonly<Record<string, number>>

/** What came between two readings of one process. */
export interface Tick {
  /** Of the later reading, in ms since 1970. */
  readonly atMs: number
  readonly seconds: number
  /** Decisions by channel. */
  readonly decisions: Counts
  readonly fellBack: Counts
  readonly degraded: Counts
  /** Events that were stored, by type. */
  readonly events: Counts
  /** By stage: decisions by bucket of their duration. */
  readonly stages: Readonly<Record<string, readonly number[]>>
}

/** The last ten minutes of one process. */
export interface Timeline {
  readonly newest: Live
  /** Oldest first. */
  readonly ticks: readonly Tick[]
}

const KEPT_MS = 600_000
/** Readings further apart tell an average that hides what happened: a gap is left instead. */
const LONGEST_MS = 10_000

/** The timelines by process with one more reading; a process that was not seen before begins one. */
export function withReading(
  timelines: ReadonlyMap<string, Timeline>,
  live: Live
): ReadonlyMap<string, Timeline> {
  const known = timelines.get(live.process)
  const tick = known === undefined ? undefined : tickBetween(known.newest, live)
  const since = Date.parse(live.at) - KEPT_MS
  const kept = (known?.ticks ?? []).filter(({ atMs }) => atMs > since)
  const ticks = tick === undefined ? kept : [...kept, tick]
  return new Map(timelines).set(live.process, { newest: live, ticks })
}

function tickBetween(before: Live, now: Live): Tick | undefined {
  const atMs = Date.parse(now.at)
  const passedMs = atMs - Date.parse(before.at)
  if (passedMs <= 0 || passedMs > LONGEST_MS) return undefined
  const stages = Object.entries(now.stages.counts).map(([stage, buckets]) => {
    const earlier = before.stages.counts[stage] ?? []
    return [stage, buckets.map((count, i) => count - (earlier[i] ?? 0))] as const
  })
  return {
    atMs,
    seconds: passedMs / 1000,
    decisions: difference(before.decisions.byChannel, now.decisions.byChannel),
    fellBack: difference(before.decisions.fellBack, now.decisions.fellBack),
    degraded: difference(before.decisions.degraded, now.decisions.degraded),
    events: difference(storedOf(before), storedOf(now)),
    stages: Object.fromEntries(stages)
  }
}

/** Events that were stored since the process started, by type. */
export function storedOf({ events }: Live): Counts {
  return Object.fromEntries(
    Object.entries(events).map(([type, outcomes]) => [type, outcomes['stored'] ?? 0])
  )
}

function difference(before: Counts, now: Counts): Counts {
  return Object.fromEntries(
    Object.entries(now).map(([name, count]) => [name, count - (before[name] ?? 0)])
  )
}

/** What the ticks of the last minute come to together; `seconds` is how much of it they cover. */
export function lastMinute({ newest, ticks }: Timeline): Omit<Tick, 'atMs'> {
  const since = Date.parse(newest.at) - 60_000
  const recent = ticks.filter(({ atMs }) => atMs > since)
  const sums = (part: (tick: Tick) => Counts): Counts => {
    const sum: Record<string, number> = {}
    for (const tick of recent)
      for (const [name, count] of Object.entries(part(tick))) sum[name] = (sum[name] ?? 0) + count
    return sum
  }
  const stages = Object.entries(newest.stages.counts).map(([stage, buckets]) => {
    const sum = buckets.map((_, i) => total(recent.map(tick => tick.stages[stage]?.[i] ?? 0)))
    return [stage, sum] as const
  })
  return {
    seconds: total(recent.map(({ seconds }) => seconds)),
    decisions: sums(tick => tick.decisions),
    fellBack: sums(tick => tick.fellBack),
    degraded: sums(tick => tick.degraded),
    events: sums(tick => tick.events),
    stages: Object.fromEntries(stages)
  }
}

export function total(counts: Counts | readonly number[]): number {
  return Object.values(counts).reduce((sum, each) => sum + each, 0)
}

/**
 * The upper bound of the bucket in which the quantile lies: so many decisions took at most so long.
 * @param share in (0, 1]
 * @returns ms; Infinity beyond the last bound, undefined where nothing was counted
 */
export function quantileMs(
  buckets: readonly number[],
  boundsMs: readonly number[],
  share: number
): number | undefined {
  const wanted = share * total(buckets)
  if (wanted === 0) return undefined
  let passed = 0
  for (const [i, count] of buckets.entries()) {
    passed += count
    if (passed >= wanted) return boundsMs[i] ?? Infinity
  }
  return Infinity
}
