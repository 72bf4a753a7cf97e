import type { Problems } from './problems.js'
import type { YamlNode } from './yaml-node.js'

/** The declared names of one kind, such as groups; whoever mentions another name is told. */
export class Register {
  readonly names: ReadonlySet<string>
  readonly #what: string
  readonly #problems: Problems | undefined

  /** Without `problems` unknown names are not told: some file is broken, and they may be declared there. */
  constructor(what: string, names: Iterable<string>, problems: Problems | undefined) {
    this.#what = what
    this.names = new Set(names)
    this.#problems = problems
  }

  /** Whether a name is declared; if not, a problem is told where it is mentioned: as a value or as a key. */
  check(name: string, mention: YamlNode | undefined, as: 'place' | 'keyPlace' = 'place'): boolean {
    if (this.names.has(name)) return true
    if (mention !== undefined) this.#problems?.unknown(mention[as], this.#what, name, this.names)
    return false
  }
}
