import type { Catalogue } from './compile-catalogue.js'
import type { Venues } from './compile-placements.js'
import type { Sections } from './sections.js'
import type { YamlNode } from './yaml-node.js'

/** Checks the names in contact policies, exclusions and influencers. */
export function checkLimits(sections: Sections, { offers }: Catalogue, { channels }: Venues): void {
  const first = new Map<string, YamlNode>()
  for (const { node, entry } of sections.items('contactPolicies')) {
    const earlier = first.get(entry.id)
    if (earlier !== undefined) {
      const { file, line, column } = earlier.place
      sections.problems.error(
        node.at('id')!.place,
        `the contact policy "${entry.id}" is given twice, first at ${file}:${line}:${column}`
      )
    }
    first.set(entry.id, earlier ?? node.at('id')!)
    entry.channels?.forEach((channel, i) => channels.check(channel, node.at('channels', i)))
  }
  for (const { node, entry } of sections.items('exclusions')) {
    entry.never?.forEach((offer, i) => offers.check(offer, node.at('never', i)))
    entry.not?.forEach((offer, i) => offers.check(offer, node.at('not', i)))
    if (entry.of !== undefined) offers.check(entry.of, node.at('of'))
  }
  for (const { node, entry } of sections.items('influencers')) {
    if (entry.offer !== 'same' && entry.offer !== 'any') offers.check(entry.offer, node.at('offer'))
  }
}
