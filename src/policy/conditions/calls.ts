import type { ASTNode } from '@marcbachmann/cel-js'
import { parseDuration } from '../duration.js'
import { nearest } from '../nearest.js'
import type { Scope } from './names.js'
import { ANY_OFFER, SAME_OFFER, type Node, type Operator } from './tree.js'
import { constant, isList, isNumeric, typeName } from './types.js'

type Check = (ast: ASTNode, args: readonly ASTNode[], scope: Scope) => Node | undefined

/** How each function is written, for the sentence about a wrong call, and how it is checked. */
const FUNCTIONS: ReadonlyMap<string, { readonly form: string, readonly arity: number, readonly check: Check }> = new Map([
  ['has', { form: 'has(customer.name)', arity: 1, check: checkHas }],
  ['seen', { form: 'seen("click", "same" or "any" or an offer, "30d")', arity: 3, check: checkSeen }],
  ['lastSeen', { form: 'lastSeen("click", "same" or "any" or an offer)', arity: 2, check: checkLastSeen }],
  ['tagged', { form: 'tagged("a/path")', arity: 1, check: checkTagged }],
  ['near', { form: 'near(latitude, longitude, kilometres)', arity: 3, check: checkNear }],
  ['bucket', { form: 'bucket("salt")', arity: 1, check: checkBucket }],
  ['size', { form: 'size(list or text)', arity: 1, check: (ast, args, scope) => checkSize(ast, args[0]!, scope) }],
  ['timestamp', { form: 'timestamp("2026-03-01T10:00:00Z")', arity: 1, check: checkTimestamp }],
  ['duration', { form: 'duration("7d")', arity: 1, check: checkDuration }]
])

const TEXT_TESTS: ReadonlySet<string> = new Set<Operator>(['startsWith', 'endsWith', 'contains'])
const WHOLE_UNITS_MS: ReadonlyMap<string, number> = new Map([['getHours', 3_600_000], ['getMinutes', 60_000], ['getSeconds', 1000]])

/** name(args) */
export function checkCall (ast: ASTNode, name: string, args: readonly ASTNode[], scope: Scope): Node | undefined {
  const known = FUNCTIONS.get(name)
  if (known === undefined) {
    return scope.report(ast, `unknown function ${name}; conditions know ${[...FUNCTIONS.keys()].join(', ')}`, nearest(name, FUNCTIONS.keys()))
  }
  if (args.length !== known.arity) return scope.report(ast, `${name} is written ${known.form}`)
  return known.check(ast, args, scope)
}

/** receiver.name(args) */
export function checkMethod (ast: ASTNode, name: string, receiver: ASTNode, args: readonly ASTNode[], scope: Scope): Node | undefined {
  if (name === 'size' && args.length === 0) return checkSize(ast, receiver, scope)
  if (TEXT_TESTS.has(name) && args.length === 1) return checkTextTest(name as 'startsWith', receiver, args[0]!, scope)
  const unitMs = WHOLE_UNITS_MS.get(name)
  if (unitMs !== undefined && args.length === 0) return checkWhole(receiver, unitMs, name, scope)
  if (name === 'matches') return scope.report(ast, 'matches() is not offered, because a pattern can take unbounded time; use startsWith, endsWith, contains or in')
  const methods = [...TEXT_TESTS, 'size', ...WHOLE_UNITS_MS.keys()]
  return scope.report(ast, `unknown method ${name}, or wrong arguments; conditions know x.startsWith("…"), x.endsWith("…"), x.contains("…"), x.size() and, of a duration, ${[...WHOLE_UNITS_MS.keys()].join('(), ')}()`, nearest(name, methods))
}

function checkHas (ast: ASTNode, [arg]: readonly ASTNode[], scope: Scope): Node | undefined {
  if (arg?.op !== '.' && arg?.op !== '[]') return scope.report(ast, 'has() needs one name, as in has(customer.age)')
  const node = scope.check(arg)
  if (node === undefined) return undefined
  if (node.op !== 'attribute' && node.op !== 'context') return scope.report(arg, 'only customer.* and context.* can be missing; leave has() out')
  return scope.trees.make({ op: 'has', args: [node] }, 'boolean')
}

