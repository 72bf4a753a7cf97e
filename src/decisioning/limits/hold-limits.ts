import { partsOf } from '../../domain/decision-id.js'
import { NO_INDEX } from '../../domain/history.js'
import type { QuotaClaim, Reservation } from '../../domain/limits.js'
import type { Placement } from '../../policy/strategy.js'
import { drawAgain } from '../arbitration/arbitrate.js'
import type { Asked } from '../asked.js'
import { stageNumber } from '../candidates.js'
import type { Choice, Outcome } from '../choose.js'
import type { Deadline } from '../deadline.js'
import { fillPlacements, type Filled } from '../arbitration/fill.js'
import { claimsFor, reservationsFor, type LimitPlan, type Promising } from './limit-plan.js'
import type { CustomerState } from '../ports.js'
import { Promises, type PromiseAnswers, type PromiseDeps } from './promises.js'
import {
  contenders,
  readmitSuppressed,
  suppressingPolicies,
  withdraw,
  withdrawFromQuota,
  withdrawRefused,
  withdrawSuppressed,
  type Contender,
  type Withdrawals
} from '../arbitration/withdraw.js'

/** A live decision whose offers are chosen and not promised yet. */
export interface Chosen {
  readonly asked: Asked
  /** undefined when the customer could not be read. */
  readonly customer: CustomerState | undefined
  readonly choice: Choice
  readonly decisionId: string
}

/** Where holding begins. */
interface Start extends Chosen {
  readonly customer: CustomerState
  readonly plan: LimitPlan
  readonly outcome: Outcome
  readonly deadline: Deadline
}

interface Winner extends Contender {
  readonly placement: Placement
}

/**
 * Every round but the last ends offers, or meets another decision of the same customer that was quicker.
 * A handful of either at the same instant is more than people cause.
 */
const MOST_ROUNDS = 8

/** The strict limits that a chosen decision has to hold; undefined where there are none. */
export function strictLimitsOf(
  deps: PromiseDeps,
  chosen: Chosen,
  deadline: Deadline
): StrictLimits | undefined {
  const { asked, customer, choice } = chosen
  const { outcome } = choice
  const { limits: plan } = choice.snapshot
  if (plan === undefined || customer === undefined || outcome === undefined || !asked.live)
    return undefined
  return new StrictLimits(deps, { ...chosen, plan, customer, outcome, deadline })
}

/**
 * Holds strict limits exactly for one decision, whatever other processes decide at the same time.
 *
 * First the customer's script, which writes only if nothing happened to the customer since the state that was judged; then all
 * quotas in one pipeline. What cannot be had leaves the contest, the placements are filled again, and only what is new is asked for.
 *
 * Where the decision itself is the impression, the steps are the same: the customer's keys reserve it, and quotas that count
 * impressions take it for good, which can be taken back. Only when all is held are the impressions appended
 * (record-impressions.ts), for they alone cannot be taken back; the same script ends the reservations.
 *
 * When the store cannot reserve, or not in time, offers under strict limits are withheld and the rest is decided.
 */
export class StrictLimits {
  readonly #customer: CustomerState
  readonly #choice: Choice
  readonly #plan: LimitPlan
  /** Numbers of the strict contact policies that hold in the channel. */
  readonly #policies: readonly number[]
  readonly #promises: Promises
  readonly #promising: Promising
  #contest: Withdrawals
  readonly #meter: PromiseDeps['meters']
  #filled: Filled
  /** The customer as it was judged last, with what this decision reserves. */
  #judged: CustomerState

