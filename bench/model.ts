import { writeLogistic, writeTrees } from '../src/adapters/onnx/write.js'
import { COLUMNS, numbersFrom } from './world.js'

/** The bench's logistic model of 32 columns as ONNX bytes: small coefficients, so that no probability is extreme. */
export function benchModel(seed = 42): Uint8Array {
  const random = numbersFrom(seed)
  return writeLogistic({
    name: 'bench',
    inputs: [{ name: 'input', columns: COLUMNS }],
    intercept: -2,
    coefficients: Float64Array.from({ length: COLUMNS }, () => (random() - 0.5) * 0.01)
  })
}

/** As many full trees of this depth over the same 32 columns, with leaves that keep probabilities apart. */
export function treesModel(trees: number, depth: number, seed = 42): Uint8Array {
  const random = numbersFrom(seed)
  const inner = 2 ** depth - 1
  const nodes = 2 * inner + 1
  const column = (): number => (random() < 0.25 ? COLUMNS - 1 : Math.floor(random() * COLUMNS))
  return writeTrees({
    name: 'bench',
    inputs: [{ name: 'input', columns: COLUMNS }],
    base: -2,
    trees: Array.from({ length: trees }, () => ({
      features: Array.from({ length: nodes }, (_, i) => (i < inner ? column() : -1)),
      thresholds: Array.from({ length: nodes }, () => random() * 100),
      lefts: Array.from({ length: nodes }, (_, i) => (i < inner ? 2 * i + 1 : 0)),
      rights: Array.from({ length: nodes }, (_, i) => (i < inner ? 2 * i + 2 : 0)),
      values: Array.from({ length: nodes }, () => (random() - 0.5) * (4 / Math.sqrt(trees)))
    }))
  })
}
