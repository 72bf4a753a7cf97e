import { partsOf } from './decision-id.js'
import type { QuotaClaim, QuotaFact, Window } from './limits.js'

/**
 * How long stores know a counted event and a claim counted at once again: the hour within which a retry counts nothing twice,
 * and five minutes for servers whose clocks differ.
 */
export const REMEMBERED_MS = 65 * 60_000

/** Slices of a rolling window. */
const SLICES = 256
const DECISION_ID_CHARS = 36

/** A piece of a rolling window's time; what falls into it is counted together. */
export interface Slice {
  readonly number: number
  /** When the whole slice is out of the window, in ms since 1970. */
  readonly endMs: number
}

/**
 * Names the period that an instant counts in: what is counted in one has no bearing on another.
 * Only windows of the calendar have several; the others answer ''.
 */
export function periodOf(window: Window, atMs: number): string {
  return window.kind === 'calendar' ? String(window.startMs(atMs)) : ''
}

/**
 * The slice that an instant falls into; undefined where the window is not rolling.
 * A slice is a 256th of the window and counts until all of it is out: a limit is never exceeded in any (t − window, t],
 * and what is counted frees late by at most a 256th. So a quota takes the same memory however large its limit is.
 */
export function sliceOf(window: Window, atMs: number): Slice | undefined {
  if (window.kind !== 'rolling') return undefined
  const widthMs = Math.max(1, Math.ceil(window.lengthMs / SLICES))
  const number = Math.floor(atMs / widthMs)
  return { number, endMs: (number + 1) * widthMs + window.lengthMs }
}

/**
 * When the reservation that a fact ends was made: the time of its decision, whose period has taken it.
 * The fact's own time where it names none, or none of this service's decisions.
 */
export function reservedAtMs(fact: QuotaFact): number {
  const decisionId = fact.reservation?.slice(0, DECISION_ID_CHARS)
  return (decisionId === undefined ? undefined : partsOf(decisionId)?.timeMs) ?? fact.atMs
}

/** How long a claim is kept from the moment that the store gets it, in ms; 0: it is counted at once. */
export function lifetimeMs({ atMs, untilMs }: QuotaClaim): number {
  return untilMs === 0 ? 0 : Math.max(1, Math.ceil(untilMs - atMs))
}
