import type {
  ClaimOutcome,
  QuotaClaim,
  QuotaCount,
  QuotaFact,
  QuotaReadings
} from '../../domain/limits.js'
import { openQuotas } from '../../domain/limits.js'
import type { Lexicon } from '../../domain/customer.js'
import {
  lifetimeMs,
  periodOf,
  REMEMBERED_MS,
  reservedAtMs,
  sliceOf
} from '../../domain/quota-counting.js'
import type { QuotaStore } from '../../decisioning/ports.js'

/** What one period of a quota has taken: an amount, parts of which end at a time. */
interface Period {
  taken: number
  /** Open reservations by `r` and their id, slices of a rolling window by `s` and their number. */
  readonly ending: Map<string, { amount: number; readonly endMs: number }>
  /** The earliest end; Infinity where nothing ends. */
  nextEndMs: number
  /** Until when events, by `e` and their id, and claims counted at once, by `c` and theirs, are known: oldest first. */
  readonly counted: Map<string, number>
  /** When the calendar's next period begins; Infinity for other windows. */
  readonly overMs: number
}

/** How long a period is kept when it is over, for facts that come late. */
const KEPT_MS = 86_400_000

/** Limits over all customers, in the memory of this process. */
export class MemoryQuotas implements QuotaStore {
  readonly #clock: () => number
  readonly #periods = new Map<string, Period>()

  constructor(clock: () => number) {
    this.#clock = clock
  }

  async claim(claims: readonly QuotaClaim[]): Promise<ClaimOutcome[]> {
    return claims.map(claim => this.#claim(claim))
  }

  async release(claims: readonly QuotaClaim[]): Promise<void> {
    for (const claim of claims) {
      const period = this.#find(claim.quota, claim.atMs)
      if (period === undefined) continue
      if (claim.untilMs === 0) uncount(period, claim)
      else give(period, `r${claim.id}`)
    }
  }

  async count(facts: readonly QuotaFact[]): Promise<number[]> {
    return facts.map(fact => this.#count(fact))
  }

  async read(lexicon: Lexicon): Promise<QuotaReadings> {
    return this.readNow(lexicon)
  }

  /** As `read`, at once. */
  readNow({ quotas }: Lexicon): QuotaReadings {
    const readings = openQuotas(quotas.length)
    quotas.forEach((quota, position) => {
      const period = this.#find(quota, this.#clock())
      if (period === undefined) return
      readings.taken[position] = period.taken
      readings.mayFreeMs[position] = period.nextEndMs
    })
    return readings
  }

  #claim(claim: QuotaClaim): ClaimOutcome {
    const { quota, id, amount, atMs } = claim
    const period = this.#findOrBegin(quota, atMs)
    if (period.ending.has(`r${id}`) || period.counted.has(`c${id}`)) return 'held'
    if (period.taken + amount > quota.limit) return 'full'
    const nowMs = this.#clock()
    const forMs = lifetimeMs(claim)
    if (forMs > 0) take(period, `r${id}`, amount, nowMs + forMs)
    else {
      count(period, quota, amount, atMs, nowMs)
      period.counted.set(`c${id}`, nowMs + REMEMBERED_MS)
    }
    return 'held'
  }

  #count(fact: QuotaFact): number {
    const { quota, eventId, reservation, amount, atMs } = fact
    const nowMs = this.#clock()
    const own = this.#findOrBegin(quota, atMs)
    if (own.counted.has(`e${eventId}`)) return 0
    own.counted.set(`e${eventId}`, nowMs + REMEMBERED_MS)
    const reserved = this.#findOrBegin(quota, reservedAtMs(fact))
    const held = reserved.ending.get(`r${reservation}`)
    if (held !== undefined) {
      give(reserved, `r${reservation}`)
      count(reserved, quota, held.amount, atMs, nowMs)
      return 0
    }
    const before = own.taken
    count(own, quota, amount, atMs, nowMs)
    return Math.min(own.taken - before, Math.max(0, own.taken - quota.limit))
  }

  #find(quota: QuotaCount, atMs: number): Period | undefined {
    const period = this.#periods.get(nameOf(quota, atMs))
    if (period !== undefined) forgetEnded(period, this.#clock())
    return period
  }

  #findOrBegin(quota: QuotaCount, atMs: number): Period {
    const found = this.#find(quota, atMs)
    if (found !== undefined) return found
    this.#forgetOver()
    const begun: Period = {
      taken: 0,
      ending: new Map(),
      nextEndMs: Number.POSITIVE_INFINITY,
      counted: new Map(),
      overMs: quota.window.endMs(atMs)
    }
    this.#periods.set(nameOf(quota, atMs), begun)
    return begun
  }

  #forgetOver(): void {
    const nowMs = this.#clock()
    for (const [name, period] of this.#periods) {
      if (period.overMs + KEPT_MS > nowMs) continue
      forgetEnded(period, nowMs)
      if (period.ending.size === 0) this.#periods.delete(name)
    }
  }
}

function nameOf(quota: QuotaCount, atMs: number): string {
  return `${quota.id}\n${periodOf(quota.window, atMs)}`
}

/** Takes an amount until endMs, together with what the name has taken already. */
function take(period: Period, name: string, amount: number, endMs: number): void {
  period.taken += amount
  period.ending.set(name, { amount: amount + (period.ending.get(name)?.amount ?? 0), endMs })
  period.nextEndMs = Math.min(period.nextEndMs, endMs)
}

/** Gives back all that a name has taken. */
function give(period: Period, name: string): void {
  const part = period.ending.get(name)
  if (part === undefined) return
  period.taken -= part.amount
  period.ending.delete(name)
  if (part.endMs <= period.nextEndMs) period.nextEndMs = earliestEnd(period)
}

/** Counts an amount; what is out of a rolling window counts nothing. */
function count(
  period: Period,
  { window }: QuotaCount,
  amount: number,
  atMs: number,
  nowMs: number
): void {
  const slice = sliceOf(window, atMs)
  if (slice === undefined) period.taken += amount
  else if (slice.endMs > nowMs) take(period, `s${slice.number}`, amount, slice.endMs)
}

/** Takes back what a claim counted at once. */
function uncount(period: Period, { quota, id, amount, atMs }: QuotaClaim): void {
  if (!period.counted.delete(`c${id}`)) return
  const slice = sliceOf(quota.window, atMs)
  if (slice === undefined) {
    period.taken -= amount
    return
  }
  const name = `s${slice.number}`
  const rest = (period.ending.get(name)?.amount ?? 0) - amount
  give(period, name)
  if (rest > 0) take(period, name, rest, slice.endMs)
}

function forgetEnded(period: Period, nowMs: number): void {
  for (const [id, knownUntilMs] of period.counted) {
    if (knownUntilMs > nowMs) break
    period.counted.delete(id)
  }
  if (period.nextEndMs > nowMs) return
  for (const [name, { amount, endMs }] of period.ending) {
    if (endMs > nowMs) continue
    period.taken -= amount
    period.ending.delete(name)
  }
  period.nextEndMs = earliestEnd(period)
}

function earliestEnd(period: Period): number {
  let earliestMs = Number.POSITIVE_INFINITY
  for (const { endMs } of period.ending.values()) earliestMs = Math.min(earliestMs, endMs)
  return earliestMs
}
