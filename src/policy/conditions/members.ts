import type { ASTNode } from '@marcbachmann/cel-js'
import { nearest } from '../../domain/nearest.js'
import { valuesOf, type Scope } from './names.js'
import type { Node } from './tree.js'
import { isList, isNumeric, typeName } from './types.js'

/** a == b for two values of one kind. A text that can never be equal, because a list of values leaves it out, is a problem. */
export function checkEqual(ast: ASTNode, a: Node, b: Node, scope: Scope): Node | undefined {
  if (isList(a.type) || isList(b.type))
    return scope.report(
      ast,
      'lists cannot be compared; ask for a member, as in "gold_card" in customer.products'
    )
  if (a.type !== b.type && !(isNumeric(a.type) && isNumeric(b.type))) {
    const hint =
      a.type === 'timestamp' || b.type === 'timestamp'
        ? '; write a point in time as timestamp("2026-03-01T10:00:00Z")'
        : ''
    return scope.report(ast, `${typeName(a.type)} and ${typeName(b.type)} are never equal${hint}`)
  }
  if (!isPossible(ast, a, b, scope) || !isPossible(ast, b, a, scope)) return undefined
  return equal(a, b, scope)
}

/** x in [..], x in a list, path in offer.tags. */
export function checkIn(
  ast: ASTNode,
  left: ASTNode,
  right: ASTNode,
  scope: Scope
): Node | undefined {
  const x = scope.check(left)
  if (right.op === 'list') return checkOneOf(ast, x, right.args, scope)
  const list = scope.check(right)
  if (x === undefined || list === undefined) return undefined
  if (!isList(list.type))
    return scope.report(right, `in needs a list on its right, but this is ${typeName(list.type)}`)
  const fits = list.type === 'list<number>' ? isNumeric(x.type) : x.type === 'string'
  if (!fits) return scope.report(left, `${typeName(x.type)} is never in ${typeName(list.type)}`)
  if (!isPossible(left, list, x, scope) || (list.type === 'tags' && !isTag(left, x, scope)))
    return undefined
  return scope.trees.make({ op: 'member', args: [numberOf(x, scope), list] }, 'boolean')
}

/** Literals become one membership test; other members are compared one by one. */
function checkOneOf(
  ast: ASTNode,
  x: Node | undefined,
  elements: readonly ASTNode[],
  scope: Scope
): Node | undefined {
  if (elements.length === 0)
    return scope.report(ast, 'nothing is in an empty list; name what may be in it')
  const members = elements.map(element => {
    const member = scope.check(element)
    return x !== undefined &&
      member !== undefined &&
      checkEqual(element, x, member, scope) !== undefined
      ? member
      : undefined
  })
  const nodes = members.filter(member => member !== undefined)
  if (x === undefined || nodes.length < members.length) return undefined
  const values = nodes.flatMap(member => (member.op === 'const' ? [member.value] : []))
  const tests = nodes.filter(member => member.op !== 'const').map(member => equal(x, member, scope))
  if (values.length > 0)
    tests.unshift(
      scope.trees.make({ op: 'oneOf', args: [x], values: [...new Set(values)] }, 'boolean')
    )
  return tests.length === 1 ? tests[0] : scope.trees.make({ op: 'or', args: tests }, 'boolean')
}

/** Operands in one order, so that a == b and b == a are one test. */
function equal(a: Node, b: Node, scope: Scope): Node {
  const [left, right] = [numberOf(a, scope), numberOf(b, scope)]
  const swap = left.op === 'const' || (right.op !== 'const' && left.id > right.id)
  return scope.trees.make({ op: 'eq', args: swap ? [right, left] : [left, right] }, 'boolean')
}

function numberOf(node: Node, scope: Scope): Node {
  return node.op === 'const' && node.type === 'integer'
    ? scope.trees.make({ op: 'const', value: node.value }, 'number')
    : node
}

/** Whether a literal can be a value of what it is compared with: one of the declared values, an offer's id, a group. */
function isPossible(at: ASTNode, owner: Node, literal: Node, scope: Scope): boolean {
  if (literal.op !== 'const' || typeof literal.value !== 'string') return true
  const values = valuesOf(owner, scope.names)
  if (values === undefined || values.has(literal.value)) return true
  const shown = [...values]
    .slice(0, 10)
    .map(value => JSON.stringify(value))
    .join(', ')
  const label =
    owner.op === 'offer' ? `offer.${owner.property}` : 'label' in owner ? owner.label : 'this'
  scope.report(
    literalAt(at, literal.value),
    `${label} is never ${JSON.stringify(literal.value)}; it has ${shown}${values.size > 10 ? '…' : ''}`,
    nearest(literal.value, values)
  )
  return false
}

function isTag(at: ASTNode, path: Node, scope: Scope): boolean {
  if (path.op !== 'const' || scope.names.tagPaths.has(String(path.value))) return true
  scope.report(
    at,
    `unknown tag ${JSON.stringify(path.value)}; declare it under tags or correct it`,
    nearest(String(path.value), scope.names.tagPaths)
  )
  return false
}

/** The literal itself where it stands directly below, else the whole comparison. */
function literalAt(at: ASTNode, value: string): ASTNode {
  const below: readonly unknown[] = Array.isArray(at.args) ? at.args : []
  const found = below.find(
    (one): one is ASTNode =>
      typeof one === 'object' &&
      one !== null &&
      'op' in one &&
      one.op === 'value' &&
      'args' in one &&
      one.args === value
  )
  return found ?? at
}
