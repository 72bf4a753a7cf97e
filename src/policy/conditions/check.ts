import type { ASTNode, BinaryOperator } from '@marcbachmann/cel-js'
import { checkCall, checkMethod } from './calls.js'
import { checkEqual, checkIn } from './members.js'
import { checkIdentifier, checkMember, type Scope } from './names.js'
import type { Node, NodeType } from './tree.js'
import { constant, isList, isNumeric, typeName } from './types.js'

/**
 * Checks a parsed condition against the declared names and types and turns it into nodes.
 * Numbers and whole numbers mix; `/` always gives a fraction (7 / 2 is 3.5) and nothing when divided by zero;
 * otherwise the meaning is that of CEL. undefined where a problem was reported.
 */
export function checkNode(ast: ASTNode, scope: Scope): Node | undefined {
  switch (ast.op) {
    case 'value':
      return checkLiteral(ast, ast.args, scope)
    case 'id':
      return checkIdentifier(ast, ast.args, scope)
    case '.':
      return checkMember(ast, ast.args[0], ast.args[1], scope)
    case '[]':
      return checkIndex(ast, ast.args, scope)
    case '!_':
      return checkNot(ast.args, scope)
    case '-_':
      return checkMinus(ast.args, scope)
    case '&&':
      return checkLogic(ast, 'and', scope)
    case '||':
      return checkLogic(ast, 'or', scope)
    case '?:':
      return checkIf(ast, ast.args, scope)
    case 'call':
      return checkCall(ast, ast.args[0], ast.args[1], scope)
    case 'rcall':
      return checkMethod(ast, ast.args[0], ast.args[1], ast.args[2], scope)
    case 'list':
      return scope.report(
        ast,
        'a list can only stand to the right of in, as in customer.job in ["admin", "student"]'
      )
    case 'map':
      return scope.report(
        ast,
        'maps are no part of the condition language; write a list or separate comparisons'
      )
    case '.?':
    case '[?]':
      return scope.report(
        ast,
        'optional access is no part of the condition language; use has(customer.name)'
      )
    default:
      return checkBinary(ast, ast.op, ast.args, scope)
  }
}

function checkLiteral(ast: ASTNode, value: unknown, scope: Scope): Node | undefined {
  switch (typeof value) {
    case 'string':
      return constant(value, 'string', scope)
    case 'boolean':
      return constant(value, 'boolean', scope)
    case 'number':
      return constant(value, 'number', scope)
    case 'bigint': {
      if (Number.isSafeInteger(Number(value))) return constant(Number(value), 'integer', scope)
      return scope.report(
        ast,
        `${value} is too large for a whole number; at most 9007199254740991 is exact`
      )
    }
    default:
      if (value === null)
        return scope.report(
          ast,
          'null is no part of the condition language; ask has(customer.name) whether a value is there'
        )
      return scope.report(
        ast,
        'bytes and unsigned numbers are no part of the condition language; write a text or a plain number'
      )
  }
}

function checkIndex(
  ast: ASTNode,
  [root, index]: readonly [ASTNode, ASTNode],
  scope: Scope
): Node | undefined {
  if (index.op === 'value' && typeof index.args === 'string')
    return checkMember(ast, root, index.args, scope)
  return scope.report(
    ast,
    'only a name in quotes can stand in brackets, as in customer["last-visit"]; ask for a list member with in'
  )
}

function checkNot(inner: ASTNode, scope: Scope): Node | undefined {
  const node = truth(inner, scope, '!')
  return node && scope.trees.make({ op: 'not', args: [node] }, 'boolean')
}

function checkMinus(inner: ASTNode, scope: Scope): Node | undefined {
  const node = scope.check(inner)
  if (node === undefined) return undefined
  if (!isNumeric(node.type) && node.type !== 'duration')
    return scope.report(inner, `- needs a number, but this is ${typeName(node.type)}`)
  if (node.op === 'const')
    return scope.trees.make({ op: 'const', value: -Number(node.value) }, node.type)
  return scope.trees.make({ op: 'neg', args: [node] }, node.type)
}

/** Chains of the same operator become one node of many operands. Both sides are checked, so that all problems are told. */
function checkLogic(ast: ASTNode, op: 'and' | 'or', scope: Scope): Node | undefined {
  const word = op === 'and' ? '&&' : '||'
  const args = chainOf(ast, word).map(part => truth(part, scope, word))
  const nodes = args.filter(node => node !== undefined)
  return nodes.length < args.length ? undefined : scope.trees.make({ op, args: nodes }, 'boolean')
}

function chainOf(ast: ASTNode, word: '&&' | '||'): ASTNode[] {
  const parts: ASTNode[] = []
  const open = [ast]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next.op === word) open.push(next.args[1], next.args[0])
    else parts.push(next)
  }
  return parts
}

