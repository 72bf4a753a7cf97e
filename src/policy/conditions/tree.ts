import type { ValueType } from '../strategy.js'

/** What a checked node gives. Tags are an offer's paths, where a path also stands for what lies above it. */
export type NodeType = ValueType | 'duration' | 'tags'

export type Factor = 'p' | 'c' | 'v' | 'l'
export type OfferProperty = 'id' | 'group' | 'value' | 'tags'

/** Which interactions of a customer a call looks at: those with any offer or none, or with the offer asked about. */
export const ANY_OFFER = -1
export const SAME_OFFER = -2

/** The properties of an offer in the order of their slots in Read. */
export const OFFER_PROPERTIES: readonly OfferProperty[] = ['id', 'group', 'value', 'tags']

/** One operation of the condition language, its names resolved to positions. Labels are as written in the file. */
export type Shape =
  | { readonly op: 'const'; readonly value: string | number | boolean }
  | { readonly op: 'attribute' | 'context'; readonly slot: number; readonly label: string }
  | { readonly op: 'segment'; readonly slot: number; readonly label: string }
  | { readonly op: 'offer'; readonly property: OfferProperty }
  | { readonly op: 'factor'; readonly name: Factor }
  | { readonly op: 'now' }
  | {
      readonly op: 'seen'
      readonly interaction: number
      readonly offer: number
      readonly windowMs: number
      readonly label: string
    }
  | {
      readonly op: 'lastSeen'
      readonly interaction: number
      readonly offer: number
      readonly label: string
    }
  | { readonly op: 'tagged'; readonly path: string; readonly label: string }
  | { readonly op: 'bucket'; readonly salt: string; readonly label: string }
  | { readonly op: 'near'; readonly args: readonly Node[]; readonly label: string }
  | {
      readonly op: 'oneOf'
      readonly args: readonly Node[]
      readonly values: ReadonlyArray<string | number | boolean>
    }
  | { readonly op: 'whole'; readonly args: readonly Node[]; readonly unitMs: number }
  | { readonly op: Operator; readonly args: readonly Node[] }

/** What needs nothing but its operands: truth, comparison, membership, arithmetic, texts. */
export type Operator =
  | 'has'
  | 'not'
  | 'and'
  | 'or'
  | 'if'
  | 'lt'
  | 'le'
  | 'eq'
  | 'member'
  | 'add'
  | 'sub'
  | 'mul'
  | 'div'
  | 'mod'
  | 'neg'
  | 'join'
  | 'startsWith'
  | 'endsWith'
  | 'contains'
  | 'size'

/** A checked node. Two nodes that mean the same are one object. */
export type Node = Shape & {
  readonly id: number
  readonly type: NodeType
  /** Which of NEEDS_… its result depends on, as a bit set. */
  readonly needs: number
  /** Never missing, never unknown, whatever the facts. */
  readonly total: boolean
}

export type Call = Extract<Node, { op: 'seen' | 'lastSeen' | 'tagged' | 'bucket' | 'near' }>

const NEEDS_FACTS = 1
export const NEEDS_OFFER = 2
const NEEDS_FACTORS = 4

/** Makes nodes, each distinct one once, so that what conditions share is found by identity. */
export class Trees {
  readonly #nodes = new Map<string, Node>()

  /** The node of a shape; a new shape itself becomes the node, so hand in one that nobody else holds. */
  make(shape: Shape, type: NodeType): Node {
    const key = keyOf(shape, type)
    const known = this.#nodes.get(key)
    if (known !== undefined) return known
    const node = Object.assign(shape, {
      id: this.#nodes.size,
      type,
      needs: needsOf(shape),
      total: isTotal(shape)
    }) as Node
    this.#nodes.set(key, node)
    return node
  }
}

export function argsOf(shape: Shape): readonly Node[] {
  return 'args' in shape ? shape.args : []
}

export function isCall(node: Node): node is Call {
  return (
    node.op === 'seen' ||
    node.op === 'lastSeen' ||
    node.op === 'tagged' ||
    node.op === 'bucket' ||
    node.op === 'near'
  )
}

/** Neither the offer nor the factors of its priority matter: one result serves a whole decision. */
export function isShared(node: Node): boolean {
  return (node.needs & (NEEDS_OFFER | NEEDS_FACTORS)) === 0
}

/** The same text for the same operation on the same operands; texts are quoted, so that they cannot pose as more. */
function keyOf(shape: Shape, type: NodeType): string {
  let key: string = type
  for (const value of Object.values(shape) as ReadonlyArray<
    string | number | boolean | readonly unknown[]
  >) {
    if (value === argsOf(shape)) for (const arg of argsOf(shape)) key += ` #${arg.id}`
    else key += typeof value === 'number' ? ` ${value}` : ` ${JSON.stringify(value)}`
  }
  return key
}

function needsOf(shape: Shape): number {
  if (shape.op === 'const') return 0
  if (shape.op === 'offer') return NEEDS_OFFER
  if (shape.op === 'factor') return NEEDS_FACTORS
  let needs = 0
  for (const arg of argsOf(shape)) needs |= arg.needs
  if (shape.op === 'near' || !('args' in shape)) needs |= NEEDS_FACTS
  if ((shape.op === 'seen' || shape.op === 'lastSeen') && shape.offer === SAME_OFFER)
    needs |= NEEDS_OFFER
  return needs
}

function isTotal(shape: Shape): boolean {
  switch (shape.op) {
    case 'const':
    case 'now':
    case 'has':
    case 'factor':
    case 'seen':
    case 'lastSeen':
    case 'tagged':
    case 'bucket':
      return true
    case 'offer':
      return shape.property !== 'value'
    case 'attribute':
    case 'context':
    case 'segment':
    case 'near':
    case 'div':
    case 'mod':
    case 'add':
    case 'sub':
    case 'mul': // infinities may cancel out to NaN
      return false
    default:
      return argsOf(shape).every(arg => arg.total || arg.type.startsWith('list'))
  }
}
