import type { z } from 'zod'
import type { Merged } from './merge.js'
import { type Problems, shorten } from './problems.js'
import { StrategySchema } from './schema.js'
import { checkShape } from './schema-issues.js'
import type { YamlNode } from './yaml-node.js'

type Shape = typeof StrategySchema.shape
type Key = keyof Shape
type Inner<S> = S extends z.ZodOptional<infer I> ? I : S
type KeysOf<Kind> = { [K in Key]: Inner<Shape[K]> extends Kind ? K : never }[Key]
type EntryOf<K extends Key> =
  Inner<Shape[K]> extends z.ZodRecord<infer _, infer V> ? z.output<V> : never
type ItemOf<K extends Key> = Inner<Shape[K]> extends z.ZodArray<infer V> ? z.output<V> : never

/** One named entry of a section. `entry` is undefined where its shape is wrong: its name is known all the same. */
export interface Entry<T> {
  readonly node: YamlNode
  readonly entry: T | undefined
}

/** The merged files with the shape of every entry checked, so that one wrong entry hides no other's mistakes. */
export class Sections {
  readonly problems: Problems
  /** Where unknown names are told: nowhere while a broken file may declare them. */
  readonly told: Problems | undefined
  readonly #nodes: ReadonlyMap<string, YamlNode>
  readonly #values = new Map<Key, unknown>()
  readonly #entries = new Map<Key, ReadonlyMap<string, Entry<unknown>>>()

  constructor(merged: Merged, problems: Problems) {
    this.problems = problems
    this.told = merged.broken ? undefined : problems
    this.#nodes = merged.sections
    const known = Object.keys(StrategySchema.shape)
    for (const [key, node] of merged.sections) {
      if (!known.includes(key)) problems.unknown(node.keyPlace, 'key', key, known)
    }
  }

  node(key: Key): YamlNode | undefined {
    return this.#nodes.get(key)
  }

  /** A section of named entries, empty where it is absent. What is wrong with it is told the first time. */
  entries<K extends KeysOf<z.ZodRecord>>(key: K): ReadonlyMap<string, Entry<EntryOf<K>>> {
    const known = this.#entries.get(key)
    if (known !== undefined) return known as ReadonlyMap<string, Entry<EntryOf<K>>>
    const schema = unwrap(StrategySchema.shape[key]) as unknown as z.ZodRecord<
      z.ZodString,
      z.ZodType<EntryOf<K>>
    >
    const section = this.#section(key, 'a map of names')
    const entries = new Map<string, Entry<EntryOf<K>>>()
    for (const [name, node] of section?.entries ?? []) {
      const wrong = schema.keyType.safeParse(name).error?.issues[0]
      if (wrong !== undefined)
        this.problems.error(node.keyPlace, `the name "${shorten(name)}" in ${key} ${wrong.message}`)
      entries.set(name, {
        node,
        entry: checkShape(schema.valueType, node, `${key}.${name}`, this.problems)
      })
    }
    this.#entries.set(key, entries)
    return entries
  }

  /** The well-shaped items of a section that is a list. */
  items<K extends KeysOf<z.ZodArray>>(key: K): ReadonlyArray<{ node: YamlNode; entry: ItemOf<K> }> {
    const schema = unwrap(StrategySchema.shape[key]) as unknown as z.ZodArray<z.ZodType<ItemOf<K>>>
    const items = this.#section(key, 'a list')?.items ?? []
    return items.flatMap((node, i) => {
      const entry = checkShape(schema.element, node, `${key}.${i}`, this.problems)
      return entry === undefined ? [] : [{ node, entry }]
    })
  }

  /** A key with one value; undefined where it is absent or its shape is wrong, which is told the first time. */
  value<K extends Key>(key: K): z.output<Shape[K]> | undefined {
    const node = this.node(key)
    if (node === undefined || node.refused) return undefined
    if (!this.#values.has(key)) {
      const schema = StrategySchema.shape[key] as unknown as z.ZodType<z.output<Shape[K]>>
      this.#values.set(key, checkShape(schema, node, key, this.problems))
    }
    return this.#values.get(key) as z.output<Shape[K]> | undefined
  }

  #section(key: Key, kind: 'a list' | 'a map of names'): YamlNode | undefined {
    const node = this.node(key)
    if (node === undefined || node.value === null) return undefined
    const fits = kind === 'a list' ? node.items : node.entries
    if (fits === undefined) this.problems.error(node.place, `${key} must be ${kind}`)
    return node
  }
}

function unwrap(schema: z.ZodType): z.ZodType {
  return schema.type === 'optional' ? (schema as z.ZodOptional<z.ZodType>).unwrap() : schema
}
