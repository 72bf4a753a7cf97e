import { Environment, ParseError, type ASTNode } from '@marcbachmann/cel-js'
import type { Place } from '../strategy.js'

const MAX_CHARACTERS = 2000
const MAX_DEPTH = 50

const grammar = new Environment({
  limits: {
    maxAstNodes: MAX_CHARACTERS,
    maxDepth: MAX_DEPTH,
    maxListElements: 500,
    maxMapEntries: 1,
    maxCallArguments: 8
  }
})

/** The tree of a source text, or what is wrong with it at an offset counted in UTF-16 units. */
export type Parsed =
  | { readonly ast: ASTNode }
  | { readonly offset: number; readonly message: string }

/** Parses a condition. Its cost is bounded: at most 2,000 characters and 50 levels. */
export function parseSource(source: string): Parsed {
  if (source.trim() === '')
    return { offset: 0, message: 'the condition is empty; write one such as customer.age >= 18' }
  if (source.length > MAX_CHARACTERS) {
    return {
      offset: 0,
      message: `the condition has ${source.length} characters, at most ${MAX_CHARACTERS} are allowed; move parts of it into segments`
    }
  }
  try {
    const { ast } = grammar.parse(source)
    const deep = tooDeep(ast)
    return deep === undefined ? { ast } : { offset: deep.start, message: TOO_DEEP }
  } catch (error) {
    if (!(error instanceof ParseError)) throw error
    return { offset: error.range?.start ?? 0, message: sentence(error) }
  }
}

/** Where the character at an offset stands in the file, when the source starts at `place` and its lines are equally indented. */
export function placeAt(place: Place, source: string, offset: number): Place {
  const before = source.slice(0, offset)
  const lines = before.split('\n').length - 1
  return {
    file: place.file,
    line: place.line + lines,
    column: place.column + before.length - (before.lastIndexOf('\n') + 1)
  }
}

const TOO_DEEP = `the condition is nested deeper than ${MAX_DEPTH} levels; move parts of it into segments`

const REMEDIES: ReadonlyArray<readonly [RegExp, string]> = [
  [/character: =/, 'compare with =='],
  [/character: &/, 'join conditions with &&'],
  [/character: \|/, 'join conditions with ||'],
  [/character: `/, 'write unusual names as customer["last-visit"]'],
  [/Unterminated/, 'close the text with the quote that opened it'],
  [/EOF/, 'the text ends too early']
]

function sentence(error: ParseError): string {
  if (error.code.includes('limit') || /exceed/i.test(error.summary)) {
    return error.summary.includes('maxDepth')
      ? TOO_DEEP
      : `the condition is too large: ${error.summary}; move parts of it into segments`
  }
  const remedy = REMEDIES.find(([pattern]) => pattern.test(error.summary))?.[1]
  return `the condition cannot be read: ${error.summary}${remedy === undefined ? '' : `; ${remedy}`}`
}

/** A node deeper than allowed. A chain of the same operator, such as a && b && c, is one level. */
function tooDeep(root: ASTNode): ASTNode | undefined {
  const open: Array<readonly [ASTNode, number]> = [[root, 1]]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [node, depth] = next
    if (depth > MAX_DEPTH) return node
    for (const child of childrenOf(node))
      open.push([child, child.op === node.op && isChain(node) ? depth : depth + 1])
  }
  return undefined
}

function isChain(node: ASTNode): boolean {
  return node.op === '&&' || node.op === '||' || node.op === '+' || node.op === '*'
}

function childrenOf(node: ASTNode): readonly ASTNode[] {
  switch (node.op) {
    case 'value':
    case 'id':
      return []
    case '.':
    case '.?':
      return [node.args[0]]
    case 'call':
      return node.args[1]
    case 'rcall':
      return [node.args[1], ...node.args[2]]
    case 'map':
      return node.args.flat()
    case '!_':
    case '-_':
      return [node.args]
    default:
      return node.args
  }
}
