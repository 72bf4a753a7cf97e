import type { FusedLayout, ModelInput } from '../../decisioning/ports.js'
import { int, ints, node, value, wholes } from './graph-writer.js'
import { createReader, createWriter, type Writer } from './protobuf.js'
import { elementType } from './inputs.js'
import type { ShapedInput } from './runs.js'

/** A model as it goes into a fused graph. */
export interface FusedMember {
  /** As rewrite.ts leaves it: one output, no ZipMap. */
  readonly bytes: Uint8Array
  readonly inputs: readonly ShapedInput[]
  readonly output: string
  /** True when the output is [rows], false when it is [rows, width]. */
  readonly flatOutput: boolean
  /** True when the output is in float64. */
  readonly double: boolean
  readonly places: FusedLayout['members'][number]['places']
}

/** TensorProto.DataType. */
const FLOAT = 1
const DOUBLE = 11

/** The name of the fused graph's output: all columns of all members, side by side in their order. */
export const FUSED_OUTPUT = 'scores'

/** Operator sets of what fusing itself writes, where no member says one. */
const OPSET = 17
/** Slice takes its bounds as inputs from this operator set on, and as attributes before. */
const SLICE_BY_INPUTS = 10
/** From this version on weights need not stand among the inputs. */
const LEAST_IR_VERSION = 8

/**
 * Writes one graph that holds all members side by side. Each reads its columns from the fused inputs, so that columns that several
 * members read are fed once; everything inside a member keeps its name behind the member's number.
 * @param versions the operator set of each domain that members use, '' being the standard one
 */
export function fuseGraphs(
  inputs: readonly ModelInput[],
  members: readonly FusedMember[],
  versions: Readonly<Record<string, number>>
): Uint8Array {
  const opsets = { '': OPSET, ...versions }
  const nodes = createWriter()
  const weights = createWriter()
  const cut = createCutter(inputs, opsets[''], nodes, weights)
  let irVersion = LEAST_IR_VERSION
  members.forEach((member, number) => {
    const own = new Map(
      member.inputs.map((input, i) => [input.name, cut(input, member.places[i]!)])
    )
    const renamed = (name: string): string =>
      name === '' ? '' : (own.get(name) ?? `${number}/${name}`)
    irVersion = Math.max(irVersion, addMember(member.bytes, renamed, nodes, weights))
  })
  const double = members.some(member => member.double)
  const outputs = members.map((member, number) => addOutput(member, number, double, nodes, weights))
  nodes.message(1, node('Concat', '', outputs, [FUSED_OUTPUT], [int('axis', 1)]))

  const graph = createWriter().raw(nodes.finish()).text(2, 'fused').raw(weights.finish())
  for (const { name, type, width } of inputs)
    graph.message(11, value(name, elementType(type), ['N', width]))
  graph.message(12, value(FUSED_OUTPUT, double ? DOUBLE : FLOAT, ['N', 'scores']))
  const model = createWriter().varint(1, irVersion).text(2, 'offerd').message(7, graph)
  for (const [domain, version] of Object.entries(opsets))
    model.message(8, createWriter().text(1, domain).varint(2, version))
  return model.finish()
}

/** Names the tensor that holds an input's columns; the fused input itself where it is no more than those. Each cut is made once. */
function createCutter(
  inputs: readonly ModelInput[],
  opset: number,
  nodes: Writer,
  weights: Writer
): (input: ShapedInput, place: { readonly tensor: number; readonly column: number }) => string {
  const made = new Set<string>()
  return ({ width, flat }, { tensor, column }) => {
    const whole = inputs[tensor]!
    const columns = width === whole.width ? whole.name : `${whole.name}/${column}+${width}`
    if (columns !== whole.name && !made.has(columns)) {
      made.add(columns)
      addSlice(whole.name, columns, [column, column + width], opset, nodes, weights)
    }
    if (!flat) return columns
    const list = `${columns}/list`
    if (!made.has(list)) {
      made.add(list)
      addReshape(columns, list, [-1], nodes, weights)
    }
    return list
  }
}

function addSlice(
  from: string,
  to: string,
  [start, end]: readonly [number, number],
  opset: number,
  nodes: Writer,
  weights: Writer
): void {
  if (opset < SLICE_BY_INPUTS) {
    const bounds = [ints('starts', [start]), ints('ends', [end]), ints('axes', [1])]
    nodes.message(1, node('Slice', '', [from], [to], bounds))
    return
  }
  const bounds = [`${to}/start`, `${to}/end`, `${to}/axis`]
  for (const [i, bound] of [start, end, 1].entries())
    weights.message(5, wholes(bounds[i]!, [bound]))
  nodes.message(1, node('Slice', '', [from, ...bounds], [to], []))
}

function addReshape(
  from: string,
  to: string,
  shape: readonly number[],
  nodes: Writer,
  weights: Writer
): void {
  weights.message(5, wholes(`${to}/shape`, shape))
  nodes.message(1, node('Reshape', '', [from, `${to}/shape`], [to], []))
}

/** Copies a member's operators and weights under new names; answers the version of its format. */
function addMember(
  bytes: Uint8Array,
  renamed: (name: string) => string,
  nodes: Writer,
  weights: Writer
): number {
  let irVersion = 0
  const file = createReader(bytes)
  while (file.next()) {
    if (file.field === 1) irVersion = file.int()
    if (file.field !== 7) continue
    const graph = createReader(file.bytes())
    while (graph.next()) {
      // What else there is are inputs, which are cut from the fused ones, and shapes, which the runtime infers.
      if (graph.field === 1) nodes.message(1, withNames(graph.bytes(), NODE_NAMES, renamed))
      else if (graph.field === 5)
        weights.message(5, withNames(graph.bytes(), TENSOR_NAMES, renamed))
    }
  }
  return irVersion
}

/** Input, output and name of a NodeProto; name of a TensorProto. */
const NODE_NAMES = new Set([1, 2, 3])
const TENSOR_NAMES = new Set([8])

function withNames(
  message: Uint8Array,
  fields: ReadonlySet<number>,
  renamed: (name: string) => string
): Writer {
  const writer = createWriter()
  const reader = createReader(message)
  while (reader.next()) {
    if (fields.has(reader.field)) writer.text(reader.field, renamed(reader.text()))
    else writer.raw(reader.whole())
  }
  return writer
}

/** A member's output as [rows, width] in the type of all; its name. */
function addOutput(
  { output, flatOutput, double }: FusedMember,
  number: number,
  allDouble: boolean,
  nodes: Writer,
  weights: Writer
): string {
  let name = `${number}/${output}`
  if (flatOutput) {
    addReshape(name, `${name}/rows`, [-1, 1], nodes, weights)
    name = `${name}/rows`
  }
  if (allDouble && !double) {
    nodes.message(1, node('Cast', '', [name], [`${name}/double`], [int('to', DOUBLE)]))
    name = `${name}/double`
  }
  return name
}
