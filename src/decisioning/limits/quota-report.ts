import { quotaStanding, type LimitStanding } from './customer-limits.js'
import type { QuotaStore } from '../ports.js'
import type { Snapshots } from '../snapshot.js'

/** All quotas of the strategy in force, and how much of each is taken, at one moment. */
export interface QuotaReport {
  readonly strategy: { readonly version: number; readonly hash: string }
  readonly quotas: readonly LimitStanding[]
}

/** Reads what is taken of every quota, in one round trip. Rejects with StoreUnavailable. */
export type ReportQuotas = () => Promise<QuotaReport>

export function createReportQuotas(
  snapshots: Pick<Snapshots, 'current'>,
  quotas: Pick<QuotaStore, 'read'>,
  wallMs: () => number
): ReportQuotas {
  return async function reportQuotas() {
    const { strategy, version, hash } = snapshots.current()
    const readings = await quotas.read(strategy.lexicon)
    const nowMs = wallMs()
    return {
      strategy: { version, hash },
      quotas: strategy.quotas.map(quota => quotaStanding(strategy, quota, readings, nowMs))
    }
  }
}
