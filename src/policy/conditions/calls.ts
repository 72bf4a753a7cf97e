import type { ASTNode } from '@marcbachmann/cel-js'
import { nearest } from '../../domain/nearest.js'
import { checkBucket, checkLastSeen, checkNear, checkSeen, checkTagged } from './customer-calls.js'
import { checkDuration, checkTimestamp } from './literals.js'
import type { Scope } from './names.js'
import type { Node, Operator } from './tree.js'
import { isList, typeName } from './types.js'

type Check = (ast: ASTNode, args: readonly ASTNode[], scope: Scope) => Node | undefined

/** How each function is written, for the sentence about a wrong call, and how it is checked. */
const FUNCTIONS: ReadonlyMap<
  string,
  { readonly form: string; readonly arity: number; readonly check: Check }
> = new Map([
  ['has', { form: 'has(customer.name)', arity: 1, check: checkHas }],
  [
    'seen',
    { form: 'seen("click", "same" or "any" or an offer, "30d")', arity: 3, check: checkSeen }
  ],
  [
    'lastSeen',
    { form: 'lastSeen("click", "same" or "any" or an offer)', arity: 2, check: checkLastSeen }
  ],
  ['tagged', { form: 'tagged("a/path")', arity: 1, check: checkTagged }],
  ['near', { form: 'near(latitude, longitude, kilometres)', arity: 3, check: checkNear }],
  ['bucket', { form: 'bucket("salt")', arity: 1, check: checkBucket }],
  ['size', { form: 'size(list or text)', arity: 1, check: checkSize }],
  ['timestamp', { form: 'timestamp("2026-03-01T10:00:00Z")', arity: 1, check: checkTimestamp }],
  ['duration', { form: 'duration("7d")', arity: 1, check: checkDuration }]
])

const TEXT_TESTS: ReadonlySet<string> = new Set<Operator>(['startsWith', 'endsWith', 'contains'])
const WHOLE_UNITS_MS: ReadonlyMap<string, number> = new Map([
  ['getHours', 3_600_000],
  ['getMinutes', 60_000],
  ['getSeconds', 1000]
])

/** name(args) */
export function checkCall(
  ast: ASTNode,
  name: string,
  args: readonly ASTNode[],
  scope: Scope
): Node | undefined {
  const known = FUNCTIONS.get(name)
  if (known === undefined) {
    return scope.report(
      ast,
      `unknown function ${name}; conditions know ${[...FUNCTIONS.keys()].join(', ')}`,
      nearest(name, FUNCTIONS.keys())
    )
  }
  if (args.length !== known.arity) return scope.report(ast, `${name} is written ${known.form}`)
  return known.check(ast, args, scope)
}

/** receiver.name(args) */
export function checkMethod(
  ast: ASTNode,
  name: string,
  receiver: ASTNode,
  args: readonly ASTNode[],
  scope: Scope
): Node | undefined {
  if (name === 'size' && args.length === 0) return checkSize(ast, [receiver], scope)
  if (TEXT_TESTS.has(name) && args.length === 1)
    return checkTextTest(name as 'startsWith', receiver, args[0]!, scope)
  const unitMs = WHOLE_UNITS_MS.get(name)
  if (unitMs !== undefined && args.length === 0) return checkWhole(receiver, unitMs, name, scope)
  if (name === 'matches')
    return scope.report(
      ast,
      'matches() is not offered, because a pattern can take unbounded time; use startsWith, endsWith, contains or in'
    )
  const methods = [...TEXT_TESTS, 'size', ...WHOLE_UNITS_MS.keys()]
  return scope.report(
    ast,
    `unknown method ${name}, or wrong arguments; conditions know x.startsWith("…"), x.endsWith("…"), x.contains("…"), x.size() and, of a duration, ${[...WHOLE_UNITS_MS.keys()].join('(), ')}()`,
    nearest(name, methods)
  )
}

function checkHas(ast: ASTNode, [arg]: readonly ASTNode[], scope: Scope): Node | undefined {
  if (arg?.op !== '.' && arg?.op !== '[]')
    return scope.report(ast, 'has() needs one name, as in has(customer.age)')
  const node = scope.check(arg)
  if (node === undefined) return undefined
  if (node.op !== 'attribute' && node.op !== 'context')
    return scope.report(arg, 'only customer.* and context.* can be missing; leave has() out')
  return scope.trees.make({ op: 'has', args: [node] }, 'boolean')
}

function checkSize(ast: ASTNode, [of]: readonly ASTNode[], scope: Scope): Node | undefined {
  const node = scope.check(of!)
  if (node === undefined) return undefined
  if (node.type !== 'string' && !isList(node.type))
    return scope.report(ast, `size() needs a list or a text, but this is ${typeName(node.type)}`)
  return scope.trees.make({ op: 'size', args: [node] }, 'integer')
}

function checkTextTest(
  name: 'startsWith' | 'endsWith' | 'contains',
  receiver: ASTNode,
  arg: ASTNode,
  scope: Scope
): Node | undefined {
  const [text, part] = [scope.check(receiver), scope.check(arg)]
  if (text === undefined || part === undefined) return undefined
  if (isList(text.type))
    return scope.report(
      receiver,
      `${name} is asked of a text; ask for a list member with in, as in "gold_card" in customer.products`
    )
  const wrong = text.type !== 'string' ? text : part.type !== 'string' ? part : undefined
  if (wrong !== undefined)
    return scope.report(
      wrong === text ? receiver : arg,
      `${name} needs texts, but this is ${typeName(wrong.type)}`
    )
  return scope.trees.make({ op: name, args: [text, part] }, 'boolean')
}

function checkWhole(
  receiver: ASTNode,
  unitMs: number,
  name: string,
  scope: Scope
): Node | undefined {
  const node = scope.check(receiver)
  if (node === undefined) return undefined
  if (node.type !== 'duration')
    return scope.report(
      receiver,
      `${name}() is asked of a duration, as in (now - customer.since).${name}(), but this is ${typeName(node.type)}`
    )
  return scope.trees.make({ op: 'whole', args: [node], unitMs }, 'integer')
}
