import type { z } from 'zod'
import { KEPT_EVENTS } from '../domain/history-bounds.js'
import type { Catalogue } from './compile-catalogue.js'
import type { Venues } from './compile-placements.js'
import type { Vocabulary } from './compile-vocabulary.js'
import { parseDuration } from './duration.js'
import { checkReserve } from './reserve.js'
import type { ContactPolicy as ContactPolicyShape } from './schema-limits.js'
import type { Sections } from './sections.js'
import type { ContactPolicy, Exclusions, Influencer, Strategy } from './strategy.js'
import type { Windows } from './windows.js'
import type { YamlNode } from './yaml-node.js'

type PolicyEntry = z.output<typeof ContactPolicyShape>

const DAY_MS = 86_400_000
/** Two events a day fill the kept list in this time: a policy that only the list serves may forget what lies further back. */
const LIST_SURELY_HOLDS_MS = (KEPT_EVENTS / 2) * DAY_MS

interface Named {
  readonly vocabulary: Vocabulary
  readonly catalogue: Catalogue
  readonly venues: Venues
  readonly windows: Windows
}

/** Checks and compiles what holds for one customer at a time. */
export function compileLimits(
  sections: Sections,
  named: Named,
  reserveMs: number
): Pick<Strategy, 'contactPolicies' | 'exclusions' | 'influencers'> {
  return {
    contactPolicies: compileContactPolicies(sections, named, reserveMs),
    exclusions: compileExclusions(sections, named),
    influencers: compileInfluencers(sections, named)
  }
}

/** Checks and compiles the limits on how often a customer meets offers. */
function compileContactPolicies(
  sections: Sections,
  named: Named,
  reserveMs: number
): ContactPolicy[] {
  const first = new Map<string, YamlNode>()
  const types = [...named.vocabulary.types.names]
  const channels = [...named.venues.channels.names]
  return sections.items('contactPolicies').map(({ node, entry }, index) => {
    tellTwice(sections, entry.id, node.at('id')!, first)
    entry.channels?.forEach((channel, i) =>
      named.venues.channels.check(channel, node.at('channels', i))
    )
    const strict = entry.strict ?? false
    if (strict) checkReserve(sections, node, entry)
    warnOfForgetting(sections, node, entry)
    return {
      index,
      id: entry.id,
      place: node.place,
      counts: flags(types, entry.counts),
      countedTypes: [...new Set(entry.counts)],
      scope: entry.scope,
      limit: entry.limit,
      window: named.windows(entry.window)!,
      suppressForMs: entry.suppressFor === undefined ? undefined : parseDuration(entry.suppressFor),
      channels: entry.channels === undefined ? undefined : flags(channels, entry.channels),
      strict,
      reserveMs: parseDuration(entry.reserve ?? '') ?? reserveMs
    }
  })
}

function tellTwice(
  sections: Sections,
  id: string,
  node: YamlNode,
  first: Map<string, YamlNode>
): void {
  const earlier = first.get(id)
  if (earlier === undefined) {
    first.set(id, node)
    return
  }
  const { file, line, column } = earlier.place
  sections.problems.error(
    node.place,
    `the contact policy "${id}" is given twice, first at ${file}:${line}:${column}`
  )
}

function warnOfForgetting(sections: Sections, node: YamlNode, entry: PolicyEntry): void {
  const listed = entry.channels !== undefined || entry.suppressFor !== undefined
  const part = entry.channels !== undefined ? 'channels' : 'suppressFor'
  if (entry.limit > KEPT_EVENTS) {
    sections.problems.warn(
      node.at('limit')!.place,
      listed
        ? `with "${part}", only the newest ${KEPT_EVENTS} events of a customer count: a limit of ${entry.limit} may never be met`
        : `the newest ${KEPT_EVENTS} events of a customer are kept one by one: a limit of ${entry.limit} is counted by the hour beyond them`
    )
    return
  }
  const reachMs = Math.max(
    parseDuration(entry.window) ?? 0,
    parseDuration(entry.suppressFor ?? '') ?? 0
  )
  if (listed && reachMs > LIST_SURELY_HOLDS_MS) {
    sections.problems.warn(
      node.place,
      `with "${part}", only the newest ${KEPT_EVENTS} events of a customer count; they may not reach back ${reachMs / DAY_MS} days`
    )
  }
}

/** Checks and compiles what may not be shown together, or not after something. */
function compileExclusions(
  sections: Sections,
  { vocabulary, catalogue: { offers } }: Named
): Exclusions {
  const indexOf = positionsIn([...offers.names])
  const types = [...vocabulary.types.names]
  const never = new Map<number, Set<number>>()
  const after: Array<Exclusions['after'][number]> = []
  for (const { node, entry } of sections.items('exclusions')) {
    entry.never?.forEach((offer, i) => offers.check(offer, node.at('never', i)))
    entry.not?.forEach((offer, i) => offers.check(offer, node.at('not', i)))
    for (const one of entry.never ?? []) {
      for (const other of entry.never ?? []) {
        if (one === other) continue
        const others = never.get(indexOf(one)) ?? new Set()
        never.set(indexOf(one), others.add(indexOf(other)))
      }
    }
    if (entry.of === undefined || entry.after === undefined) continue
    offers.check(entry.of, node.at('of'))
    after.push({
      place: node.place,
      type: types.indexOf(entry.after),
      countedType: entry.after,
      of: indexOf(entry.of),
      not: Int32Array.from(new Set(entry.not), indexOf),
      forMs: parseDuration(entry.for ?? '') ?? 0
    })
  }
  return {
    never:
      never.size === 0
        ? []
        : Array.from(offers.names, (_, index) => {
            const others = never.get(index)
            return others === undefined ? undefined : Int32Array.from(others).sort()
          }),
    after
  }
}

/** Checks and compiles what moves levers after an interaction. */
function compileInfluencers(
  sections: Sections,
  { vocabulary, catalogue: { offers } }: Named
): Influencer[] {
  const indexOf = positionsIn([...offers.names])
  const types = [...vocabulary.types.names]
  return sections.items('influencers').map(({ node, entry }) => {
    const { offer } = entry
    const general = offer === 'same' || offer === 'any'
    if (!general) offers.check(offer, node.at('offer'))
    return {
      place: node.place,
      type: types.indexOf(entry.after),
      countedType: entry.after,
      target: general ? offer : indexOf(offer),
      from: entry.lever.from,
      to: entry.lever.to,
      overMs: parseDuration(entry.over)!
    }
  })
}

function positionsIn(names: readonly string[]): (name: string) => number {
  const index = new Map(names.map((name, position) => [name, position]))
  return name => index.get(name) ?? -1
}

function flags(names: readonly string[], given: readonly string[]): Uint8Array {
  return Uint8Array.from(names, name => (given.includes(name) ? 1 : 0))
}
