import { createWriter, type Writer } from '../../../src/adapters/onnx/protobuf.js'

/** Small ONNX files for tests, written field by field as onnx.proto numbers them. */

export const FLOAT = 1
export const INT32 = 6
export const INT64 = 7
export const STRING = 8
export const BOOL = 9
export const DOUBLE = 11

export type Dim = number | string

export interface ModelParts {
  readonly inputs: readonly Writer[]
  readonly outputs: readonly Writer[]
  readonly nodes: readonly Writer[]
  readonly initializers?: readonly Writer[]
  readonly opsets?: Readonly<Record<string, number>>
  /** Fields added to the graph and to the model as they are. */
  readonly graphExtra?: Uint8Array
  readonly extra?: Uint8Array
}

export function model({
  inputs,
  outputs,
  nodes,
  initializers = [],
  opsets = { '': 17, 'ai.onnx.ml': 3 },
  graphExtra,
  extra
}: ModelParts): Uint8Array {
  const graph = createWriter()
  for (const node of nodes) graph.message(1, node)
  graph.text(2, 'graph')
  for (const tensor of initializers) graph.message(5, tensor)
  for (const input of inputs) graph.message(11, input)
  for (const output of outputs) graph.message(12, output)
  if (graphExtra !== undefined) graph.raw(graphExtra)
  const file = createWriter().varint(1, 8).message(7, graph)
  for (const [domain, version] of Object.entries(opsets))
    file.message(8, createWriter().text(1, domain).varint(2, version))
  if (extra !== undefined) file.raw(extra)
  return file.finish()
}

export function value(name: string, type: number, dims?: readonly Dim[]): Writer {
  const tensor = createWriter().varint(1, type)
  if (dims !== undefined) {
    const shape = createWriter()
    for (const dim of dims)
      shape.message(
        1,
        typeof dim === 'number' ? createWriter().varint(1, dim) : createWriter().text(2, dim)
      )
    tensor.message(2, shape)
  }
  return createWriter().text(1, name).message(2, createWriter().message(1, tensor))
}

/** An input or output whose type is field `kind` of TypeProto: 4 sequence, 5 map, 8 sparse tensor, 9 optional. */
export function odd(name: string, kind: number): Writer {
  return createWriter()
    .text(1, name)
    .message(2, createWriter().message(kind, createWriter().varint(1, FLOAT)))
}

export function node(
  operator: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: readonly Writer[] = [],
  domain = ''
): Writer {
  const writer = createWriter()
  for (const name of inputs) writer.text(1, name)
  for (const name of outputs) writer.text(2, name)
  writer.text(3, outputs[0] ?? operator).text(4, operator)
  for (const attribute of attributes) writer.message(5, attribute)
  return writer.text(7, domain)
}

export function ml(
  operator: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: readonly Writer[] = []
): Writer {
  return node(operator, inputs, outputs, attributes, 'ai.onnx.ml')
}

export const attribute = {
  int: (name: string, value: number) => createWriter().text(1, name).varint(3, value).varint(20, 2),
  text: (name: string, value: string) => createWriter().text(1, name).text(4, value).varint(20, 3),
  tensor: (name: string, value: Writer) =>
    createWriter().text(1, name).message(5, value).varint(20, 4),
  graph: (name: string, value: Writer) =>
    createWriter().text(1, name).message(6, value).varint(20, 5),
  floats: (name: string, values: readonly number[]) =>
    createWriter().text(1, name).packedFloats(7, values).varint(20, 6),
  ints: (name: string, values: readonly number[]) =>
    createWriter().text(1, name).packedVarints(8, values).varint(20, 7),
  texts(name: string, values: readonly string[]) {
    const writer = createWriter().text(1, name)
    for (const text of values) writer.text(9, text)
    return writer.varint(20, 8)
  }
}

export const tensor = {
  floats: (name: string, dims: readonly number[], values: readonly number[]) =>
    createWriter().packedVarints(1, dims).varint(2, FLOAT).packedFloats(4, values).text(8, name),
  int64s: (name: string, dims: readonly number[], values: readonly number[]) =>
    createWriter().packedVarints(1, dims).varint(2, INT64).packedVarints(7, values).text(8, name),
  int32s: (name: string, dims: readonly number[], values: readonly number[]) =>
    createWriter().packedVarints(1, dims).varint(2, INT32).packedVarints(5, values).text(8, name),
  texts(name: string, dims: readonly number[], values: readonly string[]) {
    const writer = createWriter().packedVarints(1, dims).varint(2, STRING)
    for (const text of values) writer.text(6, text)
    return writer.text(8, name)
  },
  external: (name: string, dims: readonly number[], file: string) =>
    createWriter()
      .packedVarints(1, dims)
      .varint(2, FLOAT)
      .text(8, name)
      .message(13, createWriter().text(1, 'location').text(2, file))
      .varint(14, 1)
}

export interface LogisticParts {
  /** Weight of each column for the second class. */
  readonly weights: readonly number[]
  readonly bias?: number
  readonly labels?: readonly number[] | readonly string[]
  readonly postTransform?: string
  readonly rows?: Dim
  readonly zipMap?: boolean
}

/** A two-class linear classifier as scikit-learn's exporter writes it: input x, outputs label and p. */
export function logistic({
  weights,
  bias = 0,
  labels = [0, 1],
  postTransform = 'LOGISTIC',
  rows = 'N',
  zipMap = false
}: LogisticParts): Uint8Array {
  const texts = labels.filter(l => typeof l === 'string')
  const ints = labels.filter(l => typeof l === 'number')
  const own =
    texts.length > 0
      ? attribute.texts('classlabels_strings', texts)
      : attribute.ints('classlabels_ints', ints)
  const mapped = texts.length > 0 ? own : attribute.ints('classlabels_int64s', ints)
  const classifier = ml(
    'LinearClassifier',
    ['x'],
    ['label', zipMap ? 'scores' : 'p'],
    [
      attribute.floats('coefficients', [...weights.map(w => -w), ...weights]),
      attribute.floats('intercepts', [-bias, bias]),
      own,
      attribute.text('post_transform', postTransform)
    ]
  )
  return model({
    inputs: [value('x', FLOAT, [rows, weights.length])],
    outputs: [
      value('label', texts.length > 0 ? STRING : INT64, [rows]),
      zipMap ? odd('p', 4) : value('p', FLOAT, [rows, 2])
    ],
    nodes: zipMap ? [classifier, ml('ZipMap', ['scores'], ['p'], [mapped])] : [classifier]
  })
}
