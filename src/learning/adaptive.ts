import type { Experience, LedgerEntry } from '../domain/learning.js'

/** How far a positive may lie before its impression, by clocks that differ. */
const CLOCK_SLACK_MS = 5 * 60_000

export const NOTHING_KNOWN: LedgerEntry = {
  impressionMs: Infinity,
  positiveMs: Infinity,
  endMs: Infinity,
  counted: 0,
  turned: false
}

/** Begins experience; `before` (undefined: none) is what another way of learning has gathered. */
export function beginExperience(way: string, before: Experience | undefined): Experience {
  const total = before?.total ?? 0
  return { way, impressions: 0, positives: 0, total, begunAt: total, regression: undefined }
}

/** The experience with one more impression, at first without a positive. @param forget what is kept of the older ones, above 0 and at most 1 */
export function withImpression(experience: Experience, forget: number): Experience {
  return {
    ...experience,
    impressions: forget * experience.impressions + 1,
    positives: forget * experience.positives,
    total: experience.total + 1
  }
}

/**
 * What an impression that was counted before weighs now in the experience: 1 for the newest, `forget` to the power of the impressions
 * since; 0 for one that is not in it.
 */
export function weightNow(experience: Experience, counted: number, forget: number): number {
  return counted > experience.begunAt ? forget ** (experience.total - counted) : 0
}

/** The experience with an impression turned into a positive (weight above 0), or back (below 0). */
export function withPositive(experience: Experience, weight: number): Experience {
  // Never below nothing by rounding.
  return { ...experience, positives: Math.max(0, experience.positives + weight) }
}

/** Whether an impression had its positive in time, and not after it was rejected or ignored. */
export function isPositive(
  { impressionMs, positiveMs, endMs }: LedgerEntry,
  windowMs: number
): boolean {
  if (impressionMs === Infinity || positiveMs === Infinity || positiveMs > endMs) return false
  return positiveMs >= impressionMs - CLOCK_SLACK_MS && positiveMs <= impressionMs + windowMs
}
