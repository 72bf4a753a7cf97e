import type { ClaimOutcome } from '../../domain/limits.js'
import type { Again } from '../asked.js'
import type { Told } from '../make-known.js'
import type { CustomerState, CustomerStore } from '../ports.js'
import type { PromiseAnswers } from '../limits/promises.js'

/** What deciding again needs beside a record's request, answer and trace: plain data and bytes, as it is stored. */
export interface ReplayNote {
  readonly publishable: boolean
  /** As CustomerStore.packState gives it; null where the customer could not be read. */
  readonly customer: unknown
  /** null where no strict limit was held. */
  readonly promises: NotedPromises | null
  /** The answer's impressions could not be recorded. */
  readonly unrecorded: boolean
  /** What was decided again for who had an answer already; undefined for a request of its own. */
  readonly again?: { readonly seed: string; readonly shown: readonly string[] }
}

/** What the store answered about strict limits. Where it agreed to everything, nothing is listed. */
export interface NotedPromises {
  /** 0: held. 1: not known. Else a state, as CustomerStore.packState gives it. */
  readonly holds: ReadonlyArray<0 | 1 | { readonly state: unknown }>
  readonly claims: ReadonlyArray<readonly [quota: string, id: string, outcome: ClaimOutcome]>
  /** null where the time was not over. */
  readonly lateAfter: number | null
}

/** Notes what a replay needs, when the record is written, beside the requests; undefined where the decision cannot be made again. */
export function noteForReplay(
  customers: Pick<CustomerStore, 'packState'>,
  decided: {
    readonly publishable: boolean
    readonly customer: CustomerState | undefined
    readonly told: Pick<Told, 'answers' | 'unrecorded'>
    readonly again: Again | undefined
  }
): ReplayNote | undefined {
  const { publishable, customer, told, again } = decided
  const packed = customer === undefined ? null : customers.packState(customer)
  if (packed === undefined) return undefined
  const promises = told.answers === undefined ? null : notePromises(customers, told.answers)
  const note = { publishable, customer: packed, promises, unrecorded: told.unrecorded }
  return again === undefined
    ? note
    : { ...note, again: { seed: again.seed, shown: [...again.shown] } }
}

function notePromises(
  customers: Pick<CustomerStore, 'packState'>,
  { holds, claims, lateAfter }: PromiseAnswers
): NotedPromises {
  const agreed = holds.every(hold => hold === 'held')
  return {
    holds: agreed
      ? []
      : holds.map(hold => {
          if (typeof hold === 'object') return { state: customers.packState(hold) }
          return hold === 'held' ? 0 : 1
        }),
    claims: claims.every(([, outcome]) => outcome === 'held')
      ? []
      : claims.map(([{ quota, id }, outcome]) => [quota.id, id, outcome]),
    lateAfter: lateAfter === Infinity ? null : lateAfter
  }
}
