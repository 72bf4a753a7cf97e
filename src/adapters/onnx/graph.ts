import { createReader, ProtobufBroken, readInts } from './protobuf.js'
import { refusal } from './refusal.js'

/** The parts of an ONNX file that are checked and rewritten. Field numbers are those of onnx.proto. */
export interface ModelFile {
  readonly opsets: ReadonlyArray<{ readonly domain: string; readonly version: number }>
  readonly functions: number
  readonly graph: Graph | undefined
}

export interface Graph {
  readonly nodes: readonly Node[]
  readonly initializers: readonly Tensor[]
  readonly sparseInitializers: number
  /** Without those that only repeat an initializer, as files of old IR versions list them. */
  readonly inputs: readonly Value[]
  readonly outputs: readonly Value[]
}

export interface Node {
  readonly name: string
  readonly operator: string
  /** '' and ai.onnx are both the standard domain; here always ''. */
  readonly domain: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly attributes: readonly Attribute[]
  /** The NodeProto as it stands in the file. */
  readonly bytes: Uint8Array
}

/** One attribute of a node. Its lists stay encoded until attributes.ts reads them: a tree ensemble has millions of entries. */
interface Attribute {
  readonly name: string
  readonly tensors: readonly Tensor[]
  readonly sparseTensors: number
  readonly graphs: number
  readonly bytes: Uint8Array
}

export interface Tensor {
  readonly name: string
  readonly dims: readonly number[]
  readonly type: number
  /** Its data are in another file. */
  readonly external: boolean
  readonly bytes: Uint8Array
}

/** A graph input or output. */
export interface Value {
  readonly name: string
  readonly kind: 'tensor' | 'sequence' | 'map' | 'optional value' | 'sparse tensor' | 'untyped'
  /** TensorProto.DataType; 0 when not said. */
  readonly type: number
  /** A number where fixed, undefined where open; the whole undefined where not even the rank is said. */
  readonly dims: ReadonlyArray<number | undefined> | undefined
}

/**
 * What is kept of one file: operators, weights, attributes, names, shapes. Two bytes make one of them, so that without a bound
 * a file of 64 MiB would become gigabytes of objects; real tabular models have a few thousand.
 */
const MOST_PARTS = 200_000

/** Counts the parts of one file. Throws ModelRefused at the first too many. */
class Parts {
  #count = 0