  constructor(deps: PromiseDeps, start: Start) {
    const { asked, customer, choice, decisionId, plan, outcome, deadline } = start
    const { strategy } = choice.snapshot
    const { lexicon } = strategy
    this.#customer = customer
    this.#choice = choice
    this.#plan = plan
    this.#policies = plan.contacts[asked.channel.index]!.policies
    this.#promises = new Promises(deps, customer, lexicon, deadline)
    this.#promising = {
      decisionId,
      // A fact finds what it was promised through the time in the decision's id.
      nowMs: partsOf(decisionId)?.timeMs ?? asked.nowMs,
      channel: asked.channel.index,
      counted: asked.activate === 'on_decision' ? lexicon.types.indexOf('impression') : NO_INDEX
    }
    const withdrawn = new Uint8Array(outcome.contest.positions.length)
    this.#contest = { strategy, asked, decisionId, outcome, withdrawn }
    this.#meter = deps.meters
    this.#filled = { filling: outcome.filling, exact: true, explored: outcome.explored }
    this.#judged = customer
  }

  /** What the store answered. */
  get answers(): PromiseAnswers {
    return this.#promises.answers
  }

  /** Reserves what the winners need, choosing others where that cannot be had. */
  async hold(): Promise<Choice> {
    let state = this.#customer
    for (let round = 1; round <= MOST_ROUNDS; round++) {
      this.#fit(state)
      const { reservations, claims } = this.#needsOf(this.#winners())
      this.#judged = { ...state, reserved: [...this.#othersOf(state), ...reservations] }
      this.#promises.keepOnly(reservations, claims)
      if (this.#promises.isLate()) break

      const reserved = await this.#promises.reserve(state, reservations)
      if (typeof reserved === 'object') {
        state = reserved
        continue
      }
      if (reservations.length > 0) this.#meterContacts(reserved)
      if (reserved === 'failed') break
      const refused = await this.#promises.claim(claims)
      if (refused === 'failed') break
      if (refused.length === 0) {
        this.#meterContacts('full', suppressingPolicies(this.#contest))
        return this.#chosen([])
      }
      withdrawRefused(this.#contest, refused, this.#promises.claims)
      this.#fillAgain()
    }
    return this.withhold()
  }

  /**
   * Gives everything back and decides without the offers under strict limits.
   * @param mayBeRecorded impressions were sent to the store and nobody knows what became of them: what quotas have counted with the
   * decision stays, for it can only under-use them, while impressions that are stored and not counted would exceed them
   */
  withhold(mayBeRecorded = false): Choice {
    const { strategy } = this.#contest
    const [policy] = this.#policies
    if (policy !== undefined) {
      for (const contender of contenders(this.#contest))
        withdraw(this.#contest, contender, stageNumber.contact, policy)
    }
    for (const quota of strategy.quotas)
      if (quota.strict) withdrawFromQuota(this.#contest, quota, 1)
    this.#fillAgain()
    const counted = this.#promises.claims.filter(({ untilMs }) => untilMs === 0)
    this.#promises.keepOnly([], mayBeRecorded ? counted : [])
    return this.#chosen(['limits'])
  }

  /**
   * Takes winners out that strict contact policies forbid in the customer's present state, or beside each other: anew in each round,
   * since who stood in another's way may have lost its place to a quota.
   */
  #fit(state: CustomerState): void {
    if (this.#policies.length === 0) return
    const reserved = this.#othersOf(state)
    if (readmitSuppressed(this.#contest)) this.#fillAgain()
    for (;;) {
      const winners = this.#winners()
      // One winner alone was judged with the candidates.
      if (winners.length < 2 && state === this.#customer) return
      const anyMet = withdrawSuppressed(this.#contest, { ...state, reserved }, winners, offer =>
        reservationsFor(this.#plan, this.#promising, offer)
      )
      if (!anyMet) return
      this.#fillAgain()
    }
  }

  /** What other decisions have reserved. */
  #othersOf({ reserved }: CustomerState): Reservation[] {
    return reserved.filter(({ id }) => !id.startsWith(`${this.#promising.decisionId}:`))
  }

  #fillAgain(): void {
    const { strategy, asked, outcome, withdrawn } = this.#contest
    const { facts, candidates } = outcome
    const contest = drawAgain(strategy, facts, candidates, outcome.contest, withdrawn)
    this.#contest = { ...this.#contest, outcome: { ...outcome, contest } }
    this.#filled = fillPlacements(strategy, asked, candidates, contest, withdrawn)
  }

  /** The best first. */
  #winners(): Winner[] {
    const placementOf = new Map<number, Placement>()
    this.#filled.filling.forEach((contestants, i) => {
      for (const contestant of contestants)
        placementOf.set(contestant, this.#contest.asked.placements[i]!.placement)
    })
    return [...contenders(this.#contest)].flatMap(contender => {
      const placement = placementOf.get(contender.contestant)
      return placement === undefined ? [] : [{ ...contender, placement }]
    })
  }

  /** What the decision itself counts, it does not count of offers that are shown already. */
  #needsOf(winners: readonly Winner[]): { reservations: Reservation[]; claims: QuotaClaim[] } {
    const { counted } = this.#promising
    const { shown } = this.#contest.asked
    return {
      reservations: winners.flatMap(({ offer }) =>
        reservationsFor(this.#plan, this.#promising, offer).filter(
          ({ type }) => type !== counted || !shown.has(offer.id)
        )
      ),
      claims: winners.flatMap(({ offer, placement }) =>
        claimsFor(this.#plan, this.#promising, offer, placement).filter(
          ({ untilMs }) => untilMs !== 0 || !shown.has(offer.id)
        )
      )
    }
  }

  #meterContacts(
    outcome: 'held' | 'full' | 'failed',
    policies: Iterable<number> = this.#policies
  ): void {
    for (const policy of policies)
      this.#meter.limitMet(this.#contest.strategy.contactPolicies[policy]!.id, outcome)
  }

  #chosen(degraded: readonly string[]): Choice {
    const { filling, exact, explored } = this.#filled
    return {
      ...this.#choice,
      outcome: { ...this.#contest.outcome, customer: this.#judged, filling, explored },
      degraded: [...new Set([...this.#choice.degraded, ...(exact ? [] : ['filling']), ...degraded])]
    }
  }
}
