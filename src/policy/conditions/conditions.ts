import type { Facts, Tri } from '../facts.js'
import type {
  CompileFeature,
  Condition,
  Expression,
  Formula,
  Place,
  Problem,
  Program,
  Read,
  ValueType
} from '../strategy.js'
import { checkNode } from './check.js'
import type { Holds, Priority, Value } from './functions.js'
import { indexNames, type ConditionNames, type NameIndex, type Scope } from './names.js'
import { parseSource, placeAt } from './parse.js'
import { ProgramBuilder } from './program.js'
import { readsOf } from './reads.js'
import { sortSegments } from './segments.js'
import { isShared, NEEDS_OFFER, Trees, type Node } from './tree.js'
import { isNumeric, typeName } from './types.js'

export type { ConditionNames } from './names.js'

/** Where a source may ask about the offer at hand: offer.*, and "same" in seen() and lastSeen(). */
interface Asking {
  readonly perOffer: boolean
}

/** The conditions of one strategy: add them all, then finish; what was returned before can be asked after that. */
export interface Conditions {
  segment(name: string, source: string, place: Place): Condition | Problem[]
  condition(source: string, place: Place, asking: Asking): Condition | Problem[]
  /** A number, such as an offer's value. */
  number(source: string, place: Place, asking: Asking): Expression | Problem[]
  /** A number over p, c, v, l and everything that conditions know. */
  formula(source: string, place: Place): Formula | Problem[]
  /** One column of a model's input; asked for after finish(). */
  readonly feature: CompileFeature
  /** Generates the code of all that was added; problems where segments need each other in a circle. */
  finish(): Program | Problem[]
}

/** Compiles the condition language, a CEL subset, against the names of one strategy. */
export function createConditions(names: ConditionNames): Conditions {
  return new ConditionCompiler(names)
}

class ConditionCompiler implements Conditions {
  readonly #names: NameIndex
  readonly #segmentNames: readonly string[]
  readonly #trees = new Trees()
  readonly #builder: ProgramBuilder
  readonly #segmentPlaces: Place[] = []

  constructor(names: ConditionNames) {
    this.#names = indexNames(names)
    this.#segmentNames = names.segments
    this.#builder = new ProgramBuilder(names)
  }

