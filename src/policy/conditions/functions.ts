import type { AttributeValue } from '../../domain/customer.js'
import type { Facts, Tri } from '../facts.js'
import { Body, type Kept } from './emit.js'
import type { Node } from './tree.js'

export type Holds = (facts: Facts, offer: number) => Tri
export type Value = (facts: Facts, offer: number) => AttributeValue | undefined
export type Priority = (
  facts: Facts,
  offer: number,
  p: number,
  c: number,
  v: number,
  l: number
) => number | undefined
/** A kind of function: its parameters, and how it returns what its node comes to. */
export interface Kind {
  readonly name: string
  readonly parameters: string
  readonly write: (node: Node, code: string) => string
}

export const HOLDS: Kind = {
  name: 'holds',
  parameters: 'F, o',
  write: (_, code) => `return ${code}`
}
export const VALUE: Kind = { name: 'value', parameters: 'F, o', write: returnValue }
export const PRIORITY: Kind = {
  name: 'priority',
  parameters: 'F, o, p, c, v, l',
  write: returnValue
}

/** The text of a function that returns what a node comes to. */
export function functionText(kind: Kind, node: Node, kept: Kept, name: string): string {
  const body = new Body(kept)
  body.add(kind.write(node, body.read(node)))
  return body.text(name, kind.parameters)
}

/** Nothing where the result is missing or beyond all numbers. */
function returnValue(node: Node, code: string): string {
  if (node.type === 'string') return `return ${code}`
  if (node.type === 'boolean') return `const r = ${code}\nreturn r === 2 ? undefined : r === 1`
  return `const r = ${code}\nreturn r - r === 0 ? r : undefined`
}
