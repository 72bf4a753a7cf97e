import type { Node, Tensor } from './graph.js'
import { createReader, readFloats, readInts } from './protobuf.js'

/** The values of a node's attributes, read when asked for; an absent one is undefined or an empty list. */
export function textOf(node: Node, name: string): string | undefined {
  let text: string | undefined
  eachField(node, name, reader => {
    if (reader.field === 4) text = looseText(reader.bytes())
  })
  return text
}

export function intOf(node: Node, name: string): number | undefined {
  let int: number | undefined
  eachField(node, name, reader => {
    if (reader.field === 3) int = reader.int()
  })
  return int
}

export function textsOf(node: Node, name: string): string[] {
  const texts: string[] = []
  eachField(node, name, reader => {
    if (reader.field === 9) texts.push(looseText(reader.bytes()))
  })
  return texts
}

export function intsOf(node: Node, name: string): number[] {
  const ints: number[] = []
  eachField(node, name, reader => {
    if (reader.field === 8) readInts(reader, int => ints.push(int))
  })
  return ints
}

export function floatsOf(node: Node, name: string): number[] {
  const floats: number[] = []
  eachField(node, name, reader => {
    if (reader.field === 7) readFloats(reader, floats)
  })
  return floats
}

/** TensorProto.DataType of the integer and string tensors that hold class labels. */
const INT32 = 6
const INT64 = 7
const STRING = 8

/** The elements of a tensor of whole numbers or strings, as text; undefined for other types. */
export function labelsOf(tensor: Tensor): string[] | undefined {
  const ints: number[] = []
  const texts: string[] = []
  const reader = createReader(tensor.bytes)
  while (reader.next()) {
    if (reader.field === 5 || reader.field === 7) readInts(reader, int => ints.push(int))
    else if (reader.field === 6) texts.push(looseText(reader.bytes()))
    else if (reader.field === 9) readRaw(reader.bytes(), tensor.type, ints)
  }
  if (tensor.type === STRING) return texts
  return tensor.type === INT32 || tensor.type === INT64 ? ints.map(String) : undefined
}

function readRaw(bytes: Uint8Array, type: number, ints: number[]): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (type === INT64)
    for (let at = 0; at + 8 <= bytes.length; at += 8) ints.push(Number(view.getBigInt64(at, true)))
  else if (type === INT32)
    for (let at = 0; at + 4 <= bytes.length; at += 4) ints.push(view.getInt32(at, true))
}

function eachField(
  node: Node,
  name: string,
  visit: (reader: ReturnType<typeof createReader>) => void
): void {
  for (const attribute of node.attributes) {
    if (attribute.name !== name) continue
    const reader = createReader(attribute.bytes)
    while (reader.next()) visit(reader)
  }
}

/** Strings are bytes by the standard; what is no UTF-8 is shown with replacement characters. */
function looseText(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes)
}
