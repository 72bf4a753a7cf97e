import type { ASTNode } from '@marcbachmann/cel-js'
import { nearest } from '../../domain/nearest.js'
import type { Declared } from '../strategy.js'
import type { Factor, Node, NodeType, OfferProperty, Trees } from './tree.js'

/** Everything that conditions may name, in the strategy's order: a name's position is its place in the facts. */
export interface ConditionNames {
  readonly attributes: readonly Declared[]
  readonly context: readonly Declared[]
  readonly segments: readonly string[]
  /** Interaction and behaviour types, in the order of the lexicon. */
  readonly types: readonly string[]
  /** By offer index; the value is undefined where it is an expression. */
  readonly offers: ReadonlyArray<{
    readonly id: string
    readonly group: string
    readonly tags: readonly string[]
    readonly value: number | undefined
  }>
  readonly channels: readonly string[]
  /** Every path of the taxonomy, inner ones included. */
  readonly tagPaths: ReadonlySet<string>
}

/** The names by text, for the checker. */
export interface NameIndex {
  readonly customer: ReadonlyMap<string, Named>
  readonly context: ReadonlyMap<string, Named>
  readonly segment: ReadonlyMap<string, number>
  readonly types: ReadonlyMap<string, number>
  readonly offers: ReadonlyMap<string, number>
  readonly offerIds: ReadonlySet<string>
  readonly groups: ReadonlySet<string>
  readonly tagPaths: ReadonlySet<string>
}

interface Named {
  readonly slot: number
  readonly declared: Declared
  readonly values: ReadonlySet<string> | undefined
}

/** What one source text is checked against, and where its problems go. */
export interface Scope {
  readonly source: string
  readonly names: NameIndex
  readonly trees: Trees
  /** Whether offer.* and "same" may stand here. */
  readonly perOffer: boolean
  /** Whether p, c, v and l may stand here. */
  readonly factors: boolean
  /** Notes a problem at a node, with the valid name that was most likely meant; undefined, so that a checker can return it. */
  report(at: { readonly start: number }, message: string, hint?: string): Node | undefined
  /** Checks a node below; undefined where a problem was reported. */
  check(ast: ASTNode): Node | undefined
}

export function indexNames(names: ConditionNames): NameIndex {
  const declared = (list: readonly Declared[]): Map<string, Named> =>
    new Map(
      list.map((one, slot) => {
        return [one.name, { slot, declared: one, values: one.values && new Set(one.values) }]
      })
    )
  const positions = (list: readonly string[]): Map<string, number> =>
    new Map(list.map((name, slot) => [name, slot]))
  return {
    customer: declared(names.attributes),
    context: declared(names.context),
    segment: positions(names.segments),
    types: positions(names.types),
    offers: positions(names.offers.map(offer => offer.id)),
    offerIds: new Set(names.offers.map(offer => offer.id)),
    groups: new Set(names.offers.map(offer => offer.group)),
    tagPaths: names.tagPaths
  }
}

const FACTORS: ReadonlySet<string> = new Set<Factor>(['p', 'c', 'v', 'l'])
const OFFER_TYPES: ReadonlyMap<string, NodeType> = new Map<OfferProperty, NodeType>([
  ['id', 'string'],
  ['group', 'string'],
  ['value', 'number'],
  ['tags', 'tags']
])
const ROOTS = ['customer', 'context', 'segment', 'offer']

/** A name standing alone: now, or a factor in an arbitration formula. */
export function checkIdentifier(ast: ASTNode, name: string, scope: Scope): Node | undefined {
  if (name === 'now') return scope.trees.make({ op: 'now' }, 'timestamp')
  if (scope.factors && FACTORS.has(name))
    return scope.trees.make({ op: 'factor', name: name as Factor }, 'number')
  if (ROOTS.includes(name))
    return scope.report(ast, `${name} needs a name after it, such as ${exampleOf(name, scope)}`)
  const qualified = ROOTS.map(root => `${root}.${name}`).find(text =>
    namesBelow(text.split('.')[0]!, scope).includes(name)
  )
  const hint = qualified ?? nearest(name, [...ROOTS, 'now', ...(scope.factors ? FACTORS : [])])
  return scope.report(
    ast,
    `unknown name ${name}; conditions know ${scope.factors ? 'p, c, v, l, ' : ''}customer.*, context.*, segment.*, offer.* and now`,
    hint
  )
}

