import type { ModelInput, ModelOutput } from '../../decisioning/ports.js'
import type { Graph, Value } from './graph.js'
import { refusal } from './refusal.js'
import type { ShapedInput } from './runs.js'

/** TensorProto.DataType of what can be fed. */
const FEEDABLE = new Map<number, ModelInput['type']>([
  [1, 'float32'],
  [6, 'int32'],
  [7, 'int64'],
  [8, 'string'],
  [9, 'bool'],
  [11, 'float64']
])
const OTHERS = new Map([
  [2, 'uint8'],
  [3, 'int8'],
  [4, 'uint16'],
  [5, 'int16'],
  [10, 'float16'],
  [12, 'uint32'],
  [13, 'uint64'],
  [14, 'complex64'],
  [15, 'complex128'],
  [16, 'bfloat16']
])

export interface Inputs {
  readonly inputs: readonly ShapedInput[]
  /** True when the file fixes the batch at one row. */
  readonly rowByRow: boolean
}

/** TensorProto.DataType of what is fed. */
export function elementType(type: ModelInput['type']): number {
  for (const [number, name] of FEEDABLE) if (name === type) return number
  throw new TypeError(`${type} cannot be fed`)
}

/** Types and widths of an admitted graph's inputs. Throws ModelRefused for types that cannot be fed and widths that nobody says. */
export function readInputs(graph: Graph, output: ModelOutput): Inputs {
  const inputs = graph.inputs.map(input => ({
    name: input.name,
    type: typeOf(input),
    width: widthOf(input, output),
    flat: input.dims?.length === 1
  }))
  return { inputs, rowByRow: graph.inputs.some(i => i.dims?.[0] === 1) }
}

function typeOf({ name, type }: Value): ModelInput['type'] {
  const feedable = FEEDABLE.get(type)
  if (feedable !== undefined) return feedable
  throw refusal(
    `Input ${name} is of type ${OTHERS.get(type) ?? `number ${type}`}; export the model with one of ${[...FEEDABLE.values()].join(', ')}.`
  )
}

function widthOf({ name, dims }: Value, { columns }: ModelOutput): number {
  if (dims?.length === 1) return 1
  const width = dims?.[1] ?? columns?.[name]
  if (width !== undefined) return width
  throw refusal(
    `Input ${name} leaves its number of columns open; list its columns in model.yaml or export the model with a fixed number.`
  )
}
