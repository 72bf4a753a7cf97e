import type { Catalogue, OfferDraft } from './compile-catalogue.js'
import { shorten, type Problems } from './problems.js'
import { Register } from './register.js'
import type { Quotas } from './compile-quotas.js'
import type { Entry, Sections } from './sections.js'
import type { ChannelEntry, PlacementEntry, TreatmentEntry } from './schema.js'
import type { Channel, Placement, Treatment } from './strategy.js'
import type { YamlNode } from './yaml-node.js'

/** Where offers can be shown. */
export interface Venues {
  readonly channels: Register
  readonly placements: Register
  readonly channelList: readonly Channel[]
  readonly placementEntries: ReadonlyMap<string, Entry<PlacementEntry>>
}

export function compileVenues(sections: Sections, catalogue: Catalogue, quotas: Quotas): Venues {
  const channelEntries = sections.entries('channels')
  const placementEntries = sections.entries('placements')
  const channels = new Register('channel', channelEntries.keys(), sections.told)
  for (const { node, entry } of placementEntries.values()) {
    if (entry === undefined) continue
    channels.check(entry.channel, node.at('channel'))
    catalogue.offers.check(entry.fallback, node.at('fallback'))
    entry.groups?.forEach((group, i) => catalogue.groups.check(group, node.at('groups', i)))
  }
  const placements = new Register('placement', placementEntries.keys(), sections.told)
  return {
    channels,
    placements,
    channelList: [...channelEntries].map((entry, index) => channelOf(entry, index, quotas)),
    placementEntries
  }
}

function channelOf(
  [id, { entry }]: [string, Entry<ChannelEntry>],
  index: number,
  quotas: Quotas
): Channel {
  return {
    index,
    id,
    quotas: quotas.of('channel', id),
    direction: entry?.direction ?? 'inbound',
    activate: entry?.activate ?? 'on_impression'
  }
}

/** By placement: the treatment of each offer there, by offer index. */
type Shown = ReadonlyMap<string, Array<Treatment | undefined>>

/** Where every treatment may stand, shown there or not: by offer and treatment name, the treatment by placement. */
export type TreatmentsByName = ReadonlyMap<
  string,
  ReadonlyMap<string, ReadonlyMap<string, Treatment>>
>

/** Fills the placements with the treatments of the offers. `catalogue.drafts` holds every offer, unless there are errors already. */
export function compilePlacements(
  sections: Sections,
  catalogue: Catalogue,
  venues: Venues,
  quotas: Quotas
): { placements: Placement[]; treatments: TreatmentsByName } {
  const { problems } = sections
  const shown: Shown = new Map(
    [...venues.placements.names].map(id => [id, new Array(catalogue.offers.names.size)])
  )
  const inArms = treatmentsInArms(sections)
  const named = new Map(
    catalogue.drafts.map(draft => {
      return [draft.id, showTreatments(draft, shown, venues, { problems, inArms })]
    })
  )
  const draftOf = new Map(catalogue.drafts.map(draft => [draft.id, draft]))
  const channelIndex = new Map(venues.channelList.map(({ id, index }) => [id, index]))
  const placements = [...venues.placementEntries].flatMap(([id, { node, entry }], index) => {
    if (entry === undefined) return []
    const treatments = shown.get(id) ?? []
    const fallback = draftOf.get(entry.fallback)
    if (fallback !== undefined) checkFallback(id, fallback, node, treatments, problems)
    const groups = entry.groups === undefined ? undefined : new Set(entry.groups)
    const candidates = catalogue.drafts.filter(draft => {
      return (
        treatments[draft.index] !== undefined &&
        draft.entry.fallbackOnly !== true &&
        (groups?.has(draft.group) ?? true)
      )
    })
    return {
      index,
      id,
      quotas: quotas.of('placement', id),
      channel: channelIndex.get(entry.channel) ?? -1,
      count: entry.count ?? 1,
      multiplier: entry.multiplier ?? 1,
      fallback: fallback?.index ?? -1,
      candidates: Int32Array.from(candidates, draft => draft.index),
      treatments
    }
  })
  return { placements, treatments: named }
}

