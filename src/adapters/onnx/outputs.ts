import type { ModelOutput } from '../../decisioning/ports.js'
import type { Graph, Node } from './graph.js'
import { labelCandidates } from './labels.js'
import { refusal } from './refusal.js'
import type { Producers } from './walk.js'

/** The tensor that holds the scores: the named output itself, or what a ZipMap makes it from. */
export interface ChosenTensor {
  readonly tensor: string
  readonly zipMap: Node | undefined
}

export function chooseTensor(
  graph: Graph,
  producers: Producers,
  { name }: ModelOutput
): ChosenTensor {
  const output = graph.outputs.find(o => o.name === name)
  if (output === undefined) {
    throw refusal(
      `The model has no output ${name}; name one of its outputs: ${graph.outputs.map(o => o.name).join(', ')}.`
    )
  }
  const node = producers.get(name)
  if (node?.operator === 'ZipMap') return { tensor: node.inputs[0] ?? '', zipMap: node }
  if (output.kind === 'tensor' || output.kind === 'untyped')
    return { tensor: name, zipMap: undefined }
  throw refusal(
    `Output ${name} is a ${output.kind} that no ZipMap makes; export the model with a tensor of scores as its output.`
  )
}

export interface PositiveColumn {
  readonly column: number
  readonly warnings: readonly string[]
}

/**
 * Finds the column of the positive class by its label among `width` columns; labels compare as text. A single column needs no label.
 * Throws ModelRefused when the label is missing or unknown.
 */
export function findPositive(
  graph: Graph,
  producers: Producers,
  chosen: ChosenTensor,
  output: ModelOutput,
  width: number
): PositiveColumn {
  const candidates = [...labelCandidates(graph, producers, chosen)]
  if (width === 1)
    return {
      column: 0,
      warnings: singleColumn(
        candidates.find(c => c.length === 2),
        output
      )
    }
  const { labels, warnings } = labelsOfColumns(candidates, output, width)
  const { name, positive } = output
  if (positive === undefined) {
    throw refusal(
      `Output ${name} has ${width} columns; say which class is the positive one, \`positive:\` with one of ${labels.join(', ')}.`
    )
  }
  const column = labels.indexOf(positive)
  if (column < 0)
    throw refusal(
      `Output ${name} has no class ${positive}; \`positive\` must be one of ${labels.join(', ')}.`
    )
  return { column, warnings }
}

/** One column holds the second of two classes. */
function singleColumn(
  labels: readonly string[] | undefined,
  { name, positive, classes }: ModelOutput
): string[] {
  const known = labels ?? classes
  if (positive === undefined || known === undefined) return []
  if (known.length === 2 && known[1] === positive) return []
  throw refusal(
    `Output ${name} has one column, for class ${known[1] ?? known[0]} and not for ${positive}; leave \`positive\` out or export the probabilities of all classes.`
  )
}

function labelsOfColumns(
  candidates: ReadonlyArray<readonly string[]>,
  { name, classes }: ModelOutput,
  width: number
): { labels: readonly string[]; warnings: string[] } {
  const own = candidates.find(c => c.length === width)
  if (own !== undefined) {
    const differs = classes !== undefined && classes.join('\n') !== own.join('\n')
    return {
      labels: own,
      warnings: differs
        ? [
            `\`classes\` is not used: the model file itself names the classes of output ${name}: ${own.join(', ')}.`
          ]
        : []
    }
  }
  if (classes !== undefined) {
    if (classes.length === width) return { labels: classes, warnings: [] }
    throw refusal(
      `Output ${name} has ${width} columns but \`classes\` names ${classes.length}; name one class for each column, in their order.`
    )
  }
  if (candidates.length > 0) {
    throw refusal(
      `Output ${name} has ${width} columns, but the classes found in the model file are ${candidates[0]!.join(', ')}; name the columns' classes in \`classes\`.`
    )
  }
  const labels = Array.from({ length: width }, (_, i) => String(i))
  return {
    labels,
    warnings: [
      `The model file names no classes for output ${name}; ${labels.join(', ')} are assumed. Name them in \`classes\` to be sure.`
    ]
  }
}
