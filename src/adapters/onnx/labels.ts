import { intsOf, labelsOf, textsOf } from './attributes.js'
import type { Graph, Node, Tensor } from './graph.js'
import { upstream, type Producers } from './walk.js'

/**
 * The lists of class labels that a file holds for a tensor of scores, as text, the most trustworthy first: of the ZipMap, of the
 * classifiers that the tensor is made from (the nearest first), of the weights that the label output is picked from.
 */
export function* labelCandidates(
  graph: Graph,
  producers: Producers,
  chosen: { tensor: string; zipMap: Node | undefined }
): Generator<string[]> {
  if (chosen.zipMap !== undefined) yield* ownLabels(chosen.zipMap)
  for (const node of upstream(producers, chosen.tensor)) yield* ownLabels(node)
  yield* pickedLabels(graph, producers, chosen.tensor)
}

/** Exporters spell the attribute in three ways. */
function* ownLabels(node: Node): Generator<string[]> {
  for (const name of ['classlabels_int64s', 'classlabels_ints']) {
    const ints = intsOf(node, name)
    if (ints.length > 0) yield ints.map(String)
  }
  const texts = textsOf(node, 'classlabels_strings')
  if (texts.length > 0) yield texts
}

/** In the other outputs a label is picked by its number from a tensor of weights, be it an initializer or a Constant. */
function* pickedLabels(graph: Graph, producers: Producers, tensor: string): Generator<string[]> {
  const weights = new Map(graph.initializers.map(i => [i.name, i]))
  for (const { name } of graph.outputs) {
    if (name === tensor) continue
    for (const node of upstream(producers, name)) {
      if (node.operator !== 'ArrayFeatureExtractor' && node.operator !== 'Gather') continue
      const picked = weightsOf(node.inputs[0] ?? '', weights, producers)
      const labels = picked === undefined ? undefined : labelsOf(picked)
      if (labels !== undefined && labels.length > 0) yield labels
    }
  }
}

function weightsOf(
  name: string,
  weights: ReadonlyMap<string, Tensor>,
  producers: Producers
): Tensor | undefined {
  const constant = producers.get(name)
  return (
    weights.get(name) ??
    (constant?.operator === 'Constant' ? constant.attributes[0]?.tensors[0] : undefined)
  )
}
