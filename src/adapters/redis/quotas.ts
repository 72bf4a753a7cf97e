import type { ClaimOutcome, QuotaClaim, QuotaFact, QuotaReadings } from '../../domain/limits.js'
import { openQuotas } from '../../domain/limits.js'
import type { Lexicon } from '../../domain/customer.js'
import type { QuotaStore } from '../../decisioning/ports.js'

/** Limits over all customers, in Redis. */
export class RedisQuotas implements QuotaStore {
  async claim(claims: readonly QuotaClaim[]): Promise<ClaimOutcome[]> {
    return claims.map(() => 'failed')
  }

  async release(): Promise<void> {}

  async count(facts: readonly QuotaFact[]): Promise<number[]> {
    return facts.map(() => 0)
  }

  async read(lexicon: Lexicon): Promise<QuotaReadings> {
    return openQuotas(lexicon.quotas.length)
  }
}
