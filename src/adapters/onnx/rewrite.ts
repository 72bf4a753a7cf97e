import type { Graph } from './graph.js'
import { createReader, createWriter, type Writer } from './protobuf.js'

/** TensorProto.DataType of a ZipMap's input. */
const FLOAT = 1

/**
 * Writes the model anew with one output, `tensor`, and without its ZipMaps. Only what inference needs is copied: training graphs,
 * metadata and the like never reach the runtime.
 */
export function rewrite(bytes: Uint8Array, graph: Graph, tensor: string): Uint8Array {
  const kept = new Set(
    graph.nodes.filter(n => n.operator !== 'ZipMap').map(n => n.bytes.byteOffset)
  )
  const model = createWriter()
  const reader = createReader(bytes)
  while (reader.next()) {
    // ir_version and opset_import.
    if (reader.field === 1 || reader.field === 8) model.raw(reader.whole())
    else if (reader.field === 7) model.message(7, rewriteGraph(reader.bytes(), kept, tensor))
  }
  return model.finish()
}

function rewriteGraph(bytes: Uint8Array, kept: ReadonlySet<number>, tensor: string): Writer {
  const graph = createWriter()
  let output = valueInfo(tensor)
  const reader = createReader(bytes)
  while (reader.next()) {
    switch (reader.field) {
      case 1:
        if (kept.has(reader.bytes().byteOffset)) graph.raw(reader.whole())
        break
      // name, initializer, input
      case 2:
      case 5:
      case 11:
        graph.raw(reader.whole())
        break
      // output, value_info
      case 12:
        if (nameOf(reader.bytes()) === tensor) output = reader.bytes()
        break
      case 13:
        if (nameOf(reader.bytes()) !== tensor) graph.raw(reader.whole())
        break
    }
  }
  return graph.bytes(12, output)
}

/** A ValueInfoProto of floats without a shape, which the runtime infers. */
function valueInfo(name: string): Uint8Array {
  return createWriter()
    .text(1, name)
    .message(2, createWriter().message(1, createWriter().varint(1, FLOAT)))
    .finish()
}

function nameOf(valueInfo: Uint8Array): string {
  let name = ''
  const reader = createReader(valueInfo)
  while (reader.next()) if (reader.field === 1) name = reader.text()
  return name
}
