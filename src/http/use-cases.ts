import type { Caller } from '../domain/caller.js'
import type { CustomerKey } from '../domain/customer.js'
import type { DecisionRequest, StageTimings } from '../domain/decision.js'
import type { EventsReceipt } from '../domain/interaction.js'
import type { Snapshot } from '../decisioning/snapshot.js'
import type { Problem } from '../policy/strategy.js'

/*
 * What the routes need of the use cases, each no wider than that.
 * All of them throw a Refusal for what the caller did wrong and StoreUnavailable when the store does not answer.
 */

/** Decides. receivedAtMs: performance.now() when the request's headers had arrived. */
export type Decide = (
  request: DecisionRequest,
  caller: Caller,
  receivedAtMs: number,
  options: DecideOptions
) => Promise<Decided>

export interface DecideOptions {
  /** The same key and text within ten minutes get the first answer. */
  readonly idempotencyKey: string | undefined
  /** The request as it was sent, JSON text. */
  readonly requestText: string
}

export interface Decided {
  readonly timings: StageTimings
  /** The answer as this caller may see it, JSON text. */
  readonly body: string
}

/** Recorded decisions, as JSON texts. */
export interface DecisionLookup {
  get(id: string): Promise<string>
  explanation(id: string, page: { readonly from: number; readonly limit: number }): Promise<string>
}

export type RecordEvents = (
  events: readonly unknown[],
  caller: Caller,
  nowMs: number
) => Promise<EventsReceipt>

/** Stored customers; what is answered is plain data for JSON. */
export interface Customers {
  get(key: CustomerKey, caller: Caller): Promise<unknown>
  put(key: CustomerKey, body: unknown, caller: Caller, nowMs: number): Promise<unknown>
  patch(key: CustomerKey, patch: unknown, caller: Caller, nowMs: number): Promise<unknown>
  putConsent(key: CustomerKey, body: unknown, caller: Caller, nowMs: number): Promise<unknown>
  erase(key: CustomerKey, caller: Caller): Promise<void>
  /** Newest first, at most `limit` entries. */
  history(key: CustomerKey, limit: number, caller: Caller): Promise<unknown>
  limits(key: CustomerKey, caller: Caller): Promise<unknown>
  export(key: CustomerKey, caller: Caller): Promise<unknown>
}

/** Imports customers, one JSON line each, without holding more than a few of them at a time. */
export type ImportCustomers = (
  lines: AsyncIterable<string>,
  caller: Caller,
  nowMs: number
) => Promise<ImportReceipt>

export interface ImportReceipt {
  readonly imported: number
  readonly failed: number
  readonly errors: ReadonlyArray<{ readonly line: number; readonly detail: string }>
}

export interface StrategyLoader {
  /** Reads, compiles and swaps; the old strategy stays when the new one is refused. */
  load(): Promise<LoadReport>
  /** The same without swapping. */
  validate(): Promise<LoadReport>
  /** What the newest load() came to. */
  lastLoad(): LoadReport | undefined
}

export interface LoadReport {
  readonly outcome: 'swapped' | 'unchanged' | 'refused' | 'valid'
  readonly version: number
  readonly hash: string
  readonly problems: readonly Problem[]
}

export interface CurrentSnapshot {
  current(): Snapshot
}

/** Part of the store that readiness asks. */
export interface StoreHealth {
  /** Undefined when the store can serve; else one sentence why it cannot. */
  trouble(): Promise<string | undefined>
}

/** What the edge counts, and the page that Prometheus reads. */
export interface Metrics {
  readonly contentType: string
  text(): Promise<string>
  /** One answered request: the route's pattern, never the URL. */
  answered(route: string, method: string, status: number, seconds: number): void
}
