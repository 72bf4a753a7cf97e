import { fitIsotonic } from '../../learning/calibrate.js'
import { logLoss } from '../../learning/metrics.js'
import { createCalibration } from '../../scoring/calibration.js'
import { roundedPoints } from './model-yaml.js'

type Points = Array<[number, number]>

const FOLDS = 5
/** Fewest rows in a step, and as a share of all rows: follows the model's bias and not the noise. */
const FEWEST_ROWS = 50
const STEP_SHARE = 0.05

/**
 * The corner points of an isotonic calibration of probabilities, or undefined where it would not make them better: it is judged by
 * the log loss of rows that it was not fitted on, every fifth by turns.
 */
export function calibrationOf(probabilities: Float64Array, labels: Uint8Array): Points | undefined {
  const judged = new Float64Array(labels.length)
  for (let fold = 0; fold < FOLDS; fold++) {
    const isOut = (_: unknown, i: number): boolean => i % FOLDS === fold
    const known = labels.filter((label, i) => !isOut(label, i))
    if (!known.includes(1) || !known.includes(0)) return undefined
    const points = pointsOf(
      probabilities.filter((probability, i) => !isOut(probability, i)),
      known
    )
    if (points === undefined) return undefined
    const calibrate = createCalibration({ method: 'isotonic', points })
    for (let i = fold; i < labels.length; i += FOLDS) judged[i] = calibrate(probabilities[i]!)
  }
  if (logLoss(judged, labels) >= logLoss(probabilities, labels)) return undefined
  return pointsOf(probabilities, labels)
}

/** No step says never or always: it has not seen enough rows for that. Undefined where there is one step only. */
function pointsOf(probabilities: Float64Array, labels: Uint8Array): Points | undefined {
  const fewest = Math.max(FEWEST_ROWS, Math.round(labels.length * STEP_SHARE))
  const least = 1 / (labels.length + 2)
  const points = roundedPoints(
    fitIsotonic(probabilities, labels, fewest).map(([x, y]): [number, number] => [
      x,
      Math.min(1 - least, Math.max(least, y))
    ])
  )
  return points.length < 2 ? undefined : points
}
