import { readModel, type Graph, type ModelFile, type Tensor } from './graph.js'
import { operatorTrouble } from './operators.js'
import { ProtobufBroken } from './protobuf.js'
import { refusal } from './refusal.js'

export const MIB = 2 ** 20

/** What a model file may hold. Real tabular models stay far below; what is above is a mistake or an attack. */
const LIMITS = {
  fileBytes: 64 * MIB,
  nodes: 5_000,
  /** Elements of one tensor. */
  elements: 1e7,
  /** Texts of one tensor: two bytes in the file and seventy in memory. */
  texts: 1e5,
  /** Columns that one input may declare. */
  columns: 10_000
} as const

/** TensorProto.DataType. */
const STRING = 8

/** A graph that may run, and the operator sets that it was written for. */
export type Admitted = Graph & Pick<ModelFile, 'opsets'>

/**
 * Checks an ONNX file without running any of it and answers its graph. ONNX files are code: whatever is not known to be harmless
 * is refused. Throws ModelRefused with the first thing that is wrong and what to do about it.
 */
export function admit(bytes: Uint8Array): Admitted {
  if (bytes.length === 0) throw refusal('The model file is empty; export the model again.')
  if (bytes.length > LIMITS.fileBytes) {
    throw refusal(
      `The model file has ${(bytes.length / MIB).toFixed(1)} MiB, more than the ${LIMITS.fileBytes / MIB} allowed; use a smaller model.`
    )
  }
  const { graph, opsets, functions } = read(bytes)
  if (graph === undefined)
    throw refusal(
      'The model file holds no graph, so it is no ONNX model or was cut off; export the model again.'
    )
  if (opsets.length === 0)
    throw refusal(
      'The model file does not say which operator set (opset) it was written for; export it again with a target opset.'
    )
  if (functions > 0)
    throw refusal(
      'The model file defines functions of its own; export it with its functions inlined.'
    )
  checkWeights(graph)
  checkInputs(graph)
  checkNodes(graph)
  checkBatch(graph)
  return { ...graph, opsets }
}

function read(bytes: Uint8Array): ReturnType<typeof readModel> {
  try {
    return readModel(bytes)
  } catch (error) {
    if (!(error instanceof ProtobufBroken)) throw error
    throw refusal(
      `The model file is no ONNX model, or is corrupt or cut off (${error.message}); copy or export it again.`
    )
  }
}

function checkWeights({ initializers, sparseInitializers, nodes }: Graph): void {
  for (const tensor of initializers) checkTensor(tensor, `Weight ${tensor.name}`)
  for (const node of nodes) {
    for (const attribute of node.attributes) {
      const place = `Attribute ${attribute.name} of operator ${node.operator}`
      for (const tensor of attribute.tensors) checkTensor(tensor, place)
      if (attribute.sparseTensors > 0)
        throw refusal(`${place} is a sparse tensor; export it as an ordinary one.`)
    }
  }
  if (sparseInitializers > 0)
    throw refusal('The model file holds sparse weights; export them as ordinary tensors.')
}

function checkTensor({ external, dims, type }: Tensor, place: string): void {
  if (external)
    throw refusal(
      `${place} is kept in another file (external data); save the model with its weights inside.`
    )
  if (dims.some(d => !Number.isSafeInteger(d) || d < 0))
    throw refusal(`${place} has the impossible shape ${dims.join('×')}; export the model again.`)
  const [most, kind] = type === STRING ? [LIMITS.texts, 'texts'] : [LIMITS.elements, 'numbers']
  if (product(dims) > most) {
    throw refusal(
      `${place} is ${dims.join('×')}, more than ${most.toLocaleString('en')} ${kind}; use a smaller model.`
    )
  }
}

function checkInputs({ inputs }: Graph): void {
  if (inputs.length === 0)
    throw refusal('The model has no inputs; export it again with its inputs.')
  for (const { name, kind } of inputs) {
    // Inputs are fed by name in a plain object, where this one is no ordinary name.
    if (name === '' || name === '__proto__')
      throw refusal(`An input is named '${name}'; give it another name.`)
    if (kind === 'untyped')
      throw refusal(`Input ${name} says no type; export the model again with typed inputs.`)
    if (kind === 'tensor') continue
    const remedy =
      kind === 'map'
        ? 'leave the DictVectorizer out of the export and feed its columns as tensors'
        : 'export the model with tensor inputs'
    throw refusal(
      `Input ${name} is ${kind.startsWith('o') ? 'an' : 'a'} ${kind}, but only tensors can be fed; ${remedy}.`
    )
  }
}

function checkNodes({ nodes }: Graph): void {
  if (nodes.length === 0)
    throw refusal('The model computes nothing, its graph has no operators; export it again.')
  if (nodes.length > LIMITS.nodes) {
    throw refusal(
      `The model has ${nodes.length.toLocaleString('en')} operators, more than the ${LIMITS.nodes.toLocaleString('en')} allowed; use a smaller model.`
    )
  }
  for (const node of nodes) {
    const trouble = operatorTrouble(node.domain, node.operator)
    if (trouble !== undefined) throw refusal(`${trouble[0]?.toUpperCase()}${trouble.slice(1)}.`)
    if (node.attributes.some(a => a.graphs > 0)) {
      throw refusal(
        `Operator ${node.operator} holds a graph of its own and may run for ever; export the model without control flow.`
      )
    }
  }
}

function checkBatch({ inputs, outputs }: Graph): void {
  for (const { name, dims } of inputs) {
    if (dims === undefined) continue
    if (dims.length === 0 || dims.length > 2) {
      throw refusal(
        `Input ${name} has ${dims.length} dimensions, but one row a customer needs [rows] or [rows, columns]; export the model with such an input.`
      )
    }
    const [rows, columns = 1] = dims
    if (rows !== undefined && rows !== 1) {
      throw refusal(
        `Input ${name} has a fixed batch of ${rows} rows; export the model with an open first dimension.`
      )
    }
    if (columns < 1 || columns > LIMITS.columns) {
      throw refusal(
        `Input ${name} has ${columns.toLocaleString('en')} columns; between 1 and ${LIMITS.columns.toLocaleString('en')} are allowed.`
      )
    }
  }
  if (outputs.length === 0)
    throw refusal('The model has no outputs; export it again with its outputs.')
}

function product(dims: readonly number[]): number {
  return dims.reduce((all, size) => all * size, 1)
}