function checkSeen (ast: ASTNode, [type, which, window]: readonly ASTNode[], scope: Scope): Node | undefined {
  const typeIndex = typeOf(type!, scope)
  const offer = offerOf(which!, scope)
  const windowText = textOf(window!, 'the window', scope)
  const windowMs = windowText === undefined ? undefined : parseDuration(windowText)
  if (windowText !== undefined && windowMs === undefined) {
    scope.report(window!, `${JSON.stringify(windowText)} is no window; write whole days, hours, minutes or seconds such as "30d", "24h", "90m"`)
  }
  if (typeIndex === undefined || offer === undefined || windowMs === undefined) return undefined
  return scope.trees.make({ op: 'seen', interaction: typeIndex, offer, windowMs, label: labelOf(ast, scope) }, 'integer')
}

function checkLastSeen (ast: ASTNode, [type, which]: readonly ASTNode[], scope: Scope): Node | undefined {
  const typeIndex = typeOf(type!, scope)
  const offer = offerOf(which!, scope)
  if (typeIndex === undefined || offer === undefined) return undefined
  return scope.trees.make({ op: 'lastSeen', interaction: typeIndex, offer, label: labelOf(ast, scope) }, 'number')
}

function typeOf (ast: ASTNode, scope: Scope): number | undefined {
  const name = textOf(ast, 'the type', scope)
  const index = name === undefined ? undefined : scope.names.types.get(name)
  if (name !== undefined && index === undefined) {
    scope.report(ast, `unknown type ${JSON.stringify(name)}; write an interaction type or declare it under events`, nearest(name, scope.names.types.keys()))
  }
  return index
}

function offerOf (ast: ASTNode, scope: Scope): number | undefined {
  const which = textOf(ast, 'which offer', scope)
  if (which === 'any') return ANY_OFFER
  if (which === 'same' && scope.perOffer) return SAME_OFFER
  const index = which === undefined ? undefined : scope.names.offers.get(which)
  if (which === 'same') {
    scope.report(ast, '"same" cannot stand here, because one result serves all offers; write "any" or an offer, or move it to an offer, a group or an issue')
  } else if (which !== undefined && index === undefined) {
    scope.report(ast, `unknown offer ${JSON.stringify(which)}; write "same", "any" or the id of an offer`, nearest(which, [...scope.names.offers.keys(), 'same', 'any']))
  }
  return index
}

function checkTagged (ast: ASTNode, [path]: readonly ASTNode[], scope: Scope): Node | undefined {
  const text = textOf(path!, 'the tag', scope)
  if (text === undefined) return undefined
  if (!scope.names.tagPaths.has(text)) {
    return scope.report(path!, `unknown tag ${JSON.stringify(text)}; declare it under tags or correct it`, nearest(text, scope.names.tagPaths))
  }
  return scope.trees.make({ op: 'tagged', path: text, label: labelOf(ast, scope) }, 'boolean')
}

/** The position comes from context.lat and context.lon, in degrees; the distance is the great circle's. */
function checkNear (ast: ASTNode, args: readonly ASTNode[], scope: Scope): Node | undefined {
  const position = ['lat', 'lon'].map((name) => {
    const named = scope.names.context.get(name)
    return named !== undefined && isNumeric(named.declared.type) && !named.declared.protected
      ? scope.trees.make({ op: 'context', slot: named.slot, label: `context.${name}` }, named.declared.type)
      : undefined
  }).filter((node) => node !== undefined)
  if (position.length < 2) return scope.report(ast, 'near() reads context.lat and context.lon; declare both under context as {type: number}')
  const given = args.map((arg) => numberOf(arg, scope)).filter((node) => node !== undefined)
  if (given.length < 3) return undefined
  return scope.trees.make({ op: 'near', args: [...position, ...given], label: labelOf(ast, scope) }, 'boolean')
}

function numberOf (ast: ASTNode, scope: Scope): Node | undefined {
  const node = scope.check(ast)
  if (node === undefined || (isNumeric(node.type) && (node.needs & ~1) === 0)) return node
  return scope.report(ast, `near() needs numbers that are the same for all offers, but this is ${isNumeric(node.type) ? 'of one offer' : typeName(node.type)}`)
}

