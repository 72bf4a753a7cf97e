import type { CustomerKey, Identity, Lexicon } from '../../domain/customer.js'
import { MOST_MEMBERS, partyText, tooManyMembers } from '../../domain/identity.js'
import { Refusal, StoreUnavailable } from '../../domain/refusal.js'
import type { Log } from '../../decisioning/ports.js'
import { encodeAlias } from './alias-codec.js'
import type { Alias } from './alias-codec.js'
import type { Aliases, Found } from './aliases.js'
import type { Connection } from './connection.js'
import { HISTORY_HEADER_BYTES } from './history-codec.js'
import { customerKeys } from './keys.js'
import { planMerge } from './merge-plan.js'
import type { MergePlan } from './merge-plan.js'
import { ABSORB, JOIN, LET_LAPSE } from './merge-scripts.js'
import type { Names } from './names.js'
import { PROFILE_PREFIX_BYTES } from './profile-codec.js'
import { lastLapseMs } from './reservation-codec.js'
import { unite } from './uniting.js'
import type { Party, StoredRecord } from './uniting.js'
import { answerOf } from './wire.js'
import type { Argument } from './wire.js'

/** How often a merge is tried against events, changes and other merges of the same customer. */
const MERGE_TRIES = 32
const NOTHING = Buffer.alloc(0)

export interface MergingDeps {
  readonly connection: Connection
  readonly aliases: Aliases
  readonly names: Names
  readonly nextStamp: () => Buffer
  readonly log: Log
}

/**
 * Merges customers. Each key keeps its record until it joins: its alias closes the record for good and names the canonical key, whose
 * record then takes over what the closed ones hold, in one script that also notes which it has taken. So whatever is interrupted, and
 * however often it is repeated by whomever, every record is united exactly once. In between, readers unite what they find and go on
 * where the merge stopped.
 */
export class Merging {
  readonly #connection: Connection
  readonly #aliases: Aliases
  readonly #names: Names
  readonly #nextStamp: () => Buffer
  readonly #log: Log
  /** Customers whose merge this process completes beside its requests, by canonical key. */
  readonly #completing = new Map<string, Promise<void>>()

  constructor({ connection, aliases, names, nextStamp, log }: MergingDeps) {
    this.#connection = connection
    this.#aliases = aliases
    this.#names = names
    this.#nextStamp = nextStamp
    this.#log = log
  }

