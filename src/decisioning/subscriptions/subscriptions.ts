import type { Caller } from '../../domain/caller.js'
import type { DecisionRequest } from '../../domain/decision.js'
import type { Changes } from './changes.js'
import { repeat, type Repeated } from '../repeat.js'
import {
  Subscribed,
  type SubscribeOptions,
  type Subscription,
  type SubscriptionDeps,
  type Watcher
} from './subscription.js'

/** Answers that stay up to date. */
export interface Subscriptions {
  readonly size: number
  /**
   * Sends an answer now, and from then on each time when something that is told of the customer, through any process, makes it
   * another one: other offers or treatments, or in another order. Rejects with a Refusal for what the caller did wrong.
   */
  open(
    request: DecisionRequest,
    caller: Caller,
    watcher: Watcher,
    options: SubscribeOptions
  ): Promise<Subscription>
  close(): void
}

export interface SubscriptionsDeps extends SubscriptionDeps {
  readonly changes: Changes
}

/** News can be lost with the connection that brings them, so every answer is looked at again within this time. */
const LOOK_WITHIN_MS = 60_000
const LOOK_EVERY_MS = 1000

export function createSubscriptions(deps: SubscriptionsDeps): Subscriptions {
  return new OpenSubscriptions(deps)
}

class OpenSubscriptions implements Subscriptions {
  readonly #deps: SubscriptionsDeps
  readonly #stopListening: () => void
  readonly #all = new Set<Subscribed>()
  /** By customerText, under every key of the customer. */
  readonly #ofCustomer = new Map<string, Set<Subscribed>>()
  readonly #lookingAround: Repeated

  constructor(deps: SubscriptionsDeps) {
    this.#deps = deps
    this.#stopListening = deps.changes.listen(customer => {
      for (const subscribed of this.#ofCustomer.get(customer) ?? []) subscribed.look()
    })
    this.#lookingAround = repeat(deps.schedule, async () => this.#lookAround())
  }

  get size(): number {
    return this.#all.size
  }

  async open(
    request: DecisionRequest,
    caller: Caller,
    watcher: Watcher,
    options: SubscribeOptions
  ): Promise<Subscription> {
    const subscribed = new Subscribed(this.#deps, request, caller, watcher, {
      isOf: (member, isTrue) => this.#index(subscribed, member, isTrue),
      ended: () => this.#all.delete(subscribed)
    })
    await subscribed.begin(options)
    this.#all.add(subscribed)
    return subscribed
  }

  close(): void {
    void this.#lookingAround.close()
    this.#stopListening()
    for (const subscribed of this.#all) subscribed.end()
  }

  #index(subscribed: Subscribed, member: string, isTrue: boolean): void {
    const those = this.#ofCustomer.get(member) ?? new Set()
    if (isTrue) this.#ofCustomer.set(member, those.add(subscribed))
    else if (those.delete(subscribed) && those.size === 0) this.#ofCustomer.delete(member)
  }

  /** Some at a time; answers after how many ms to go on. */
  #lookAround(): number {
    let due = Math.ceil((this.#all.size * LOOK_EVERY_MS) / LOOK_WITHIN_MS)
    for (const subscribed of this.#all) {
      if (due-- <= 0) break
      // To the end of the line.
      this.#all.delete(subscribed)
      this.#all.add(subscribed)
      subscribed.look()
    }
    return LOOK_EVERY_MS
  }
}
