import type { Problems } from './problems.js'
import type { SourceFile } from './strategy.js'
import { givenTwice, readYaml } from './yaml.js'
import type { YamlNode } from './yaml-node.js'

/** All rules files as one map of top keys. `broken`: some file's syntax is wrong, so that names may be missing. */
export interface Merged {
  readonly sections: ReadonlyMap<string, YamlNode>
  readonly broken: boolean
  readonly firstFile: string | undefined
}

/**
 * Merges rules files by their top keys, in the order of their paths: maps entry by entry, lists end to end.
 * A scalar, or an entry of a map, that stands in two files is an error that names both places.
 */
export function mergeFiles(files: readonly SourceFile[], problems: Problems): Merged {
  const sections = new Map<string, YamlNode>()
  let broken = false
  const ordered = [...files].sort(byPath)
  for (const file of ordered) {
    const { root, broken: unreadable } = readYaml(file.path, file.text, problems)
    if (unreadable) problems.mute(file.path)
    broken ||= unreadable
    if (root === undefined || root.refused || root.value === null) continue
    if (root.entries === undefined)
      problems.error(
        root.place,
        'a rules file must be a map of keys such as "offers:" or "channels:"'
      )
    for (const [key, node] of root.entries ?? []) {
      const first = sections.get(key)
      const merged = first === undefined ? node : merge(key, first, node, problems)
      sections.set(key, merged)
    }
  }
  return { sections, broken, firstFile: ordered[0]?.path }
}

function merge(key: string, first: YamlNode, second: YamlNode, problems: Problems): YamlNode {
  // `offers:` with nothing behind it is an empty section, whatever kind of section it is elsewhere.
  if (second.value === null) return first
  if (first.value === null) return second
  if (first.items !== undefined && second.items !== undefined)
    return first.withItems([...first.items, ...second.items])
  if (first.entries === undefined || second.entries === undefined) {
    problems.error(second.keyPlace, givenTwice(key, first.keyPlace))
    return first
  }
  const entries = new Map(first.entries)
  for (const [name, node] of second.entries) {
    const given = entries.get(name)
    if (given === undefined) entries.set(name, node)
    else problems.error(node.keyPlace, givenTwice(name, given.keyPlace))
  }
  return first.withEntries(entries)
}

function byPath(a: SourceFile, b: SourceFile): number {
  return a.path < b.path ? -1 : a.path > b.path ? 1 : 0
}