  /** Makes two keys one customer; both may be merged already, with each other too. Throws a Refusal where the customer would have too many keys. */
  async merge(one: CustomerKey, other: CustomerKey, lexicon: Lexicon): Promise<Identity> {
    return await this.#complete([one, other], lexicon, true, ({ members }) => {
      if (members.length > MOST_MEMBERS)
        throw new Refusal('not_allowed', tooManyMembers(one, other))
    })
  }

  /** Completes the merge that a key takes part in, if there is one, so that its canonical record can be written. Revives the erased. */
  settle(key: CustomerKey, lexicon: Lexicon): Promise<Identity> {
    return this.#complete([key], lexicon, true)
  }

  /** The same beside the requests; leaves a customer alone whose erasing was begun. */
  settleBeside({ canonical, members }: Identity, lexicon: Lexicon): void {
    const customer = partyText(canonical)
    if (this.#completing.has(customer)) return
    const done = this.#complete(members, lexicon, false)
      .then(() => undefined)
      .catch((error: unknown) => {
        this.#log.warn(
          { error: String(error) },
          'an unfinished merge could not be completed; the next decision for the customer tries again'
        )
      })
      .finally(() => this.#completing.delete(customer))
    this.#completing.set(customer, done)
  }

  /** Waits for the merges that are completed beside the requests. */
  async settled(): Promise<void> {
    await Promise.all(this.#completing.values())
  }

  /** What the record of a customer comes to while its merge is unfinished. */
  async united(key: CustomerKey, namespaces: readonly string[]): Promise<Found<StoredRecord>> {
    const plan = planMerge(await this.#aliases.gather([key]), namespaces)
    const { members, canonical } = plan
    return {
      identity: { canonical: canonical.key, members },
      reply: await this.#unite(plan, namespaces)
    }
  }

  /** Repeats what is to be done until nothing is: what others do meanwhile is seen in the next round. */
  async #complete(
    keys: readonly CustomerKey[],
    { namespaces, retentionMs }: Lexicon,
    revive: boolean,
    check: (plan: MergePlan) => void = () => undefined
  ): Promise<Identity> {
    for (let tries = 0; tries < MERGE_TRIES; tries++) {
      const parties = await this.#aliases.gather(keys)
      const plan = planMerge(parties, namespaces)
      check(plan)
      const identity = { canonical: plan.canonical.key, members: plan.members }
      if (plan.whole || (!revive && parties.some(({ erased }) => erased))) return identity
      const ttlMs = retentionMs[plan.canonical.key.namespace] ?? 0
      if (plan.joins.length > 0) await this.#join(plan, ttlMs, revive)
      else if (await this.#absorb(plan, namespaces, ttlMs)) return identity
    }
    throw new StoreUnavailable('the customer is being changed by many callers at once; try again')
  }

  async #join({ joins }: MergePlan, ttlMs: number, revive: boolean): Promise<void> {
    for (const step of joins) {
      const calls = step.map(({ party, alias }) => {
        const { alias: aliasKey, tombstone, profile, history, details } = customerKeys(party.key)
        return {
          script: JOIN,
          keys: [aliasKey, tombstone, profile, history, details],
          args: [party.aliasBytes ?? NOTHING, alias, ttlMs, revive ? 1 : 0]
        }
      })
      const joined = (await this.#connection.runAll(calls)).map(answerOf)
      if (joined.some(answer => answer !== 1)) return
    }
  }

  async #absorb(plan: MergePlan, namespaces: readonly string[], ttlMs: number): Promise<boolean> {
    const { canonical, roots, members } = plan
    const united =
      roots.length === 0
        ? { profile: null, history: null, details: null, reservations: null }
        : await this.#unite(plan, namespaces)
    const ids = await this.#eventIdsOf(roots)
    const whole: Alias = {
      state: 'whole',
      members,
      held: members.slice(1).map((_, i) => i + 1)
    }
    const keys = customerKeys(canonical.key)
    const done = await this.#connection.run(
      ABSORB,
      [keys.alias, keys.profile, keys.history, keys.details, keys.reservations, keys.eventIds],
      [
        canonical.aliasBytes ?? NOTHING,
        canonical.profile?.subarray(0, PROFILE_PREFIX_BYTES) ?? NOTHING,
        canonical.history?.subarray(0, HISTORY_HEADER_BYTES) ?? NOTHING,
        canonical.history?.length ?? 0,
        canonical.details?.length ?? 0,
        canonical.reservations ?? NOTHING,
        encodeAlias(whole),
        united.profile ?? NOTHING,
        united.history ?? NOTHING,
        united.details ?? NOTHING,
        united.reservations ?? NOTHING,
        ttlMs,
        lastLapseMs(united.reservations),
        ...ids
      ]
    )
    if (done !== 1) return false
    this.#letLapse(members.slice(1))
    return true
  }

  #unite({ canonical, roots }: MergePlan, namespaces: readonly string[]): Promise<StoredRecord> {
    const parties = [canonical, ...roots]
    return this.#names.reading(() =>
      unite(parties, canonical.key, { names: this.#names, namespaces }, this.#nextStamp())
    )
  }

  /** Receipt and id of all events that the parties remember. */
  async #eventIdsOf(parties: readonly Party[]): Promise<Argument[]> {
    const calls = parties.map(({ key }) => ({
      command: 'ZRANGE' as const,
      args: [customerKeys(key).eventIds, 0, -1, 'WITHSCORES']
    }))
    const answers = calls.length === 0 ? [] : await this.#connection.runAll(calls)
    return answers.flatMap(answer => {
      // The client may answer members and scores in pairs or one after the other.
      const flat = (answerOf(answer) as Array<Buffer | Buffer[]>).flat()
      return flat.flatMap((id, i) => (i % 2 === 0 ? [flat[i + 1]!, id] : []))
    })
  }

  /** What is united needs no second place. Where this fails it only stays until the customer is erased. */
  #letLapse(members: readonly CustomerKey[]): void {
    const calls = members.map(member => {
      const { alias, profile, history, details, eventIds } = customerKeys(member)
      return { script: LET_LAPSE, keys: [alias, profile, history, details, eventIds], args: [] }
    })
    void this.#connection.runAll(calls)
  }
}
