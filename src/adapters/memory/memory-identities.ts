import type { CustomerKey, Identity } from '../../domain/customer.js'
import { inMergeOrder, MOST_MEMBERS, partyText, tooManyMembers } from '../../domain/identity.js'
import { Refusal } from '../../domain/refusal.js'

/** Which keys are one customer. */
export class MemoryIdentities {
  readonly #identities = new Map<string, Identity>()

  of(key: CustomerKey): Identity {
    return this.#identities.get(partyText(key)) ?? { canonical: key, members: [key] }
  }

  /** Throws a Refusal where the customer would have too many keys. */
  unite(one: CustomerKey, other: CustomerKey, namespaces: readonly string[]): Identity {
    const before = [this.of(one), this.of(other)]
    const heads = before.map(({ canonical }) => canonical)
    const [canonical] = inMergeOrder(heads, namespaces) as [CustomerKey]
    const all = inMergeOrder(
      before.flatMap(({ members }) => members),
      namespaces
    )
    if (all.length > MOST_MEMBERS) throw new Refusal('not_allowed', tooManyMembers(one, other))
    const others = all.filter(key => partyText(key) !== partyText(canonical))
    const identity = { canonical, members: [canonical, ...others] }
    for (const key of identity.members) this.#identities.set(partyText(key), identity)
    return identity
  }

  forget({ members }: Identity): void {
    for (const key of members) this.#identities.delete(partyText(key))
  }
}
