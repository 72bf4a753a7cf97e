import type { Catalogue } from './compile-catalogue.js'
import { instantOf } from './compile-catalogue.js'
import type { Venues } from './compile-placements.js'
import type { Vocabulary } from './compile-vocabulary.js'
import { STAGES } from '../domain/decision.js'
import { isInteractionType } from '../domain/interaction.js'
import { parseDuration } from './duration.js'
import { nearest } from '../domain/nearest.js'
import type { ExampleEntry } from './schema-examples.js'
import type { Sections } from './sections.js'
import type { Declared, Example } from './strategy.js'
import { outsideOf, typedValue } from './typed-value.js'
import type { YamlNode } from './yaml-node.js'

interface Known {
  readonly vocabulary: Vocabulary
  readonly catalogue: Catalogue
  readonly venues: Venues
}

/** Checks the strategy's own tests against its names and types; they are run when everything else is ready. */
export function compileExamples(sections: Sections, known: Known): Example[] {
  return sections.items('examples').map(({ node, entry }) => ({
    name: entry.name,
    place: node.place,
    given: givenOf(sections, known, node.at('given')!, entry.given),
    expect: expectOf(sections, known, node, entry)
  }))
}

function givenOf(
  sections: Sections,
  known: Known,
  node: YamlNode,
  given: ExampleEntry['given']
): Example['given'] {
  const { vocabulary, catalogue, venues } = known
  venues.channels.check(given.channel, node.at('channel'))
  given.placements.forEach((placement, i) =>
    checkPlacement(sections, venues, placement, given.channel, node.at('placements', i)!)
  )
  given.exclude?.forEach((offer, i) => catalogue.offers.check(offer, node.at('exclude', i)))
  given.tags?.forEach((tag, i) => vocabulary.tags.check(tag, node.at('tags', i)))
  for (const purpose of Object.keys(given.consent ?? {}))
    vocabulary.purposes.check(purpose, node.at('consent', purpose), 'keyPlace')
  return {
    attributes: valuesOf(sections, vocabulary, 'attributes', node.at('attributes')),
    context: valuesOf(sections, vocabulary, 'context', node.at('context')),
    tags: given.tags ?? [],
    consent: given.consent ?? {},
    history: (given.history ?? []).map((past, i) => {
      checkPast(sections, known, past, node.at('history', i)!)
      return {
        type: past.type,
        offer: past.offer,
        channel: past.channel,
        ago: parseDuration(past.ago)!,
        until: past.until === undefined ? undefined : parseDuration(past.until)!
      }
    }),
    channel: given.channel,
    placements: given.placements,
    exclude: given.exclude ?? [],
    language: given.language,
    atMs: instantOf(node.at('at'), vocabulary.zone, sections.problems)
  }
}

function checkPlacement(
  sections: Sections,
  venues: Venues,
  placement: string,
  channel: string,
  node: YamlNode
): void {
  if (!venues.placements.check(placement, node)) return
  const own = venues.placementEntries.get(placement)?.entry?.channel
  if (own === undefined || own === channel || !venues.channels.names.has(channel)) return
  sections.problems.error(
    node.place,
    `the placement ${placement} belongs to the channel ${own}, not to ${channel}`
  )
}

function checkPast(
  sections: Sections,
  { vocabulary, catalogue, venues }: Known,
  { type, offer, channel, until }: NonNullable<ExampleEntry['given']['history']>[number],
  node: YamlNode
): void {
  vocabulary.types.check(type, node.at('type'))
  if (offer !== undefined) catalogue.offers.check(offer, node.at('offer'))
  if (channel !== undefined) venues.channels.check(channel, node.at('channel'))
  if (offer === undefined && isInteractionType(type)) {
    sections.problems.error(node.place, `the interaction "${type}" needs an "offer"`)
  }
  if (until !== undefined && type !== 'later') {
    sections.problems.error(node.at('until')!.place, `"until" is for the interaction "later" only`)
  }
}

/** Attributes or context as a request would carry them. */
function valuesOf(
  sections: Sections,
  vocabulary: Vocabulary,
  kind: 'attributes' | 'context',
  node: YamlNode | undefined
): Record<string, unknown> {
  const values: Record<string, unknown> = {}
  const declared = new Map(vocabulary[kind].map(one => [one.name, one]))
  const names = [...sections.entries(kind).keys()]
  for (const [name, value] of node?.entries ?? []) {
    const declaration = declared.get(name)
    if (declaration !== undefined) values[name] = valueOf(sections, vocabulary, declaration, value)
    else if (!names.includes(name))
      sections.told?.unknown(
        value.keyPlace,
        kind === 'attributes' ? 'attribute' : 'context name',
        name,
        names
      )
  }
  return values
}

function valueOf(
  sections: Sections,
  vocabulary: Vocabulary,
  declared: Declared,
  node: YamlNode
): unknown {
  const typed = typedValue(declared.type, node.value, vocabulary.zone)
  if ('wrong' in typed) {
    sections.problems.error(
      node.place,
      `${declared.name} ${typed.wrong}, since its type is ${declared.type}`
    )
    return undefined
  }
  const outside = outsideOf(declared, typed.value)
  if (outside !== undefined)
    sections.problems.warn(node.place, `"${outside}" is none of the values of ${declared.name}`)
  return declared.type === 'timestamp' ? new Date(typed.value as number).toISOString() : typed.value
}

function expectOf(
  sections: Sections,
  { catalogue }: Known,
  node: YamlNode,
  { given, expect }: ExampleEntry
): Example['expect'] {
  const placements: Record<string, readonly string[]> = {}
  const removed: Record<string, string> = {}
  for (const [key, expected] of Object.entries(expect)) {
    const found = node.at('expect', key)!
    if (key === 'removed') {
      for (const [offer, stage] of Object.entries(Array.isArray(expected) ? {} : expected)) {
        catalogue.offers.check(offer, found.at(offer), 'keyPlace')
        removed[offer] = stage
      }
    } else if (!given.placements.includes(key)) {
      sections.problems.error(
        found.keyPlace,
        `the example does not ask for the placement "${key}"`,
        nearest(key, given.placements)
      )
    }
    if (Array.isArray(expected) === (key === 'removed')) {
      const kind =
        key === 'removed' ? `a map of offers and stages (${STAGES.join(', ')})` : 'a list of offers'
      sections.problems.error(found.place, `${key} must be ${kind}`)
    } else if (Array.isArray(expected)) {
      expected.forEach((offer, i) => catalogue.offers.check(offer, found.at(i)))
      placements[key] = expected
    }
  }
  return { placements, removed }
}
