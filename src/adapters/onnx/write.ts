import type {
  ModelWriter,
  WrittenInput,
  WrittenLinear,
  WrittenTrees
} from '../../decisioning/ports.js'
import { floats, int, ints, node, scalar, text, texts, value, wholes } from './graph-writer.js'
import { createWriter, type Writer } from './protobuf.js'

const IR_VERSION = 8
const OPSET = 17
const ML_OPSET = 1
const ML = 'ai.onnx.ml'
const FLOAT = 1
const INT64 = 7
const STRING = 8
const LABELS = [0, 1]

/**
 * A logistic regression as ONNX: outputs `label` (int64, [N]) and `probabilities` (float, [N, 2], classes 0 and 1).
 * Built as scikit-learn's exporter builds it: numbers joined, categories one-hot, then one LinearClassifier.
 */
export function writeLogistic({
  name,
  inputs,
  segments,
  intercept,
  coefficients
}: WrittenLinear): Uint8Array {
  const { nodes, initializers, row } = joined(inputs, segments)
  const positive = Array.from(coefficients)
  const classifier = node(
    'LinearClassifier',
    ML,
    [row],
    ['label', 'probabilities'],
    [
      floats('coefficients', [...positive.map(c => -c), ...positive]),
      floats('intercepts', [-intercept, intercept]),
      ints('classlabels_ints', LABELS),
      text('post_transform', 'LOGISTIC')
    ]
  )
  return model(name, inputs, [...nodes, classifier], initializers)
}

/** Gradient-boosted trees as ONNX, with the outputs of writeLogistic; the sum of base and leaves are log odds. */
export function writeTrees({ name, inputs, base, trees }: WrittenTrees): Uint8Array {
  const { nodes: joins, initializers, row } = joined(inputs)
  const nodes = trees.flatMap((tree, id) =>
    tree.features.map((feature, at) => ({ tree, id, feature, at }))
  )
  const leaves = nodes.filter(({ feature }) => feature < 0)
  const classifier = node(
    'TreeEnsembleClassifier',
    ML,
    [row],
    ['label', 'probabilities'],
    [
      ints(
        'nodes_treeids',
        nodes.map(({ id }) => id)
      ),
      ints(
        'nodes_nodeids',
        nodes.map(({ at }) => at)
      ),
      ints(
        'nodes_featureids',
        nodes.map(({ feature }) => Math.max(0, feature))
      ),
      texts(
        'nodes_modes',
        nodes.map(({ feature }) => (feature < 0 ? 'LEAF' : 'BRANCH_LEQ'))
      ),
      floats(
        'nodes_values',
        nodes.map(({ tree, at }) => tree.thresholds[at]!)
      ),
      ints(
        'nodes_truenodeids',
        nodes.map(({ tree, at }) => tree.lefts[at]!)
      ),
      ints(
        'nodes_falsenodeids',
        nodes.map(({ tree, at }) => tree.rights[at]!)
      ),
      ints(
        'nodes_missing_value_tracks_true',
        nodes.map(() => 0)
      ),
      ints(
        'class_treeids',
        leaves.map(({ id }) => id)
      ),
      ints(
        'class_nodeids',
        leaves.map(({ at }) => at)
      ),
      // One weight a leaf, for the positive class: the runtime makes both probabilities of it.
      ints(
        'class_ids',
        leaves.map(() => 0)
      ),
      floats(
        'class_weights',
        leaves.map(({ tree, at }) => tree.values[at]!)
      ),
      floats('base_values', [base]),
      ints('classlabels_int64s', LABELS),
      text('post_transform', 'LOGISTIC')
    ]
  )
  return model(name, inputs, [...joins, classifier], initializers)
}

interface Part {
  readonly nodes: readonly Writer[]
  readonly initializers: readonly Writer[]
  /** The tensor that the nodes make. */
  readonly output: string
}

/** Joins the inputs to one float tensor; `row` is its name. */
function joined(
  inputs: readonly WrittenInput[],
  segments?: WrittenLinear['segments']
): { nodes: Writer[]; initializers: Writer[]; row: string } {
  const numbers = inputs.filter(input => 'columns' in input).map(({ name }) => name)
  const strings = inputs.filter(input => 'categories' in input)
  const parts = [
    ...(segments === undefined ? numbers.map(given) : cut(numbers, segments)),
    ...strings.map(takenApart)
  ]
  const nodes = parts.flatMap(part => part.nodes)
  const initializers = parts.flatMap(part => part.initializers)
  const [only] = parts
  if (parts.length === 1 && only !== undefined) return { nodes, initializers, row: only.output }
  nodes.push(
    node(
      'Concat',
      '',
      parts.map(({ output }) => output),
      ['row'],
      [int('axis', 1)]
    )
  )
  return { nodes, initializers, row: 'row' }
}

function given(output: string): Part {
  return { nodes: [], initializers: [], output }
}

/** One column a category. */
function takenApart({ name, categories }: { name: string; categories: readonly string[] }): Part {
  const output = `${name}_columns`
  return {
    nodes: [
      node(
        'OneHotEncoder',
        ML,
        [name],
        [`${name}_onehot`],
        [texts('cats_strings', categories), int('zeros', 1)]
      ),
      // [N, 1, categories] becomes [N, categories].
      node('Reshape', '', [`${name}_onehot`, `${name}_shape`], [output], [])
    ],
    initializers: [wholes(`${name}_shape`, [-1, categories.length])],
    output
  }
}

/** The numbers' segments: one part, or none where there are no segments. */
function cut(numbers: readonly string[], segments: NonNullable<WrittenLinear['segments']>): Part[] {
  if (segments.length === 0) return []
  return [
    {
      nodes: [
        node('Concat', '', numbers, ['numbers/joined'], [int('axis', 1)]),
        node(
          'Gather',
          '',
          ['numbers/joined', 'numbers/columns'],
          ['numbers/picked'],
          [int('axis', 1)]
        ),
        node(
          'Scaler',
          ML,
          ['numbers/picked'],
          ['numbers/scaled'],
          [
            floats(
              'offset',
              segments.map(({ from }) => from)
            ),
            floats(
              'scale',
              segments.map(({ scale }) => scale)
            )
          ]
        ),
        node(
          'Clip',
          '',
          ['numbers/scaled', 'numbers/least', 'numbers/most'],
          ['numbers/segments'],
          []
        )
      ],
      initializers: [
        wholes(
          'numbers/columns',
          segments.map(({ column }) => column)
        ),
        scalar('numbers/least', 0),
        scalar('numbers/most', 1)
      ],
      output: 'numbers/segments'
    }
  ]
}

function model(
  name: string,
  inputs: readonly WrittenInput[],
  nodes: readonly Writer[],
  initializers: readonly Writer[]
): Uint8Array {
  const graph = createWriter()
  for (const one of nodes) graph.message(1, one)
  graph.text(2, name)
  for (const one of initializers) graph.message(5, one)
  for (const input of inputs)
    graph.message(
      11,
      value(input.name, 'columns' in input ? FLOAT : STRING, [
        'N',
        'columns' in input ? input.columns : 1
      ])
    )
  graph.message(12, value('label', INT64, ['N']))
  graph.message(12, value('probabilities', FLOAT, ['N', LABELS.length]))
  return createWriter()
    .varint(1, IR_VERSION)
    .text(2, 'offerd')
    .message(7, graph)
    .message(8, createWriter().text(1, '').varint(2, OPSET))
    .message(8, createWriter().text(1, ML).varint(2, ML_OPSET))
    .finish()
}

/** What commands write models with. */
export const onnxWriter: ModelWriter = { writeLogistic, writeTrees }
