import type { Conditions } from './conditions/conditions.js'
import type { Problems } from './problems.js'
import type { Condition, Expression, Formula, Problem, Program } from './strategy.js'
import type { YamlNode } from './yaml-node.js'

/** Compiles what the files say in the condition language, each text at its own place. */
export class ConditionReader {
  readonly conditions: Conditions
  readonly problems: Problems | undefined
  readonly #doubtful: ReadonlySet<string>

  /**
   * `doubtful`: names whose own declaration is wrong; what reads them is not blamed for it.
   * Without `problems` nothing is told: some file is broken, and what conditions read may be declared there.
   */
  constructor(conditions: Conditions, doubtful: readonly string[], problems: Problems | undefined) {
    this.conditions = conditions
    this.problems = problems
    this.#doubtful = new Set(doubtful)
  }

  segment(name: string, node: YamlNode): Condition | undefined {
    return this.#found<Condition>(
      node,
      this.conditions.segment(name, sourceOf(node), node.textPlace)
    )
  }

  condition(
    node: YamlNode,
    scope: { perOffer: boolean } = { perOffer: true }
  ): Condition | undefined {
    return this.#found<Condition>(
      node,
      this.conditions.condition(sourceOf(node), node.textPlace, scope)
    )
  }

  number(node: YamlNode): Expression | undefined {
    return this.#found<Expression>(
      node,
      this.conditions.number(sourceOf(node), node.textPlace, { perOffer: true })
    )
  }

  formula(node: YamlNode): Formula | undefined {
    return this.#found<Formula>(node, this.conditions.formula(sourceOf(node), node.textPlace))
  }

  /** Whether `from` of a model's input or a feature compiles. */
  feature(node: YamlNode): Expression | undefined {
    return this.#found<Expression>(node, this.conditions.feature(sourceOf(node), node.textPlace))
  }

  /** What all conditions share, once every one of them was read. */
  finish(): Program | undefined {
    const result = this.conditions.finish()
    if (!Array.isArray(result)) return result
    this.problems?.addAll(result)
    return undefined
  }

  #found<T extends { readonly source: string }>(
    node: YamlNode,
    result: T | readonly Problem[]
  ): T | undefined {
    if ('source' in result) return result
    if (!this.#readsDoubtful(sourceOf(node))) this.problems?.addAll(result)
    return undefined
  }

  #readsDoubtful(source: string): boolean {
    if (this.#doubtful.size === 0) return false
    const names = source.matchAll(/\b(customer|context)\s*\.\s*(\w+)/g)
    return [...names].some(([, root = '', name = '']) => this.#doubtful.has(`${root}.${name}`))
  }
}

/** `true` and plain numbers need no quotes in YAML. */
function sourceOf(node: YamlNode): string {
  return String(node.value)
}
