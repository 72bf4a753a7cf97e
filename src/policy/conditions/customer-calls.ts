import type { ASTNode } from '@marcbachmann/cel-js'
import { parseDuration } from '../duration.js'
import { nearest } from '../../domain/nearest.js'
import { textOf } from './literals.js'
import type { Scope } from './names.js'
import { ANY_OFFER, isShared, type Node, SAME_OFFER } from './tree.js'
import { isNumeric, typeName } from './types.js'

export function checkSeen(
  ast: ASTNode,
  [type, which, window]: readonly ASTNode[],
  scope: Scope
): Node | undefined {
  const typeIndex = typeOf(type!, scope)
  const offer = offerOf(which!, scope)
  const windowText = textOf(window!, 'the window', scope)
  const windowMs = windowText === undefined ? undefined : parseDuration(windowText)
  if (windowText !== undefined && windowMs === undefined) {
    scope.report(
      window!,
      `${JSON.stringify(windowText)} is no window; write whole days, hours, minutes or seconds such as "30d", "24h", "90m"`
    )
  }
  if (typeIndex === undefined || offer === undefined || windowMs === undefined) return undefined
  return scope.trees.make(
    { op: 'seen', interaction: typeIndex, offer, windowMs, label: labelOf(ast, scope) },
    'integer'
  )
}

export function checkLastSeen(
  ast: ASTNode,
  [type, which]: readonly ASTNode[],
  scope: Scope
): Node | undefined {
  const typeIndex = typeOf(type!, scope)
  const offer = offerOf(which!, scope)
  if (typeIndex === undefined || offer === undefined) return undefined
  return scope.trees.make(
    { op: 'lastSeen', interaction: typeIndex, offer, label: labelOf(ast, scope) },
    'number'
  )
}

function typeOf(ast: ASTNode, scope: Scope): number | undefined {
  const name = textOf(ast, 'the type', scope)
  const index = name === undefined ? undefined : scope.names.types.get(name)
  if (name !== undefined && index === undefined) {
    scope.report(
      ast,
      `unknown type ${JSON.stringify(name)}; write an interaction type or declare it under events`,
      nearest(name, scope.names.types.keys())
    )
  }
  return index
}

function offerOf(ast: ASTNode, scope: Scope): number | undefined {
  const which = textOf(ast, 'which offer', scope)
  if (which === 'any') return ANY_OFFER
  if (which === 'same' && scope.perOffer) return SAME_OFFER
  const index = which === undefined ? undefined : scope.names.offers.get(which)
  if (which === 'same') {
    scope.report(
      ast,
      '"same" cannot stand here, because one result serves all offers; write "any" or an offer, or move it to an offer, a group or an issue'
    )
  } else if (which !== undefined && index === undefined) {
    scope.report(
      ast,
      `unknown offer ${JSON.stringify(which)}; write "same", "any" or the id of an offer`,
      nearest(which, [...scope.names.offers.keys(), 'same', 'any'])
    )
  }
  return index
}

export function checkTagged(
  ast: ASTNode,
  [path]: readonly ASTNode[],
  scope: Scope
): Node | undefined {
  const text = textOf(path!, 'the tag', scope)
  if (text === undefined) return undefined
  if (!scope.names.tagPaths.has(text)) {
    return scope.report(
      path!,
      `unknown tag ${JSON.stringify(text)}; declare it under tags or correct it`,
      nearest(text, scope.names.tagPaths)
    )
  }
  return scope.trees.make({ op: 'tagged', path: text, label: labelOf(ast, scope) }, 'boolean')
}

/** The position comes from context.lat and context.lon, in degrees; the distance is the great circle's. */
export function checkNear(ast: ASTNode, args: readonly ASTNode[], scope: Scope): Node | undefined {
  const position = ['lat', 'lon']
    .map(name => {
      const named = scope.names.context.get(name)
      return named !== undefined && isNumeric(named.declared.type) && !named.declared.protected
        ? scope.trees.make(
            { op: 'context', slot: named.slot, label: `context.${name}` },
            named.declared.type
          )
        : undefined
    })
    .filter(node => node !== undefined)
  if (position.length < 2)
    return scope.report(
      ast,
      'near() reads context.lat and context.lon; declare both under context as {type: number}'
    )
  const given = args.map(arg => numberOf(arg, scope)).filter(node => node !== undefined)
  if (given.length < 3) return undefined
  return scope.trees.make(
    { op: 'near', args: [...position, ...given], label: labelOf(ast, scope) },
    'boolean'
  )
}

function numberOf(ast: ASTNode, scope: Scope): Node | undefined {
  const node = scope.check(ast)
  if (node === undefined || (isNumeric(node.type) && isShared(node))) return node
  return scope.report(
    ast,
    `near() needs numbers that are the same for all offers, but this is ${isNumeric(node.type) ? 'of one offer' : typeName(node.type)}`
  )
}

export function checkBucket(
  ast: ASTNode,
  [salt]: readonly ASTNode[],
  scope: Scope
): Node | undefined {
  const text = textOf(salt!, 'the salt', scope)
  return text === undefined
    ? undefined
    : scope.trees.make({ op: 'bucket', salt: text, label: labelOf(ast, scope) }, 'number')
}

/** The call as written, its texts in double quotes and its spaces even, so that one call has one label. */
function labelOf(ast: ASTNode, scope: Scope): string {
  const args = ast.op === 'call' ? ast.args[1] : []
  const texts = args.map(arg =>
    arg.op === 'value' && typeof arg.args === 'string'
      ? JSON.stringify(arg.args)
      : scope.source.slice(arg.start, arg.end)
  )
  return `${ast.op === 'call' ? ast.args[0] : ''}(${texts.join(', ')})`
}
