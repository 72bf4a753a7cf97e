import { Composer, isAlias, isCollection, isMap, isScalar, isSeq, Lexer, Parser } from 'yaml'
import type { Document, ParsedNode, Scalar, YAMLMap } from 'yaml'
import { type Problems, shorten } from './problems.js'
import type { Place } from './strategy.js'
import { type Content, objectOf, Text, YamlNode } from './yaml-node.js'

/** Largest file that is read. */
export const MAX_FILE_BYTES = 2 * 1024 * 1024
/** Deepest nesting of maps and lists. */
const MAX_DEPTH = 32
/** Syntax errors told per file; the first one tends to cause the others. */
const MAX_SYNTAX_ERRORS = 10

const TOO_DEEP = `maps and lists are nested more than ${MAX_DEPTH} levels deep`

/** What a file holds. `broken`: its syntax is wrong, so that parts of it may be missing from the root. */
export interface YamlFile {
  readonly root: YamlNode | undefined
  readonly broken: boolean
}

/**
 * Reads one file of YAML 1.2 (core schema): one document, no anchors, aliases or tags of its own making,
 * within MAX_FILE_BYTES and MAX_DEPTH. Whatever is wrong goes to `problems`; bad input never throws.
 * The parser's own search for duplicate keys is off, because it is quadratic: 20,000 keys take seconds.
 */
export function readYaml(file: string, source: string, problems: Problems): YamlFile {
  const text = new Text(file, source)
  if (source.length > MAX_FILE_BYTES || Buffer.byteLength(source) > MAX_FILE_BYTES) {
    problems.error(
      text.placeAt(0),
      `the file is larger than ${MAX_FILE_BYTES} bytes; spread its entries over several files`
    )
    return { root: undefined, broken: true }
  }
  const document = parse(text, problems)
  if (document === undefined) return { root: undefined, broken: true }
  const errors = document.errors.slice(0, MAX_SYNTAX_ERRORS)
  for (const error of errors)
    problems.error(text.placeAt(error.pos[0]), `this is not valid YAML: ${sentence(error.message)}`)
  const reader = new Reader(text, problems)
  const root = document.contents === null ? undefined : reader.read(document.contents, 0)
  return { root, broken: errors.length > 0 }
}

/** The parser runs token by token, so that nesting is stopped before it costs memory (10 kB of brackets are enough). */
function parse(text: Text, problems: Problems): Document.Parsed | undefined {
  const parser = new Parser()
  const composer = new Composer({ version: '1.2', schema: 'core', uniqueKeys: false, merge: false })
  const tokens = []
  for (const lexeme of new Lexer().lex(text.text)) {
    tokens.push(...parser.next(lexeme))
    // Each level of nesting is an entry of the stack, which holds a few more; the exact depth is checked by the reader.
    if (parser.stack.length > MAX_DEPTH + 8) {
      problems.error(text.placeAt(parser.offset), TOO_DEEP)
      return undefined
    }
  }
  tokens.push(...parser.end())
  const [document, second] = composer.compose(tokens, true, text.text.length)
  if (second !== undefined) {
    problems.error(
      text.placeAt(second.range[0]),
      'the file holds a second document; put it into a file of its own'
    )
    return undefined
  }
  return document
}

class Reader {
  readonly #text: Text
  readonly #problems: Problems

  constructor(text: Text, problems: Problems) {
    this.#text = text
    this.#problems = problems
  }

  /** `depth`: maps and lists around the node. */
  read(node: ParsedNode | null, depth: number, key?: number): YamlNode {
    const own = node?.range[0] ?? key ?? 0
    const refusal =
      refusalOf(node) ?? (depth >= MAX_DEPTH && isCollection(node) ? TOO_DEEP : undefined)
    if (node === null || refusal !== undefined) {
      if (refusal !== undefined) this.#problems.error(this.#text.placeAt(own), refusal)
      return this.#node(
        { own, key },
        { value: null, entries: undefined, items: undefined, refused: refusal !== undefined }
      )
    }
    if (isMap(node)) {
      const entries = this.#entries(node, depth + 1)
      return this.#node({ own, key }, { value: objectOf(entries), entries, items: undefined })
    }
    if (isSeq(node)) {
      const items = node.items.map(item => this.read(item, depth + 1))
      return this.#node(
        { own, key },
        { value: items.map(item => item.value), entries: undefined, items }
      )
    }
    const scalar = node as Scalar
    const content = contentOffset(scalar, own, this.#text.text)
    return this.#node(
      { own, key, content },
      { value: scalar.value, entries: undefined, items: undefined }
    )
  }

  #entries(map: YAMLMap, depth: number): Map<string, YamlNode> {
    const entries = new Map<string, YamlNode>()
    for (const pair of map.items) {
      const key = pair.key as ParsedNode | null
      const offset = key?.range[0] ?? map.range?.[0] ?? 0
      const name = this.#keyOf(key, offset)
      if (name === undefined) continue
      const first = entries.get(name)
      if (first === undefined)
        entries.set(name, this.read(pair.value as ParsedNode | null, depth, offset))
      else this.#problems.error(this.#text.placeAt(offset), givenTwice(name, first.keyPlace))
    }
    return entries
  }

  /** Keys are texts, as written: `007` and `true` are names like any other. */
  #keyOf(key: ParsedNode | null, offset: number): string | undefined {
    const refusal =
      refusalOf(key) ?? (key !== null && isScalar(key) ? undefined : 'a key must be a plain name')
    const name = isScalar(key) ? (typeof key.value === 'string' ? key.value : key.source) : ''
    // Written to a plain object, this name would replace the object's prototype.
    const reason = refusal ?? (name === '__proto__' ? '"__proto__" cannot be a name' : undefined)
    if (reason === undefined) return name
    this.#problems.error(this.#text.placeAt(offset), reason)
    return undefined
  }

  #node(
    offsets: { own: number; key?: number | undefined; content?: number },
    content: Content
  ): YamlNode {
    const { own, key = own, content: start = own } = offsets
    return new YamlNode(this.#text, { own, key, content: start }, content)
  }
}

/** Sentence for an entry that stands in two places. */
export function givenTwice(name: string, first: Place): string {
  return `"${shorten(name)}" is given twice, first at ${first.file}:${first.line}:${first.column}; remove one of them`
}

const CORE_TAGS = new Set(
  ['str', 'int', 'float', 'bool', 'null', 'map', 'seq'].map(tag => `tag:yaml.org,2002:${tag}`)
)

function refusalOf(node: ParsedNode | null): string | undefined {
  if (node === null) return undefined
  if (isAlias(node))
    return `aliases are not allowed; write the value of "*${shorten(node.source)}" out`
  if (node.anchor !== undefined) return `anchors are not allowed; remove "&${shorten(node.anchor)}"`
  if (node.tag !== undefined && !CORE_TAGS.has(node.tag))
    return `tags are not allowed; remove "${shorten(node.tag)}"`
  return undefined
}

/** Where a string's text begins in the file, for places inside of it. */
function contentOffset(scalar: Scalar, own: number, text: string): number {
  switch (scalar.type) {
    case 'QUOTE_DOUBLE':
    case 'QUOTE_SINGLE':
      return own + 1
    case 'BLOCK_FOLDED':
    case 'BLOCK_LITERAL': {
      const lineEnd = text.indexOf('\n', own)
      return lineEnd === -1 ? own : lineEnd + text.slice(lineEnd).search(/\S|$/)
    }
    default:
      return own
  }
}

function sentence(message: string): string {
  const line = shorten(message.split('\n')[0] ?? '')
  return line.charAt(0).toLowerCase() + line.slice(1)
}
