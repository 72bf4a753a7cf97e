import type { Place } from './strategy.js'

/** A text and where its lines begin. */
export class Text {
  readonly file: string
  readonly text: string
  readonly #starts: number[]

  constructor(file: string, text: string) {
    this.file = file
    this.text = text
    this.#starts = [0]
    for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1))
      this.#starts.push(at + 1)
  }

  placeAt(offset: number): Place {
    let low = 0
    let high = this.#starts.length
    while (high - low > 1) {
      const middle = (low + high) >>> 1
      if (this.#starts[middle]! <= offset) low = middle
      else high = middle
    }
    return { file: this.file, line: low + 1, column: offset - this.#starts[low]! + 1 }
  }
}

/** One value of a YAML file with its place: a scalar, a list (`items`) or a map (`entries`). */
export class YamlNode {
  /** Plain data: scalars, arrays and objects without a prototype. */
  readonly value: unknown
  /** Of a map, in the order of the file. */
  readonly entries: ReadonlyMap<string, YamlNode> | undefined
  readonly items: readonly YamlNode[] | undefined
  /** True where something was refused already, so that nothing more needs to be said about it. */
  readonly refused: boolean
  readonly #text: Text
  readonly #offset: number
  readonly #keyOffset: number
  readonly #contentOffset: number

  constructor(
    text: Text,
    offsets: { own: number; key?: number; content?: number },
    content: Content
  ) {
    this.#text = text
    this.#offset = offsets.own
    this.#keyOffset = offsets.key ?? offsets.own
    this.#contentOffset = offsets.content ?? offsets.own
    this.value = content.value
    this.entries = content.entries
    this.items = content.items
    this.refused = content.refused ?? false
  }

  /** Where the value starts. */
  get place(): Place {
    return this.#text.placeAt(this.#offset)
  }

  /** Where the key of this map entry starts; of other nodes the value's place. */
  get keyPlace(): Place {
    return this.#text.placeAt(this.#keyOffset)
  }

  /** Where the text of a string starts: behind the quote, or on the first line of a block. */
  get textPlace(): Place {
    return this.#text.placeAt(this.#contentOffset)
  }

  /** The node at a path of keys and positions, or undefined where there is none. */
  at(...path: ReadonlyArray<PropertyKey>): YamlNode | undefined {
    const [step, ...rest] = path
    if (step === undefined) return this
    const child = typeof step === 'number' ? this.items?.[step] : this.entries?.get(String(step))
    return child?.at(...rest)
  }

  /** A map made of entries of several maps; its own place is this node's. */
  withEntries(entries: ReadonlyMap<string, YamlNode>): YamlNode {
    return this.#with({ value: objectOf(entries), entries, items: undefined })
  }

  /** A list made of items of several lists; its own place is this node's. */
  withItems(items: readonly YamlNode[]): YamlNode {
    return this.#with({ value: items.map(item => item.value), entries: undefined, items })
  }

  #with(content: Content): YamlNode {
    return new YamlNode(
      this.#text,
      { own: this.#offset, key: this.#keyOffset, content: this.#contentOffset },
      content
    )
  }
}

/** What a node holds: a scalar's value, or the nodes of a map or a list with their plain data. */
export interface Content {
  readonly value: unknown
  readonly entries: ReadonlyMap<string, YamlNode> | undefined
  readonly items: readonly YamlNode[] | undefined
  readonly refused?: boolean
}

/** The plain data of a map: an object without a prototype, so that no name means anything of its own. */
export function objectOf(entries: ReadonlyMap<string, YamlNode>): Record<string, unknown> {
  const object = Object.create(null) as Record<string, unknown>
  for (const [name, node] of entries) object[name] = node.value
  return object
}
