import type { Lexicon } from '../../domain/customer.js'
import type { ClaimOutcome, QuotaClaim, Reservation } from '../../domain/limits.js'
import { LATE, within, type Deadline } from '../deadline.js'
import type { CustomerState, CustomerStore, Log, Meters, QuotaStore } from '../ports.js'

export interface PromiseDeps {
  readonly customers: Pick<CustomerStore, 'hold' | 'release'>
  readonly quotas: Pick<QuotaStore, 'claim' | 'release'>
  readonly meters: Pick<Meters, 'limitMet'>
  readonly log: Log
}

/** What tells claims of one decision apart. */
interface AnsweredClaim {
  readonly quota: { readonly id: string }
  readonly id: string
}

/** What the store answered to one decision, for the record: a replay gets the same answers. */
export interface PromiseAnswers {
  /** In their order; a state where something had happened to the customer. */
  readonly holds: ReadonlyArray<'held' | 'failed' | CustomerState>
  /** In their order. */
  readonly claims: ReadonlyArray<readonly [claim: AnsweredClaim, outcome: ClaimOutcome]>
  /** After how many answers the time was over; Infinity where it was not. */
  readonly lateAfter: number
}

/**
 * What the store keeps for one decision: the customer's reservations and shares of quotas. Nothing is asked for twice.
 * An answer that does not come in time may still mean that something was taken; it counts as kept, so that it is given back.
 */
export class Promises {
  readonly #deps: PromiseDeps
  readonly #customer: CustomerState
  readonly #lexicon: Lexicon
  readonly #deadline: Deadline
  readonly #holds: Array<PromiseAnswers['holds'][number]> = []
  readonly #claimed: Array<PromiseAnswers['claims'][number]> = []
  #asked = 0
  #lateAfter = Infinity
  /** Ids of reservations. */
  readonly #reserved = new Set<string>()
  #claims: readonly QuotaClaim[] = []
  /** What the store was asked last: only when it has answered is everything there that can be given back. */
  #asking: Promise<unknown> = Promise.resolve()

  constructor(deps: PromiseDeps, customer: CustomerState, lexicon: Lexicon, deadline: Deadline) {
    this.#deps = deps
    this.#customer = customer
    this.#lexicon = lexicon
    this.#deadline = deadline
  }

  /** What quotas keep. */
  get claims(): readonly QuotaClaim[] {
    return this.#claims
  }

  get answers(): PromiseAnswers {
    return { holds: this.#holds, claims: this.#claimed, lateAfter: this.#lateAfter }
  }

  /** Whether nothing more may be asked for. */
  isLate(): boolean {
    if (this.#deadline.clock() < this.#deadline.atMs) return false
    this.#lateAfter = this.#asked
    return true
  }

  /** Reserves in the customer's keys. Where something happened since `state` was read, nothing is, and the new state is answered. */
  async reserve(
    state: CustomerState,
    reservations: readonly Reservation[]
  ): Promise<'held' | 'failed' | CustomerState> {
    const missing = reservations.filter(({ id }) => !this.#reserved.has(id))
    if (missing.length === 0) return 'held'
    const hold = { reservations: missing, events: [] }
    const answer = await this.#ask(this.#deps.customers.hold(state, hold, this.#lexicon))
    this.#holds.push(answer === undefined ? 'failed' : answer.held ? 'held' : answer.changed)
    if (answer?.held === false) return answer.changed
    for (const { id } of missing) this.#reserved.add(id)
    return answer === undefined ? 'failed' : 'held'
  }

  /** Claims from all quotas in one round trip; answers the claims that were refused. */
  async claim(claims: readonly QuotaClaim[]): Promise<'failed' | readonly QuotaClaim[]> {
    const missing = claims.filter(claim => !isAmong(this.#claims, claim))
    if (missing.length === 0) return []
    const answer = await this.#ask(this.#deps.quotas.claim(missing))
    const outcomes = answer ?? missing.map(() => 'failed' as const)
    outcomes.forEach((outcome, i) => {
      this.#claimed.push([missing[i]!, outcome])
      this.#deps.meters.limitMet(missing[i]!.quota.id, outcome)
    })
    this.#claims = [...this.#claims, ...missing.filter((_, i) => outcomes[i] !== 'full')]
    return outcomes.includes('failed') ? 'failed' : missing.filter((_, i) => outcomes[i] === 'full')
  }

  /**
   * Gives back, behind the decision's back, all but these, in the reverse order of taking. What cannot be given back lapses;
   * what was counted at once stays, and can only under-use its quota.
   */
  keepOnly(reservations: readonly Reservation[], claims: readonly QuotaClaim[]): void {
    const goneIds = [...this.#reserved].filter(id => !reservations.some(kept => kept.id === id))
    const goneClaims = this.#claims.filter(claim => !isAmong(claims, claim))
    if (goneIds.length === 0 && goneClaims.length === 0) return
    for (const id of goneIds) this.#reserved.delete(id)
    this.#claims = this.#claims.filter(claim => !goneClaims.includes(claim))
    const giveBack = (): Promise<void> => this.#giveBack(goneIds, goneClaims)
    void this.#asking.then(giveBack, giveBack)
  }

  async #giveBack(ids: readonly string[], claims: readonly QuotaClaim[]): Promise<void> {
    const { customers, quotas, log } = this.#deps
    try {
      if (claims.length > 0) await quotas.release(claims)
      if (ids.length > 0) await customers.release(this.#customer.key, ids)
    } catch (error) {
      log.warn({ err: error }, 'what a decision reserved could not be given back; it lapses')
    }
  }

  /** What the store answers; undefined when it fails or comes too late. */
  async #ask<T>(asking: Promise<T>): Promise<T | undefined> {
    this.#asking = asking
    this.#asked++
    try {
      const answer = await within(asking, this.#deadline)
      return answer === LATE ? undefined : answer
    } catch (error) {
      this.#deps.log.warn({ err: error }, 'strict limits of a decision could not be reserved')
      return undefined
    }
  }
}

function isAmong(claims: readonly QuotaClaim[], { quota, id }: QuotaClaim): boolean {
  return claims.some(claim => claim.quota === quota && claim.id === id)
}
