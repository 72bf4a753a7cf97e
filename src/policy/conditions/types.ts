import type { Scope } from './names.js'
import type { Node, NodeType } from './tree.js'

const TYPE_NAMES: Readonly<Record<NodeType, string>> = {
  number: 'a number',
  integer: 'a whole number',
  string: 'a text',
  boolean: 'true or false',
  timestamp: 'a point in time',
  duration: 'a duration',
  'list<string>': 'a list of texts',
  'list<number>': 'a list of numbers',
  tags: 'a list of tags'
}

/** A type in words, for sentences to people. */
export function typeName(type: NodeType): string {
  return TYPE_NAMES[type]
}

export function isNumeric(type: NodeType): boolean {
  return type === 'number' || type === 'integer'
}

export function isList(type: NodeType): boolean {
  return type === 'list<string>' || type === 'list<number>' || type === 'tags'
}

export function constant(value: string | number | boolean, type: NodeType, scope: Scope): Node {
  return scope.trees.make({ op: 'const', value }, type)
}
