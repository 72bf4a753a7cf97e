import type { Catalogue } from './compile-catalogue.js'
import type { ConditionReader } from './compile-conditions.js'
import { positions, readValue } from './compile-offers.js'
import { explorationOf } from './exploration.js'
import type { TreatmentsByName } from './compile-placements.js'
import type { ExperimentEntry } from './schema.js'
import type { Changes, Place, Strategy } from './strategy.js'
import type { YamlNode } from './yaml-node.js'

/** What arms are compiled against. */
export interface ArmParts {
  readonly catalogue: Catalogue
  readonly treatments: TreatmentsByName
  readonly reader: ConditionReader
  /** The strategy without experiments. */
  readonly base: Pick<
    Strategy,
    'offers' | 'placements' | 'contextWeights' | 'formula' | 'groupLimit'
  >
}

type ArmEntry = ExperimentEntry['arms'][string]

/** Compiles what an arm changes; what is wrong is told and left out. */
export function compileChanges(node: YamlNode, entry: ArmEntry, parts: ArmParts): Changes {
  const formula = node.at('arbitration', 'formula')
  const exploration = entry.arbitration?.exploration
  return {
    formula: formula === undefined ? undefined : parts.reader.formula(formula),
    groupLimit: entry.arbitration?.groupLimit,
    exploration: exploration === undefined ? undefined : explorationOf(exploration),
    values: valuesOf(node, entry, parts),
    levers: leversOf(node, entry, parts),
    models: modelsOf(node, entry, parts),
    treatments: treatmentsOf(node, entry, parts)
  }
}

function valuesOf(node: YamlNode, entry: ArmEntry, parts: ArmParts): Changes['values'] {
  const values = new Map<
    number,
    Changes['values'] extends ReadonlyMap<number, infer V> ? V : never
  >()
  for (const [id, value] of Object.entries(entry.values ?? {})) {
    const mention = node.at('values', id)!
    const compiled = typeof value === 'number' ? value : readValue(id, mention, parts.reader)
    const offer = competitor(id, mention, parts)
    if (offer === undefined) continue
    values.set(offer, compiled)
    warnOfReaders(id, mention.keyPlace, parts)
  }
  return values
}

/** Conditions and formulas are compiled with the offers' own values, which an arm does not change for them. */
function warnOfReaders(id: string, place: Place, { reader, base }: ArmParts): void {
  const readers = [
    ...base.offers.flatMap(({ rules }) => rules.map(({ condition }) => condition)),
    ...base.contextWeights.map(({ condition }) => condition),
    ...(base.formula === undefined ? [] : [base.formula])
  ]
  const found = readers.find(({ reads }) => reads.some(({ label }) => label === 'offer.value'))
  if (found === undefined) return
  const { file, line, column } = found.place
  reader.problems?.warn(
    place,
    `offer.value at ${file}:${line}:${column} goes on reading the value that ${id} has without the experiment`
  )
}

/** A name may be that of an offer, a group or an issue, and must be that of one alone. */
function leversOf(
  node: YamlNode,
  entry: ArmEntry,
  { catalogue, reader, base }: ArmParts
): Changes['levers'] {
  const { offers, groups, issues } = catalogue
  const registers = [
    ['offer', offers],
    ['group', groups],
    ['issue', issues]
  ] as const
  return Object.entries(entry.levers ?? {}).flatMap(([owner, lever]) => {
    const place = node.at('levers', owner)!.keyPlace
    const found = registers.filter(([, { names }]) => names.has(owner))
    const [first, second] = found
    if (first === undefined) {
      const names = registers.flatMap(([, register]) => [...register.names])
      reader.problems?.unknown(place, 'offer, group or issue', owner, names)
      return []
    }
    if (second !== undefined) {
      reader.problems?.error(
        place,
        `"${owner}" is the name of an ${found.map(([kind]) => kind).join(' and of a ')}; give them different names, so that it is clear whose lever is changed`
      )
      return []
    }
    const [kind, { names }] = first
    const index = positions(names).get(owner)!
    if (kind === 'offer' && base.offers[index]?.fallbackOnly === true) {
      reader.problems?.error(place, competesNever(owner))
      return []
    }
    return [{ kind, index, lever }]
  })
}

function modelsOf(node: YamlNode, entry: ArmEntry, parts: ArmParts): Changes['models'] {
  const models = new Map<number, { name: string; place: Place }>()
  for (const [id, name] of Object.entries(entry.models ?? {})) {
    const mention = node.at('models', id)!
    const offer = competitor(id, mention, parts)
    if (offer !== undefined) models.set(offer, { name, place: mention.place })
  }
  return models
}

/** A treatment by its name in the files, or by its id as answers show it, wherever it and another may both stand. */
function treatmentsOf(node: YamlNode, entry: ArmEntry, parts: ArmParts): Changes['treatments'] {
  return Object.entries(entry.treatments ?? {}).flatMap(([id, treatment]) => {
    const mention = node.at('treatments', id)!
    const offer = competitor(id, mention, parts)
    const named = parts.treatments.get(id)
    if (offer === undefined || named === undefined) return []
    const all = [...named.values()].flatMap(places => [...places])
    const places = [...(named.get(treatment) ?? all.filter(([, one]) => one.id === treatment))]
    if (places.length === 0 && !named.has(treatment)) {
      const names = [...named.keys(), ...all.map(([, one]) => one.id)]
      parts.reader.problems?.unknown(mention.place, `treatment of ${id}`, treatment, names)
      return []
    }
    const changed = places.flatMap(([placement, instead]) => {
      const found = parts.base.placements.find(each => each.id === placement)
      if (found === undefined || found.treatments[offer] === instead) return []
      return [{ offer, placement: found.index, treatment: instead }]
    })
    if (changed.length === 0 && places.length > 0)
      parts.reader.problems?.warn(
        mention.place,
        `${treatment} is what ${id} shows in its placements anyway, so that this changes nothing`
      )
    return changed
  })
}

/** The index of an offer that an arm may change; undefined where a problem was told. */
function competitor(
  id: string,
  mention: YamlNode,
  { catalogue, base, reader }: ArmParts
): number | undefined {
  if (!catalogue.offers.check(id, mention, 'keyPlace')) return undefined
  const offer = base.offers.find(each => each.id === id)
  if (offer?.fallbackOnly === true) reader.problems?.error(mention.keyPlace, competesNever(id))
  return offer?.fallbackOnly === true ? undefined : offer?.index
}

function competesNever(id: string): string {
  return `the offer ${id} is fallbackOnly: it never competes, so an experiment cannot tell what changing it does`
}
