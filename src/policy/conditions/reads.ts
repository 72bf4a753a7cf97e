import type { Read } from '../strategy.js'
import type { ProgramBuilder } from './program.js'
import { argsOf, isCall, OFFER_PROPERTIES, type Node } from './tree.js'

/**
 * Everything that a node reads, each once, in the order in which it is written.
 * The slot of an offer's property is its position in OFFER_PROPERTIES.
 */
export function readsOf(node: Node, builder: ProgramBuilder): Read[] {
  const reads: Read[] = []
  const seen = new Set<Node>()
  const walk = (next: Node): void => {
    if (seen.has(next)) return
    seen.add(next)
    const read = readOf(next, builder)
    if (read !== undefined) reads.push(read)
    for (const arg of argsOf(next)) walk(arg)
  }
  walk(node)
  return reads
}

function readOf(node: Node, builder: ProgramBuilder): Read | undefined {
  if (isCall(node))
    return { ...builder.slotOfCall(node), label: node.label, boolean: node.type === 'boolean' }
  switch (node.op) {
    case 'attribute':
    case 'context':
    case 'segment':
      return { kind: node.op, label: node.label, slot: node.slot }
    case 'offer':
      return {
        kind: 'offer',
        label: `offer.${node.property}`,
        slot: OFFER_PROPERTIES.indexOf(node.property)
      }
    default:
      return undefined
  }
}
