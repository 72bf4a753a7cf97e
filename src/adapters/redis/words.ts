import type { Lexicon } from '../../domain/customer.js'
import { NO_INDEX } from '../../domain/history.js'
import type { Name, NameKind, Names } from './names.js'

/** A lexicon in the numbers of the registry: for each kind, position in the lexicon by number. */
export interface WordTables {
  readonly lexicon: Lexicon
  readonly attributes: Int32Array
  readonly purposes: Int32Array
  readonly types: Int32Array
  readonly offers: Int32Array
  readonly channels: Int32Array
}

const LISTS = {
  attributes: 'attribute',
  purposes: 'purpose',
  types: 'type',
  offers: 'offer',
  channels: 'channel'
} as const satisfies Record<string, NameKind>
type List = keyof typeof LISTS

/** The tables of the lexicons in use. A lexicon's words are registered when it is first met, and have their numbers from then on. */
export class Words {
  readonly #names: Names
  #tables = new WeakMap<Lexicon, WordTables>()
  #forReading = new WeakMap<Lexicon, WordTables>()
  #generation = 0
  readonly #registering = new Map<Lexicon, Promise<WordTables>>()
  /** How long a namespace's customers live without being used, as the lexicon met last says; writes without a lexicon go by it. */
  retentionMs: Readonly<Record<string, number>> = {}
  /** The namespaces of the same lexicon. */
  namespaces: readonly string[] = []

  constructor(names: Names) {
    this.#names = names
  }

  /** The tables of a lexicon met before; undefined for a new one, which `of` registers. */
  known(lexicon: Lexicon): WordTables | undefined {
    if (this.#generation !== this.#names.generation) {
      this.#generation = this.#names.generation
      this.#tables = new WeakMap()
      this.#forReading = new WeakMap()
    }
    return this.#tables.get(lexicon)
  }

  /** Rejects with StoreUnavailable. Loads that meet a new lexicon at the same time register it once. */
  async of(lexicon: Lexicon): Promise<WordTables> {
    const known = this.known(lexicon)
    if (known !== undefined) return known
    const begun = this.#registering.get(lexicon) ?? this.#register(lexicon)
    this.#registering.set(lexicon, begun)
    try {
      return await begun
    } finally {
      this.#registering.delete(lexicon)
    }
  }

  /** The tables of a lexicon that only reads, such as an archived strategy's: writes do not go by it. Rejects with StoreUnavailable. */
  async forReading(lexicon: Lexicon): Promise<WordTables> {
    const known = this.known(lexicon) ?? this.#forReading.get(lexicon)
    if (known !== undefined) return known
    const tables = await this.#number(lexicon)
    this.#forReading.set(lexicon, tables)
    return tables
  }

  async #number(lexicon: Lexicon): Promise<WordTables> {
    const names = Object.entries(LISTS).flatMap(([list, kind]) =>
      lexicon[list as List].map((name): Name => [kind, name])
    )
    await this.#names.register(names)
    return this.#build(lexicon)
  }

  async #register(lexicon: Lexicon): Promise<WordTables> {
    const tables = await this.#number(lexicon)
    this.#tables.set(lexicon, tables)
    this.retentionMs = lexicon.retentionMs
    this.namespaces = lexicon.namespaces
    return tables
  }

  #build(lexicon: Lexicon): WordTables {
    const table = (list: List) => {
      const numbers = lexicon[list].map(name => this.#names.numberOf(LISTS[list], name))
      const positions = new Int32Array(Math.max(0, ...numbers) + 1).fill(NO_INDEX)
      numbers.forEach((number, position) => {
        positions[number] = position
      })
      return positions
    }
    return {
      lexicon,
      attributes: table('attributes'),
      purposes: table('purposes'),
      types: table('types'),
      offers: table('offers'),
      channels: table('channels')
    }
  }
}

/** The position of a number in a table; NO_INDEX where the lexicon has no such word. */
export function positionOf(table: Int32Array, number: number): number {
  return number < table.length ? table[number]! : NO_INDEX
}