function checkIf(
  ast: ASTNode,
  [test, yes, no]: readonly [ASTNode, ASTNode, ASTNode],
  scope: Scope
): Node | undefined {
  const condition = truth(test, scope, '? :')
  const [whenTrue, whenFalse] = [scope.check(yes), scope.check(no)]
  if (condition === undefined || whenTrue === undefined || whenFalse === undefined) return undefined
  const type = commonType(whenTrue.type, whenFalse.type)
  if (type === undefined)
    return scope.report(
      ast,
      `both results of ? : must be alike, but they are ${typeName(whenTrue.type)} and ${typeName(whenFalse.type)}`
    )
  if (isList(type))
    return scope.report(
      ast,
      'the results of ? : cannot be lists; choose between comparisons instead'
    )
  return scope.trees.make({ op: 'if', args: [condition, whenTrue, whenFalse] }, type)
}

function checkBinary(
  ast: ASTNode,
  op: BinaryOperator,
  [left, right]: readonly [ASTNode, ASTNode],
  scope: Scope
): Node | undefined {
  if (op === 'in') return checkIn(ast, left, right, scope)
  const a = scope.check(left)
  const b = scope.check(right)
  if (a === undefined || b === undefined) return undefined
  switch (op) {
    case '==':
      return checkEqual(ast, a, b, scope)
    case '!=': {
      const equal = checkEqual(ast, a, b, scope)
      return equal && scope.trees.make({ op: 'not', args: [equal] }, 'boolean')
    }
    case '<':
      return checkOrder(ast, 'lt', a, b, scope)
    case '<=':
      return checkOrder(ast, 'le', a, b, scope)
    case '>':
      return checkOrder(ast, 'lt', b, a, scope)
    case '>=':
      return checkOrder(ast, 'le', b, a, scope)
    default:
      return checkArithmetic(ast, op, a, b, scope)
  }
}

function checkOrder(
  ast: ASTNode,
  op: 'lt' | 'le',
  a: Node,
  b: Node,
  scope: Scope
): Node | undefined {
  const type = commonType(a.type, b.type)
  if (type === undefined || !ORDERED.has(type)) {
    const hint = [a, b].some(node => node.type === 'timestamp')
      ? '; write a point in time as timestamp("2026-03-01T10:00:00Z")'
      : ''
    return scope.report(
      ast,
      `${typeName(a.type)} and ${typeName(b.type)} cannot be put in order${hint}`
    )
  }
  return scope.trees.make({ op, args: [plain(a, scope), plain(b, scope)] }, 'boolean')
}

const ORDERED: ReadonlySet<NodeType> = new Set<NodeType>([
  'number',
  'integer',
  'string',
  'timestamp',
  'duration'
])
const ARITHMETIC = { '+': 'add', '-': 'sub', '*': 'mul', '/': 'div', '%': 'mod' } as const

function checkArithmetic(
  ast: ASTNode,
  sign: keyof typeof ARITHMETIC,
  a: Node,
  b: Node,
  scope: Scope
): Node | undefined {
  if (sign === '+' && a.type === 'string' && b.type === 'string')
    return scope.trees.make({ op: 'join', args: [a, b] }, 'string')
  const type = arithmeticType(sign, a.type, b.type)
  if (type === undefined)
    return scope.report(ast, `${sign} cannot take ${typeName(a.type)} and ${typeName(b.type)}`)
  return scope.trees.make({ op: ARITHMETIC[sign], args: [plain(a, scope), plain(b, scope)] }, type)
}

function arithmeticType(
  sign: keyof typeof ARITHMETIC,
  a: NodeType,
  b: NodeType
): NodeType | undefined {
  if (isNumeric(a) && isNumeric(b))
    return sign !== '/' && a === 'integer' && b === 'integer' ? 'integer' : 'number'
  if (sign !== '+' && sign !== '-') return undefined
  if (a === 'duration' && b === 'duration') return 'duration'
  if (a === 'timestamp' && b === 'duration') return 'timestamp'
  if (sign === '+' && a === 'duration' && b === 'timestamp') return 'timestamp'
  return sign === '-' && a === 'timestamp' && b === 'timestamp' ? 'duration' : undefined
}

function commonType(a: NodeType, b: NodeType): NodeType | undefined {
  if (a === b) return a
  return isNumeric(a) && isNumeric(b) ? 'number' : undefined
}

/** Inside a comparison 100 and 100.0 are the same, so that both spellings share one test. */
function plain(node: Node, scope: Scope): Node {
  return node.op === 'const' && node.type === 'integer'
    ? scope.trees.make({ op: 'const', value: node.value }, 'number')
    : node
}

function truth(ast: ASTNode, scope: Scope, operator: string): Node | undefined {
  const node = scope.check(ast)
  if (node === undefined || node.type === 'boolean') return node
  return scope.report(
    ast,
    `${operator} needs true or false, but this is ${typeName(node.type)}; compare it with something`
  )
}