/** By offer, the treatments that arms of experiments show instead of the first. */
function treatmentsInArms(sections: Sections): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>()
  for (const { entry } of sections.entries('experiments').values()) {
    for (const { treatments } of Object.values(entry?.arms ?? {})) {
      for (const [offer, treatment] of Object.entries(treatments ?? {}))
        found.set(offer, (found.get(offer) ?? new Set()).add(treatment))
    }
  }
  return found
}

function checkFallback(
  placement: string,
  offer: OfferDraft,
  node: YamlNode,
  treatments: ReadonlyArray<Treatment | undefined>,
  problems: Problems
): void {
  const place = node.at('fallback')!.place
  if (offer.entry.fallbackOnly !== true) {
    problems.error(
      place,
      `the offer ${offer.id} cannot be the fallback of ${placement}: it is not "fallbackOnly: true"`
    )
  } else if (treatments[offer.index] === undefined) {
    problems.error(
      place,
      `the offer ${offer.id} cannot be the fallback of ${placement}: none of its treatments stands there`
    )
  }
}

/** Answers the offer's treatments by name and placement. */
function showTreatments(
  draft: OfferDraft,
  shown: Shown,
  venues: Venues,
  { problems, inArms }: { problems: Problems; inArms: ReturnType<typeof treatmentsInArms> }
): Map<string, Map<string, Treatment>> {
  const byName = new Map<string, Map<string, Treatment>>()
  const named = (name: string): boolean => inArms.get(draft.id)?.has(name) === true
  const treatments = Object.entries(draft.entry.treatments ?? {})
  if (treatments.length === 0)
    problems.warn(
      draft.node.keyPlace,
      `the offer ${draft.id} has no treatments, so it is never shown`
    )
  for (const [key, entry] of treatments) {
    const node = draft.node.at('treatments', key)!
    const perChannel = new Map<string, Treatment>()
    const perPlacement = new Map<string, Treatment>()
    byName.set(key, perPlacement)
    const text = textOf(entry, node, problems)
    entry.placements.forEach((placement, i) => {
      const mention = node.at('placements', i)!
      if (!venues.placements.check(placement, mention)) return
      const channel = venues.placementEntries.get(placement)?.entry?.channel ?? ''
      const treatment = perChannel.get(channel) ?? { id: `${draft.id}.${channel}.${key}`, ...text }
      perChannel.set(channel, treatment)
      perPlacement.set(placement, treatment)
      const here = shown.get(placement)!
      const first = here[draft.index]
      if (first === undefined) here[draft.index] = treatment
      else if (!named(treatment.id) && !named(key))
        problems.warn(
          mention.place,
          `the offer ${draft.id} has ${first.id} in ${placement} already, so that ${treatment.id} is never shown there`
        )
    })
  }
  return byName
}

function textOf(
  entry: TreatmentEntry,
  node: YamlNode,
  problems: Problems
): Pick<Treatment, 'contentJson' | 'labelsJson'> {
  const contentJson = new Map([['', jsonOf(node.at('content'), problems)]])
  for (const language of Object.keys(entry.languages ?? {})) {
    const content = node.at('languages', language)!
    const key = language.toLowerCase()
    if (contentJson.has(key))
      problems.error(
        content.keyPlace,
        `the language ${language} is given twice; upper and lower case are the same`
      )
    contentJson.set(key, jsonOf(content, problems))
  }
  return { contentJson, labelsJson: jsonOf(node.at('labels'), problems) }
}

/** The JSON text of what stands in a file; an empty object where nothing does. */
function jsonOf(node: YamlNode | undefined, problems: Problems): string {
  if (node === undefined) return '{}'
  refuseNonJson(node, problems)
  return JSON.stringify(node.value)
}

function refuseNonJson(node: YamlNode, problems: Problems): void {
  if (typeof node.value === 'number' && !Number.isFinite(node.value)) {
    problems.error(
      node.place,
      `${shorten(String(node.value))} is no JSON; write a number or put it in quotes`
    )
  }
  for (const child of node.items ?? node.entries?.values() ?? []) refuseNonJson(child, problems)
}