  add<T>(list: T[], part: T): void {
    if (++this.#count > MOST_PARTS)
      throw refusal(
        `The model file has more than ${MOST_PARTS.toLocaleString('en')} operators, weights, attributes and names; use a smaller model.`
      )
    list.push(part)
  }
}

/** Reads a ModelProto. Throws ProtobufBroken where the bytes are none, and ModelRefused where they hold too many parts. */
export function readModel(bytes: Uint8Array): ModelFile {
  const parts = new Parts()
  const opsets: Array<{ domain: string; version: number }> = []
  let functions = 0
  let graph: Graph | undefined
  const reader = createReader(bytes)
  while (reader.next()) {
    if (reader.field === 7) {
      // Protobuf would merge the two; a reader that takes one of them would miss what the other holds.
      if (graph !== undefined) throw new ProtobufBroken('two graphs in one file')
      graph = readGraph(reader.bytes(), parts)
    } else if (reader.field === 8) parts.add(opsets, readOpset(reader.bytes()))
    else if (reader.field === 25) functions++
  }
  return { opsets, functions, graph }
}

function readOpset(bytes: Uint8Array): { domain: string; version: number } {
  const opset = { domain: '', version: 0 }
  const reader = createReader(bytes)
  while (reader.next()) {
    if (reader.field === 1) opset.domain = standardDomain(reader.text())
    else if (reader.field === 2) opset.version = reader.int()
  }
  return opset
}

function readGraph(bytes: Uint8Array, parts: Parts): Graph {
  const nodes: Node[] = []
  const initializers: Tensor[] = []
  const inputs: Value[] = []
  const outputs: Value[] = []
  let sparseInitializers = 0
  const reader = createReader(bytes)
  while (reader.next()) {
    if (reader.field === 1) parts.add(nodes, readNode(reader.bytes(), parts))
    else if (reader.field === 5) parts.add(initializers, readTensor(reader.bytes(), parts))
    else if (reader.field === 11) parts.add(inputs, readValue(reader.bytes(), parts))
    else if (reader.field === 12) parts.add(outputs, readValue(reader.bytes(), parts))
    else if (reader.field === 15) sparseInitializers++
  }
  const named = new Set(initializers.map(i => i.name))
  return {
    nodes,
    initializers,
    sparseInitializers,
    inputs: inputs.filter(i => !named.has(i.name)),
    outputs
  }
}

function readNode(bytes: Uint8Array, parts: Parts): Node {
  const node = {
    name: '',
    operator: '',
    domain: '',
    inputs: [] as string[],
    outputs: [] as string[],
    attributes: [] as Attribute[],
    bytes
  }
  const reader = createReader(bytes)
  while (reader.next()) {
    if (reader.field === 1) parts.add(node.inputs, reader.text())
    else if (reader.field === 2) parts.add(node.outputs, reader.text())
    else if (reader.field === 3) node.name = reader.text()
    else if (reader.field === 4) node.operator = reader.text()
    else if (reader.field === 5) parts.add(node.attributes, readAttribute(reader.bytes(), parts))
    else if (reader.field === 7) node.domain = standardDomain(reader.text())
  }
  return node
}

function readAttribute(bytes: Uint8Array, parts: Parts): Attribute {
  const attribute = { name: '', tensors: [] as Tensor[], sparseTensors: 0, graphs: 0, bytes }
  const reader = createReader(bytes)
  while (reader.next()) {
    if (reader.field === 1) attribute.name = reader.text()
    else if (reader.field === 5 || reader.field === 10)
      parts.add(attribute.tensors, readTensor(reader.bytes(), parts))
    else if (reader.field === 6 || reader.field === 11) attribute.graphs++
    else if (reader.field === 22 || reader.field === 23) attribute.sparseTensors++
  }
  return attribute
}

function readTensor(bytes: Uint8Array, parts: Parts): Tensor {
  const tensor = { name: '', dims: [] as number[], type: 0, external: false, bytes }
  const reader = createReader(bytes)
  while (reader.next()) {
    if (reader.field === 1) readInts(reader, size => parts.add(tensor.dims, size))
    else if (reader.field === 2) tensor.type = reader.int()
    else if (reader.field === 8) tensor.name = reader.text()
    else if (reader.field === 13) tensor.external = true
    else if (reader.field === 14) tensor.external ||= reader.int() !== 0
  }
  return tensor
}

const KINDS = new Map<number, Value['kind']>([
  [1, 'tensor'],
  [4, 'sequence'],
  [5, 'map'],
  [8, 'sparse tensor'],
  [9, 'optional value']
])

function readValue(bytes: Uint8Array, parts: Parts): Value {
  let value: Value = { name: '', kind: 'untyped', type: 0, dims: undefined }
  const reader = createReader(bytes)
  while (reader.next()) {
    if (reader.field === 1) value = { ...value, name: reader.text() }
    else if (reader.field === 2) value = { ...value, ...readType(reader.bytes(), parts) }
  }
  return value
}

function readType(bytes: Uint8Array, parts: Parts): Pick<Value, 'kind' | 'type' | 'dims'> {
  const reader = createReader(bytes)
  while (reader.next()) {
    const kind = KINDS.get(reader.field)
    if (kind === 'tensor') return { kind, ...readTensorType(reader.bytes(), parts) }
    if (kind !== undefined) return { kind, type: 0, dims: undefined }
  }
  return { kind: 'untyped', type: 0, dims: undefined }
}

function readTensorType(bytes: Uint8Array, parts: Parts): Pick<Value, 'type' | 'dims'> {
  let type = 0
  let dims: Array<number | undefined> | undefined
  const reader = createReader(bytes)
  while (reader.next()) {
    if (reader.field === 1) type = reader.int()
    else if (reader.field === 2) dims = readShape(reader.bytes(), parts)
  }
  return { type, dims }
}

function readShape(bytes: Uint8Array, parts: Parts): Array<number | undefined> {
  const dims: Array<number | undefined> = []
  const reader = createReader(bytes)
  while (reader.next()) {
    if (reader.field !== 1) continue
    let size: number | undefined
    const dimension = createReader(reader.bytes())
    while (dimension.next()) if (dimension.field === 1) size = dimension.int()
    // Some exporters write -1 for a dimension that is open.
    parts.add(dims, size === undefined || size < 0 ? undefined : size)
  }
  return dims
}

function standardDomain(domain: string): string {
  return domain === 'ai.onnx' ? '' : domain
}
