import type { AttributeValue, Consent, CustomerKey, Profile } from './customer.js'
import { compareParties, compareTexts, partyText } from './identity.js'

/** When an attribute got its value, and under which of a customer's keys. */
export interface Write {
  readonly timeMs: number
  readonly key: CustomerKey
}

/** A profile that knows when each of its attributes was written, so that it can be united with another. */
export interface WrittenProfile {
  readonly profile: Profile
  /** By attribute. */
  readonly writes: Readonly<Record<string, Write>>
}

/** What becomes of a profile by a change: attributes that keep their value keep their write. */
export function rewrite(
  before: WrittenProfile | undefined,
  profile: Profile,
  write: Write
): WrittenProfile {
  const writes: Record<string, Write> = {}
  for (const name in profile.attributes) {
    const same = sameValue(before?.profile.attributes[name], profile.attributes[name])
    writes[name] = (same ? before?.writes[name] : undefined) ?? write
  }
  return { profile, writes }
}

/**
 * The profile of a customer that has several. Per attribute the newest write wins, then the one under the key that comes first
 * in the order of merging; tags are united; per purpose the most restrictive statement holds, the newest among equals.
 * Uniting in any order and any grouping, again and again, comes to the same.
 */
export function uniteProfiles(
  parties: readonly WrittenProfile[],
  namespaces: readonly string[]
): WrittenProfile | undefined {
  const [first, ...others] = parties
  if (first === undefined || others.length === 0) return first
  const winners = new Map<string, { value: AttributeValue; write: Write }>()
  const consent = new Map<string, Consent>()
  for (const { profile, writes } of parties) {
    for (const [name, value] of Object.entries(profile.attributes)) {
      const write = writes[name]!
      const known = winners.get(name)
      if (known === undefined || compareWrites(write, known.write, namespaces) < 0)
        winners.set(name, { value, write })
    }
    for (const [purpose, said] of Object.entries(profile.consent)) {
      const known = consent.get(purpose)
      if (known === undefined || compareConsents(said, known) < 0) consent.set(purpose, said)
    }
  }
  const byName = <T>(map: ReadonlyMap<string, T>) => [...map].sort(([a], [b]) => compareTexts(a, b))
  const attributes = byName(winners)
  return {
    profile: {
      attributes: Object.fromEntries(attributes.map(([name, { value }]) => [name, value])),
      tags: [...new Set(parties.flatMap(({ profile }) => profile.tags))].sort(compareTexts),
      consent: Object.fromEntries(byName(consent))
    },
    writes: Object.fromEntries(attributes.map(([name, { write }]) => [name, write]))
  }
}

/** Negative when the first wins. */
function compareWrites(a: Write, b: Write, namespaces: readonly string[]): number {
  return b.timeMs - a.timeMs || compareParties(a.key, b.key, namespaces)
}

/** Negative when the first holds. */
function compareConsents(a: Consent, b: Consent): number {
  return (
    Number(a.granted) - Number(b.granted) || b.timeMs - a.timeMs || compareTexts(a.source, b.source)
  )
}

/** Whether two values of an attribute are the same, element by element. */
export function sameValue(a: AttributeValue | undefined, b: AttributeValue | undefined): boolean {
  if (!Array.isArray(a) || !Array.isArray(b)) return a === b
  return a.length === b.length && a.every((element, i) => element === b[i])
}

/** Distinct writes of a profile, and for each name the position of its write; for codecs. */
export function distinctWrites(
  names: readonly string[],
  writes: Readonly<Record<string, Write>>
): { readonly distinct: readonly Write[]; readonly positions: readonly number[] } {
  const distinct: Write[] = []
  const known = new Map<string, number>()
  const positions = names.map(name => {
    const write = writes[name]!
    const text = `${write.timeMs}\n${partyText(write.key)}`
    const position = known.get(text)
    if (position !== undefined) return position
    known.set(text, distinct.length)
    return distinct.push(write) - 1
  })
  return { distinct, positions }
}