function checkBucket (ast: ASTNode, [salt]: readonly ASTNode[], scope: Scope): Node | undefined {
  const text = textOf(salt!, 'the salt', scope)
  return text === undefined ? undefined : scope.trees.make({ op: 'bucket', salt: text, label: labelOf(ast, scope) }, 'number')
}

function checkSize (ast: ASTNode, of: ASTNode, scope: Scope): Node | undefined {
  const node = scope.check(of)
  if (node === undefined) return undefined
  if (node.type !== 'string' && !isList(node.type)) return scope.report(ast, `size() needs a list or a text, but this is ${typeName(node.type)}`)
  return scope.trees.make({ op: 'size', args: [node] }, 'integer')
}

function checkTextTest (name: 'startsWith' | 'endsWith' | 'contains', receiver: ASTNode, arg: ASTNode, scope: Scope): Node | undefined {
  const [text, part] = [scope.check(receiver), scope.check(arg)]
  if (text === undefined || part === undefined) return undefined
  if (isList(text.type)) return scope.report(receiver, `${name} is asked of a text; ask for a list member with in, as in "gold_card" in customer.products`)
  const wrong = text.type !== 'string' ? text : part.type !== 'string' ? part : undefined
  if (wrong !== undefined) return scope.report(wrong === text ? receiver : arg, `${name} needs texts, but this is ${typeName(wrong.type)}`)
  return scope.trees.make({ op: name, args: [text, part] }, 'boolean')
}

function checkWhole (receiver: ASTNode, unitMs: number, name: string, scope: Scope): Node | undefined {
  const node = scope.check(receiver)
  if (node === undefined) return undefined
  if (node.type !== 'duration') return scope.report(receiver, `${name}() is asked of a duration, as in (now - customer.since).${name}(), but this is ${typeName(node.type)}`)
  return scope.trees.make({ op: 'whole', args: [node], unitMs }, 'integer')
}

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/

function checkTimestamp (_ast: ASTNode, [arg]: readonly ASTNode[], scope: Scope): Node | undefined {
  const text = textOf(arg!, 'the point in time', scope)
  if (text === undefined) return undefined
  const timeMs = INSTANT.test(text) ? Date.parse(text) : NaN
  if (!Number.isNaN(timeMs) && isCalendarDay(text)) return constant(timeMs, 'timestamp', scope)
  return scope.report(arg!, `${JSON.stringify(text)} is no point in time; write date, time and zone, as in "2026-03-01T10:00:00Z"`)
}

/** Date.parse rolls 30 February over into March; a rule that says so is mistaken. */
function isCalendarDay (text: string): boolean {
  const day = text.slice(0, 10)
  return new Date(`${day}T00:00:00Z`).toISOString().startsWith(day)
}

function checkDuration (_ast: ASTNode, [arg]: readonly ASTNode[], scope: Scope): Node | undefined {
  const text = textOf(arg!, 'the duration', scope)
  if (text === undefined) return undefined
  const durationMs = parseDuration(text)
  if (durationMs !== undefined) return constant(durationMs, 'duration', scope)
  return scope.report(arg!, `${JSON.stringify(text)} is no duration; write whole days, hours, minutes or seconds such as "7d", "24h", "1h30m"`)
}

function textOf (ast: ASTNode, what: string, scope: Scope): string | undefined {
  if (ast.op === 'value' && typeof ast.args === 'string') return ast.args
  scope.report(ast, `${what} must stand here as a text in quotes`)
  return undefined
}

/** The call as written, its texts in double quotes and its spaces even, so that one call has one label. */
function labelOf (ast: ASTNode, scope: Scope): string {
  const args = ast.op === 'call' ? ast.args[1] : []
  const texts = args.map((arg) => arg.op === 'value' && typeof arg.args === 'string' ? JSON.stringify(arg.args) : scope.source.slice(arg.start, arg.end))
  return `${ast.op === 'call' ? ast.args[0] : ''}(${texts.join(', ')})`
}