/** root.name, or root["name"] for names that are no identifiers. */
export function checkMember(
  ast: ASTNode,
  root: ASTNode,
  name: string,
  scope: Scope
): Node | undefined {
  if (root.op !== 'id')
    return scope.report(
      ast,
      `${name} cannot stand after this; only customer, context, segment and offer have names below them`
    )
  const label = scope.source.slice(ast.start, ast.end)
  switch (root.args) {
    case 'customer':
    case 'context':
      return checkDeclared(ast, root.args, name, scope)
    case 'segment': {
      const slot = scope.names.segment.get(name)
      return slot === undefined
        ? unknown(ast, 'segment', name, scope)
        : scope.trees.make({ op: 'segment', slot, label }, 'boolean')
    }
    case 'offer': {
      const type = OFFER_TYPES.get(name)
      if (type === undefined) return unknown(ast, 'offer', name, scope)
      if (!scope.perOffer)
        return scope.report(
          ast,
          `offer.${name} cannot stand here, because one result serves all offers; move it to an offer, a group or an issue`
        )
      return scope.trees.make({ op: 'offer', property: name as OfferProperty }, type)
    }
    default:
      return scope.report(
        root,
        `unknown name ${root.args}; names stand below customer, context, segment and offer`,
        nearest(root.args, ROOTS)
      )
  }
}

/** The texts that a node can give, where its declaration lists them. */
export function valuesOf(node: Node, names: NameIndex): ReadonlySet<string> | undefined {
  switch (node.op) {
    case 'attribute':
      return names.customer.get(nameOf(node.label))?.values
    case 'context':
      return names.context.get(nameOf(node.label))?.values
    case 'offer':
      return node.property === 'id'
        ? names.offerIds
        : node.property === 'group'
          ? names.groups
          : undefined
    default:
      return undefined
  }
}

function nameOf(label: string): string {
  return label.slice(label.indexOf('.') + 1)
}

function checkDeclared(
  ast: ASTNode,
  root: 'customer' | 'context',
  name: string,
  scope: Scope
): Node | undefined {
  const named = scope.names[root].get(name)
  if (named === undefined) return unknown(ast, root, name, scope)
  if (named.declared.protected) {
    return scope.report(
      ast,
      `${root}.${name} is protected: it must not stand in a condition, a value or a model; take it out or use a fact that is not protected`
    )
  }
  return scope.trees.make(
    {
      op: root === 'customer' ? 'attribute' : 'context',
      slot: named.slot,
      label: `${root}.${name}`
    },
    named.declared.type
  )
}

function unknown(ast: ASTNode, root: string, name: string, scope: Scope): Node | undefined {
  const known = namesBelow(root, scope)
  const near = nearest(name, known) ?? (known.length === 1 ? known[0] : undefined)
  const place =
    root === 'customer'
      ? 'attributes'
      : root === 'offer'
        ? 'an offer in conditions'
        : `${root}${root === 'segment' ? 's' : ''}`
  const what =
    root === 'offer'
      ? `an offer has no ${name}; conditions know offer.${known.join(', offer.')}`
      : `unknown name ${root}.${name}; declare it under ${place} or correct it`
  return scope.report(ast, what, near === undefined ? undefined : `${root}.${near}`)
}

function namesBelow(root: string, scope: Scope): readonly string[] {
  switch (root) {
    case 'customer':
    case 'context':
      return [...scope.names[root].values()]
        .filter(one => !one.declared.protected)
        .map(one => one.declared.name)
    case 'segment':
      return [...scope.names.segment.keys()]
    case 'offer':
      return [...OFFER_TYPES.keys()]
    default:
      return []
  }
}

function exampleOf(root: string, scope: Scope): string {
  return `${root}.${namesBelow(root, scope)[0] ?? 'name'}`
}
