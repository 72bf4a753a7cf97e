import type { AttributeValue, Lexicon } from '../domain/customer.js'
import { INTERACTION_TYPES, isInteractionType } from '../domain/interaction.js'
import { parseDuration } from './duration.js'
import type { Problems } from './problems.js'
import { Register } from './register.js'
import type { DeclarationEntry } from './schema.js'
import type { Entry, Sections } from './sections.js'
import type { Declared } from './strategy.js'
import { outsideOf, typedValue } from './typed-value.js'
import type { YamlNode } from './yaml-node.js'
import { createZone, type Zone } from './zone.js'

/** Deepest path of the taxonomy. */
const TAG_LEVELS = 4

/** The words that a strategy declares before it names any offer. */
export interface Vocabulary {
  readonly zone: Zone
  readonly namespaces: readonly string[]
  readonly retentionMs: Lexicon['retentionMs']
  readonly attributes: readonly Declared[]
  readonly context: readonly Declared[]
  /** Attribute and context names whose declaration is wrong, as conditions spell them. */
  readonly doubtful: readonly string[]
  readonly tags: Register
  readonly purposes: Register
  readonly behaviourTypes: ReadonlyMap<string, { readonly value: boolean }>
  /** Interaction types, then behaviour types. */
  readonly types: Register
}

export function compileVocabulary(sections: Sections): Vocabulary {
  const { problems, told } = sections
  const zone = zoneOf(sections)
  const namespaces = listOf('namespaces', sections)
  const purposes = listOf('purposes', sections)
  const attributes = sections.entries('attributes')
  const context = sections.entries('context')
  const behaviourTypes = behaviourTypesOf(sections)
  return {
    zone,
    namespaces: namespaces.names,
    retentionMs: retentionOf(
      sections,
      new Register('namespace', namespaces.names, namespaces.told)
    ),
    attributes: declare(attributes, zone, problems),
    context: declare(context, zone, problems),
    doubtful: [...doubtfulOf('customer', attributes), ...doubtfulOf('context', context)],
    tags: new Register('tag', tagPathsOf(sections.node('tags'), problems), told),
    purposes: new Register('purpose', purposes.names, purposes.told),
    behaviourTypes,
    types: new Register(
      'interaction or event type',
      [...INTERACTION_TYPES, ...behaviourTypes.keys()],
      told
    )
  }
}

function zoneOf(sections: Sections): Zone {
  const name = sections.value('timeZone') ?? 'UTC'
  const zone = createZone(name)
  if (zone !== undefined) return zone
  sections.problems.unknown(
    sections.node('timeZone')!.place,
    'time zone',
    name,
    Intl.supportedValuesOf('timeZone')
  )
  return createZone('UTC')!
}

function listOf(
  key: 'namespaces' | 'purposes',
  sections: Sections
): { names: readonly string[]; told: Problems | undefined } {
  const list = sections.value(key)
  const seen = new Set<string>()
  list?.forEach((name, i) => {
    if (seen.has(name))
      sections.problems.error(
        sections.node(key)!.at(i)!.place,
        `"${name}" is listed twice in ${key}`
      )
    seen.add(name)
  })
  // Of a list that is no list, nobody knows the names.
  return {
    names: list ?? [],
    told: list === undefined && sections.node(key) !== undefined ? undefined : sections.told
  }
}

function retentionOf(sections: Sections, namespaces: Register): Record<string, number> {
  const retentionMs = Object.create(null) as Record<string, number>
  for (const [namespace, { node, entry }] of sections.entries('retention')) {
    namespaces.check(namespace, node, 'keyPlace')
    if (entry !== undefined) retentionMs[namespace] = parseDuration(entry)!
  }
  return retentionMs
}

function behaviourTypesOf(sections: Sections): Map<string, { value: boolean }> {
  const types = new Map<string, { value: boolean }>()
  for (const [type, { node, entry }] of sections.entries('events')) {
    if (isInteractionType(type))
      sections.problems.error(
        node.keyPlace,
        `"${type}" is an interaction type already; give the event another name`
      )
    types.set(type, { value: entry?.value ?? false })
  }
  return types
}

function declare(
  entries: ReadonlyMap<string, Entry<DeclarationEntry>>,
  zone: Zone,
  problems: Problems
): Declared[] {
  const declared: Declared[] = []
  for (const [name, { node, entry }] of entries) {
    if (entry === undefined) continue
    const { type, values } = entry
    if (values !== undefined && type !== 'string' && type !== 'list<string>') {
      problems.error(
        node.at('values')!.place,
        `${name} has values, but its type is ${type}; only texts can have values`
      )
    }
    declared.push({
      name,
      type,
      values,
      default: defaultOf(name, node.at('default'), entry, { zone, problems }),
      protected: entry.protected ?? false,
      personal: entry.personal ?? false
    })
  }
  return declared
}

function defaultOf(
  name: string,
  node: YamlNode | undefined,
  { type, values }: DeclarationEntry,
  { zone, problems }: { zone: Zone; problems: Problems }
): AttributeValue | undefined {
  if (node === undefined) return type.startsWith('list') ? [] : undefined
  const typed = typedValue(type, node.value, zone)
  if ('wrong' in typed) {
    problems.error(node.place, `the default of ${name} ${typed.wrong}, since its type is ${type}`)
    return undefined
  }
  const outside = outsideOf({ values }, typed.value)
  if (outside !== undefined)
    problems.error(node.place, `the default "${outside}" of ${name} is none of its values`)
  return typed.value
}

function doubtfulOf(root: string, entries: ReadonlyMap<string, Entry<DeclarationEntry>>): string[] {
  return [...entries]
    .filter(([, { entry }]) => entry === undefined)
    .map(([name]) => `${root}.${name}`)
}

/** Every path of the taxonomy, inner ones included. */
function tagPathsOf(root: YamlNode | undefined, problems: Problems): Set<string> {
  const paths = new Set<string>()
  function walk(node: YamlNode, parents: readonly string[]): void {
    for (const [name, child] of node.entries ?? [])
      if (add(name, child.keyPlace, parents)) walk(child, [...parents, name])
    for (const item of node.items ?? []) {
      if (typeof item.value === 'string') add(item.value, item.place, parents)
      else if (!item.refused)
        problems.error(
          item.place,
          'a tag in a list must be a name; a tag with tags below it is a key of a map'
        )
    }
    const isLeaf = node.value === null || node.entries !== undefined || node.items !== undefined
    if (!isLeaf) problems.error(node.place, 'tags must be a map, a list of names, or empty')
  }
  function add(name: string, place: YamlNode['place'], parents: readonly string[]): boolean {
    const path = [...parents, name].join('/')
    if (name === '' || name.includes('/'))
      problems.error(place, `the tag "${name}" must be a name without "/"`)
    else if (parents.length >= TAG_LEVELS)
      problems.error(place, `the tag ${path} is deeper than ${TAG_LEVELS} levels`)
    else if (paths.has(path)) problems.error(place, `the tag ${path} is given twice`)
    else {
      paths.add(path)
      return true
    }
    return false
  }
  if (root !== undefined && !root.refused) walk(root, [])
  return paths
}