  segment(name: string, source: string, place: Place): Condition | Problem[] {
    const index = this.#names.segment.get(name)
    if (index === undefined)
      throw new Error(`segment ${name} is not among the names that conditions were created with`)
    const node = this.#truth(source, place, false)
    if (Array.isArray(node)) return node
    this.#segmentPlaces[index] = place
    this.#builder.setSegment(index, node)
    return new SharedCondition(source, place, index, readsOf(node, this.#builder))
  }

  condition(source: string, place: Place, { perOffer }: Asking): Condition | Problem[] {
    const node = this.#truth(source, place, perOffer)
    if (Array.isArray(node)) return node
    const reads = readsOf(node, this.#builder)
    if (isShared(node)) return new SharedCondition(source, place, this.#builder.testOf(node), reads)
    const condition = new OfferCondition(source, place, reads)
    this.#builder.addHolds(node, holds => {
      condition.holds = holds
    })
    return condition
  }

  number(source: string, place: Place, { perOffer }: Asking): Expression | Problem[] {
    const node = this.#check(source, place, { perOffer, factors: false })
    if (Array.isArray(node)) return node
    if (!isNumeric(node.type))
      return [problem(place, `a number is needed here, but this gives ${typeName(node.type)}`)]
    return this.#expression(node, source, place)
  }

  formula(source: string, place: Place): Formula | Problem[] {
    const node = this.#check(source, place, { perOffer: true, factors: true })
    if (Array.isArray(node)) return node
    if (!isNumeric(node.type))
      return [
        problem(
          place,
          `the formula must give a number, such as p * c * v * l, but this gives ${typeName(node.type)}`
        )
      ]
    const formula = new CompiledFormula(source, place, readsOf(node, this.#builder))
    this.#builder.addPriority(node, priority => {
      formula.priority = priority
    })
    return formula
  }

  readonly feature: CompileFeature = (source, place) => {
    const node = this.#check(source, place, { perOffer: true, factors: false })
    if (Array.isArray(node)) return node
    const remedy = REMEDIES.get(node.type)
    if (remedy !== undefined)
      return [problem(place, `a model cannot take ${typeName(node.type)}; ${remedy}`)]
    return this.#expression(node, source, place)
  }

  finish(): Program | Problem[] {
    const sorted = sortSegments(this.#builder.segments)
    if (sorted.cycles.length === 0) return this.#builder.finish(sorted.order)
    return sorted.cycles.map(cycle => {
      const path = [...cycle, cycle[0]!].map(index => this.#segmentNames[index]).join(' → ')
      return problem(
        this.#segmentPlaces[cycle[0]!]!,
        `segments need each other in a circle: ${path}; take one of them out of the other's condition`
      )
    })
  }

  #expression(node: Node, source: string, place: Place): Expression {
    const expression = new CompiledExpression(source, place, node, readsOf(node, this.#builder))
    this.#builder.addValue(node, value => {
      expression.value = value
    })
    return expression
  }

  #truth(source: string, place: Place, perOffer: boolean): Node | Problem[] {
    const node = this.#check(source, place, { perOffer, factors: false })
    if (Array.isArray(node) || node.type === 'boolean') return node
    return [
      problem(
        place,
        `a condition must be true or false, but this gives ${typeName(node.type)}; compare it with something`
      )
    ]
  }

  #check(
    source: string,
    place: Place,
    allowed: { readonly perOffer: boolean; readonly factors: boolean }
  ): Node | Problem[] {
    const parsed = parseSource(source)
    if (!('ast' in parsed)) return [problem(placeAt(place, source, parsed.offset), parsed.message)]
    const problems: Problem[] = []
    const scope: Scope = {
      ...allowed,
      source,
      names: this.#names,
      trees: this.#trees,
      report: (at, message, hint) => {
        problems.push(problem(placeAt(place, source, at.start), message, hint))
        return undefined
      },
      check: ast => checkNode(ast, scope)
    }
    const node = checkNode(parsed.ast, scope)
    if (problems.length > 0) return problems
    if (node === undefined) throw new Error(`the condition ${source} was refused without a problem`)
    return node
  }
}

/** What to write instead of a result that no tensor can hold. */
const REMEDIES: ReadonlyMap<Node['type'], string> = new Map([
  ['list<string>', 'write size(list) or "member" in list'],
  ['list<number>', 'write size(list) or 1 in list'],
  ['tags', 'write "a/path" in offer.tags or size(offer.tags)'],
  ['timestamp', 'write (now - time).getHours() or compare it'],
  ['duration', 'write duration.getHours() or compare it']
])

/** A condition whose result is found once a decision. */
class SharedCondition implements Condition {
  constructor(
    readonly source: string,
    readonly place: Place,
    readonly test: number,
    readonly reads: readonly Read[]
  ) {}

  holds(facts: Facts): Tri {
    return facts.tests[this.test] as Tri
  }
}

/** A condition that is asked for each offer. */
class OfferCondition implements Condition {
  readonly test = -1
  holds: Holds = notFinished

  constructor(
    readonly source: string,
    readonly place: Place,
    readonly reads: readonly Read[]
  ) {}
}

class CompiledExpression implements Expression {
  readonly type: ValueType
  readonly perOffer: boolean
  value: Value = notFinished

  constructor(
    readonly source: string,
    readonly place: Place,
    node: Node,
    readonly reads: readonly Read[]
  ) {
    this.type = node.type as ValueType
    this.perOffer = (node.needs & NEEDS_OFFER) !== 0
  }
}

class CompiledFormula implements Formula {
  priority: Priority = notFinished

  constructor(
    readonly source: string,
    readonly place: Place,
    readonly reads: readonly Read[]
  ) {}
}

function notFinished(): never {
  throw new Error('conditions can be asked after finish() only')
}

function problem(place: Place, message: string, hint?: string): Problem {
  return {
    file: place.file,
    line: place.line,
    column: place.column,
    message,
    hint,
    severity: 'error'
  }
}
