import { writeLogistic } from '../src/adapters/onnx/write.js'
import { COLUMNS, numbersFrom } from './world.js'

/** The bench's logistic model of 32 columns as ONNX bytes: small coefficients, so that no probability is extreme. */
export function benchModel(): Uint8Array {
  const random = numbersFrom(42)
  return writeLogistic({
    name: 'bench',
    inputs: [{ name: 'input', columns: COLUMNS }],
    intercept: -2,
    coefficients: Float64Array.from({ length: COLUMNS }, () => (random() - 0.5) * 0.01)
  })
}
