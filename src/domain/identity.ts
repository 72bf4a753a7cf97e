import { customerText, type CustomerKey } from './customer.js'

/** Most keys of one customer. */
export const MOST_MEMBERS = 100

/**
 * Keys in the order in which they would be canonical, each once: the namespace declared earliest, then the smaller id.
 * Namespaces that are no longer declared come last. It is one order for all keys, so merging comes to the same in any order.
 */
export function inMergeOrder(
  keys: Iterable<CustomerKey>,
  namespaces: readonly string[]
): CustomerKey[] {
  const distinct = new Map<string, CustomerKey>()
  for (const { namespace, id } of keys) {
    const key = { namespace, id }
    distinct.set(partyText(key), key)
  }
  return [...distinct.values()].sort((a, b) => compareParties(a, b, namespaces))
}

/** Negative when the first comes before the second. */
export function compareParties(
  a: CustomerKey,
  b: CustomerKey,
  namespaces: readonly string[]
): number {
  return (
    rankOf(a.namespace, namespaces) - rankOf(b.namespace, namespaces) ||
    compareTexts(a.namespace, b.namespace) ||
    compareTexts(a.id, b.id)
  )
}

export function sameParty(a: CustomerKey, b: CustomerKey): boolean {
  return a.id === b.id && a.namespace === b.namespace
}

/** A text that no other key has: ids may hold a slash, a line break they may not. */
export function partyText({ namespace, id }: CustomerKey): string {
  return `${namespace}\n${id}`
}

/** One sentence for a customer that would have too many keys. */
export function tooManyMembers(one: CustomerKey, other: CustomerKey): string {
  return `${customerText(one)} and ${customerText(other)} would be one customer with more than ${MOST_MEMBERS} keys.`
}

function rankOf(namespace: string, namespaces: readonly string[]): number {
  const rank = namespaces.indexOf(namespace)
  return rank < 0 ? namespaces.length : rank
}

/** By code units: the same on every machine. */
export function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
