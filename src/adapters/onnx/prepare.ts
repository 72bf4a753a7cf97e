import type { ModelOutput } from '../../decisioning/ports.js'
import { admit, type Admitted } from './admit.js'
import { readInputs, type Inputs } from './inputs.js'
import { chooseTensor, type ChosenTensor } from './outputs.js'
import { rewrite } from './rewrite.js'
import { producersOf, type Producers } from './walk.js'

/** A checked model, read but not run. */
export interface Prepared extends Inputs {
  readonly graph: Admitted
  readonly producers: Producers
  readonly chosen: ChosenTensor
  /** The file as the runtime gets it: one output, nothing but what inference needs. */
  readonly bytes: Uint8Array
}

/** Checks a model file and makes it ready for the runtime. Throws ModelRefused. */
export function prepare(file: Uint8Array, output: ModelOutput): Prepared {
  const graph = admit(file)
  const producers = producersOf(graph)
  const { inputs, rowByRow } = readInputs(graph, output)
  const chosen = chooseTensor(graph, producers, output)
  return { graph, producers, inputs, rowByRow, chosen, bytes: rewrite(file, graph, chosen.tensor) }
}
