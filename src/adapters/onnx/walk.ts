import type { Graph, Node } from './graph.js'

/** Which node makes a tensor; undefined for inputs and weights. */
export type Producers = ReadonlyMap<string, Node>

export function producersOf(graph: Graph): Producers {
  return new Map(graph.nodes.flatMap(node => node.outputs.map(name => [name, node] as const)))
}

/** The nodes that a tensor is made from, the nearest first, each once. */
export function* upstream(producers: Producers, tensor: string): Generator<Node> {
  const seen = new Set<Node>()
  for (let names = [tensor]; names.length > 0; ) {
    const nodes = [...new Set(names.flatMap(n => producers.get(n) ?? []))].filter(n => !seen.has(n))
    for (const node of nodes) {
      seen.add(node)
      yield node
    }
    names = nodes.flatMap(n => n.inputs)
  }
}
