import { createWriter, type Writer } from './protobuf.js'

/** The pieces that graphs are written of. Field numbers are those of onnx.proto. */

/** TensorProto.DataType. */
const FLOAT = 1
const INT64 = 7
/** AttributeProto.type. */
const ATTRIBUTE = { int: 2, string: 3, floats: 6, ints: 7, strings: 8 } as const

/** A graph input or output; a dimension that is a text is open. */
export function value(name: string, type: number, dims: ReadonlyArray<string | number>): Writer {
  const shapeOf = createWriter()
  for (const dim of dims)
    shapeOf.message(
      1,
      typeof dim === 'number' ? createWriter().varint(1, dim) : createWriter().text(2, dim)
    )
  const tensor = createWriter().varint(1, type).message(2, shapeOf)
  return createWriter().text(1, name).message(2, createWriter().message(1, tensor))
}

/** A list of whole numbers. */
export function wholes(name: string, numbers: readonly number[]): Writer {
  return createWriter()
    .varint(1, numbers.length)
    .varint(2, INT64)
    .packedVarints(7, numbers)
    .text(8, name)
}

/** A number without dimensions. */
export function scalar(name: string, number: number): Writer {
  return createWriter().varint(2, FLOAT).packedFloats(4, [number]).text(8, name)
}

/** An operator; its name is made of its first output's. */
export function node(
  operator: string,
  domain: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: readonly Writer[]
): Writer {
  const writer = createWriter()
  for (const input of inputs) writer.text(1, input)
  for (const output of outputs) writer.text(2, output)
  writer.text(3, `${operator}_${outputs[0]}`).text(4, operator)
  for (const attribute of attributes) writer.message(5, attribute)
  return writer.text(7, domain)
}

/** An attribute that is a whole number. */
export function int(name: string, whole: number): Writer {
  return createWriter().text(1, name).varint(3, whole).varint(20, ATTRIBUTE.int)
}

/** An attribute that is a text. */
export function text(name: string, content: string): Writer {
  return createWriter().text(1, name).text(4, content).varint(20, ATTRIBUTE.string)
}

/** An attribute that is a list of 32-bit floating-point numbers. */
export function floats(name: string, numbers: readonly number[]): Writer {
  return createWriter().text(1, name).packedFloats(7, numbers).varint(20, ATTRIBUTE.floats)
}

/** An attribute that is a list of whole numbers. */
export function ints(name: string, wholes: readonly number[]): Writer {
  return createWriter().text(1, name).packedVarints(8, wholes).varint(20, ATTRIBUTE.ints)
}

/** An attribute that is a list of texts. */
export function texts(name: string, contents: readonly string[]): Writer {
  const writer = createWriter().text(1, name)
  for (const content of contents) writer.text(9, content)
  return writer.varint(20, ATTRIBUTE.strings)
}
