import type { Vocabulary } from './compile-vocabulary.js'
import { type Problems, shorten } from './problems.js'
import { Register } from './register.js'
import type { GroupEntry, IssueEntry, OfferEntry } from './schema.js'
import type { Entry, Sections } from './sections.js'
import type { Offer } from './strategy.js'
import type { YamlNode } from './yaml-node.js'
import type { Zone } from './zone.js'

/** What conditions and influencers say in place of an offer. */
const RESERVED = ['same', 'any']

/** Issues, groups and offers with their names resolved, before any condition is compiled. */
export interface Catalogue {
  readonly issues: Register
  readonly groups: Register
  readonly offers: Register
  readonly issueEntries: ReadonlyMap<string, Entry<IssueEntry>>
  readonly groupEntries: ReadonlyMap<string, Entry<GroupEntry>>
  /** Every offer whose entry is well-shaped and whose group is known, in the order of the files. */
  readonly drafts: readonly OfferDraft[]
}

/** An offer up to its conditions and treatments. */
export interface OfferDraft {
  readonly index: number
  readonly id: string
  readonly node: YamlNode
  readonly entry: OfferEntry
  readonly group: string
  readonly issue: string
  readonly fromMs: number
  readonly untilMs: number
  /** Percent. */
  readonly levers: Offer['levers']
}

export function compileCatalogue(sections: Sections, vocabulary: Vocabulary): Catalogue {
  const issueEntries = sections.entries('issues')
  const groupEntries = sections.entries('groups')
  const offerEntries = sections.entries('offers')
  const issues = new Register('issue', issueEntries.keys(), sections.told)
  const groups = new Register('group', groupEntries.keys(), sections.told)
  const offers = new Register('offer', offerEntries.keys(), sections.told)
  for (const { node, entry } of groupEntries.values())
    if (entry !== undefined) issues.check(entry.issue, node.at('issue'))

  for (const word of RESERVED) {
    const node = offerEntries.get(word)?.node
    if (node !== undefined)
      sections.problems.error(
        node.keyPlace,
        `"${word}" cannot be an offer: it has a meaning of its own in seen("accept", "${word}", "7d")`
      )
  }

  function draftOf(
    id: string,
    index: number,
    node: YamlNode,
    entry: OfferEntry
  ): OfferDraft | undefined {
    entry.tags?.forEach((tag, i) => vocabulary.tags.check(tag, node.at('tags', i)))
    entry.purposes?.forEach((purpose, i) =>
      vocabulary.purposes.check(purpose, node.at('purposes', i))
    )
    const fromMs = instantOf(node.at('from'), vocabulary.zone, sections.problems) ?? -Infinity
    const untilMs = instantOf(node.at('until'), vocabulary.zone, sections.problems) ?? Infinity
    if (untilMs <= fromMs) {
      sections.problems.error(
        node.at('until')!.place,
        `the offer ${id} ends before it begins: "until" must be later than "from"`
      )
    }
    const group = groups.check(entry.group, node.at('group'))
      ? groupEntries.get(entry.group)?.entry
      : undefined
    if (group === undefined) return undefined
    return {
      index,
      id,
      node,
      entry,
      group: entry.group,
      issue: group.issue,
      fromMs,
      untilMs,
      levers: {
        issue: issueEntries.get(group.issue)?.entry?.lever ?? 0,
        group: group.lever ?? 0,
        offer: entry.lever ?? 0
      }
    }
  }

  const drafts = [...offerEntries].flatMap(([id, { node, entry }], index) => {
    return (entry === undefined ? undefined : draftOf(id, index, node, entry)) ?? []
  })
  return { issues, groups, offers, issueEntries, groupEntries, drafts }
}

/** Milliseconds since 1970 of a date or an instant of the files. */
export function instantOf(
  node: YamlNode | undefined,
  zone: Zone,
  problems: Problems
): number | undefined {
  if (typeof node?.value !== 'string') return undefined
  const timeMs = zone.parse(node.value)
  if (timeMs === undefined)
    problems.error(
      node.place,
      `"${shorten(node.value)}" must be a date such as 2026-01-01 or an instant such as 2026-01-01T09:00:00Z`
    )
  return timeMs
}
