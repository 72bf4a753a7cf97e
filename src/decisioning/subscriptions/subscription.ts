import type { Caller } from '../../domain/caller.js'
import { customerText, type CustomerKey } from '../../domain/customer.js'
import type { DecisionRequest } from '../../domain/decision.js'
import { Refusal } from '../../domain/refusal.js'
import type { Clock, Decide } from '../decide.js'
import type { CustomerStore, DecisionRecords, Log, Meters } from '../ports.js'

/** Somebody who sees an answer and waits for a better one. */
export interface Watcher {
  /** True while what was sent before has not left: then nothing is sent until it is told to look again. */
  isBehind(): boolean
  /** @param body JSON text of the answer, in the caller's view */
  send(body: string): void
  /** The request has become impossible, as after a reload of the strategy; the subscription has ended. */
  fail(error: unknown): void
}

export interface Subscription {
  /** Decides again, and sends what has become another answer. */
  look(): void
  end(): void
}

export interface SubscribeOptions {
  /** On the monotonic clock. */
  readonly receivedAtMs: number
  /** The id of the answer that the watcher has, where an earlier subscription broke off: it goes on from there. */
  readonly last?: string | undefined
}

export interface SubscriptionDeps {
  /** Decides without telling of what it writes: what a renewed answer counts makes no other answer. */
  readonly decide: Decide
  readonly customers: Pick<CustomerStore, 'identityOf'>
  readonly records: Pick<DecisionRecords, 'get'>
  readonly clock: Clock
  readonly meters: Pick<Meters, 'renewed'>
  readonly log: Log
  readonly schedule: (work: () => void, delayMs: number) => void
}

/** That the customer could not be read in time is no news; it is looked at again after this. */
const RETRY_MS = 1000

/** What looking again came to. */
type Renewal = Parameters<Meters['renewed']>[0]

/** What a subscription tells of itself. */
interface Registry {
  isOf(member: string, isTrue: boolean): void
  ended(): void
}

/** One answer that is kept up to date. */
export class Subscribed implements Subscription {
  readonly #deps: SubscriptionDeps
  readonly #request: DecisionRequest
  readonly #caller: Caller
  readonly #watcher: Watcher
  readonly #registry: Registry
  /** Ids of the offers of all answers that were sent. */
  readonly #shown = new Set<string>()
  /** Under which it is found, as customerText. */
  readonly #members = new Set<string>()
  /** The id of the first answer: chance is to change nothing. */
  #seed = ''
  #view = ''
  #state: 'looking' | 'looking, and again' | 'waiting' | 'ended' = 'looking'

  constructor(
    deps: SubscriptionDeps,
    request: DecisionRequest,
    caller: Caller,
    watcher: Watcher,
    registry: Registry
  ) {
    this.#deps = deps
    this.#request = request
    this.#caller = caller
    this.#watcher = watcher
    this.#registry = registry
  }

  /** Sends the first answer. Rejects with a Refusal for what the caller did wrong. */
  async begin({ receivedAtMs, last }: SubscribeOptions): Promise<void> {
    const sent = (await this.#resume(last)) ?? (await this.#decideFirst(receivedAtMs))
    this.#seed = sent.decisionId
    this.#send(sent, sent.body)
    await this.#follow(sent.customer)
    this.#state = 'waiting'
    // What happened between the decision and now is not missed.
    this.look()
  }

  look(): void {
    if (this.#state === 'looking') this.#state = 'looking, and again'
    if (this.#state !== 'waiting') return
    this.#state = 'looking'
    void this.#renew()
  }

  end(): void {
    this.#state = 'ended'
    for (const member of this.#members) this.#registry.isOf(member, false)
    this.#registry.ended()
  }

  async #decideFirst(receivedAtMs: number): Promise<Sent> {
    const { decision, body } = await this.#deps.decide(this.#request, this.#caller, receivedAtMs)
    return { ...decision, decisionId: decision.id, body }
  }

  /** The answer that the watcher has, where it is on record and of the same customer. */
  async #resume(last: string | undefined): Promise<Sent | undefined> {
    const record = last === undefined ? undefined : await this.#deps.records.get(last)
    if (record === undefined) return undefined
    const sent = JSON.parse(record.answer) as Omit<Sent, 'body'>
    const { id, namespace = sent.customer.namespace } = this.#request.customer
    const isSame = sent.customer.id === id && sent.customer.namespace === namespace
    return isSame ? { ...sent, body: record.answer } : undefined
  }

  async #renew(): Promise<void> {
    try {
      const outcome = this.#watcher.isBehind() ? 'behind' : await this.#decideAgain()
      this.#deps.meters.renewed(outcome)
      if (outcome === 'degraded') this.#deps.schedule(() => this.look(), RETRY_MS)
    } catch (error) {
      if (!(error instanceof Refusal))
        this.#deps.log.error({ err: error }, 'an answer could not be kept up to date')
      if (this.#state !== 'ended') this.#watcher.fail(error)
      this.end()
    }
    const isOverdue = this.#state === 'looking, and again'
    if (this.#state !== 'ended') this.#state = 'waiting'
    if (isOverdue) this.look()
  }

  /** Tries first: only an answer that is another one is recorded, reserved and sent. */
  async #decideAgain(): Promise<Renewal> {
    const trial = await this.#again(true)
    if (trial.decision.degraded.includes('profile')) return 'degraded'
    await this.#follow(trial.decision.customer)
    if (viewOf(trial.decision) === this.#view) return 'same'
    const { decision, body } = await this.#again(false)
    if (decision.degraded.includes('profile')) return 'degraded'
    if (this.#state === 'ended') return 'same'
    this.#send(decision, body)
    return 'changed'
  }

  #again(isTrial: boolean): ReturnType<Decide> {
    const { decide, clock } = this.#deps
    const again = { seed: this.#seed, isTrial, shown: new Set(this.#shown) }
    return decide(this.#request, this.#caller, clock.monotonicMs(), { again })
  }

  #send(shown: View, body: string): void {
    this.#view = viewOf(shown)
    for (const { offers } of shown.placements)
      for (const { offerId } of offers) this.#shown.add(offerId)
    this.#watcher.send(body)
  }

  /** Is found from now on under every key of the customer. */
  async #follow(customer: CustomerKey): Promise<void> {
    const { namespace, id } = customer
    const { members } = await this.#deps.customers
      .identityOf({ namespace, id })
      .catch(() => ({ members: [{ namespace, id }] }))
    for (const member of members.map(customerText)) {
      if (this.#state === 'ended' || this.#members.has(member)) continue
      this.#members.add(member)
      this.#registry.isOf(member, true)
    }
  }
}

/** What a watcher sees of an answer. */
interface View {
  readonly placements: ReadonlyArray<{
    readonly id: string
    readonly offers: ReadonlyArray<{ readonly offerId: string; readonly treatmentId: string }>
  }>
}

interface Sent extends View {
  readonly decisionId: string
  readonly customer: CustomerKey
  readonly body: string
}

function viewOf({ placements }: View): string {
  return JSON.stringify(
    placements.map(({ id, offers }) => [id, ...offers.map(offer => offer.treatmentId)])
  )
}
