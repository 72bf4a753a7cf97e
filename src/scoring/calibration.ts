/** How a model's raw output becomes a probability. */
export type Calibrate = (raw: number) => number

export type CalibrationSpec =
  | { readonly method: 'none' }
  | { readonly method: 'sigmoid'; readonly a: number; readonly b: number }
  | { readonly method: 'isotonic'; readonly points: ReadonlyArray<readonly [number, number]> }

/**
 * Makes the calibration of a model.
 *
 * - none: the output is a probability already.
 * - sigmoid: P = 1 / (1 + exp(a·x + b)), with the signs of Platt (1999) and scikit-learn, so that `a` is negative
 *   for a score that grows with the probability; a = -1, b = 0 is the plain logistic function.
 * - isotonic: straight lines between the points, level beyond the first and the last of them.
 *
 * NaN stays NaN. Throws a RangeError when the points are no rising function into [0,1].
 */
export function createCalibration(spec: CalibrationSpec): Calibrate {
  if (spec.method === 'none') return raw => raw
  if (spec.method === 'isotonic') return createIsotonic(spec.points)
  const { a, b } = spec
  return raw => 1 / (1 + Math.exp(a * raw + b))
}

function createIsotonic(points: ReadonlyArray<readonly [number, number]>): Calibrate {
  checkPoints(points)
  const xs = Float64Array.from(points, ([x]) => x)
  const ys = Float64Array.from(points, ([, y]) => y)
  const last = xs.length - 1
  return raw => {
    if (Number.isNaN(raw)) return raw
    if (raw <= xs[0]!) return ys[0]!
    if (raw >= xs[last]!) return ys[last]!
    let low = 0
    let high = last
    while (high - low > 1) {
      const middle = (low + high) >> 1
      if (xs[middle]! <= raw) low = middle
      else high = middle
    }
    const share = (raw - xs[low]!) / (xs[high]! - xs[low]!)
    return ys[low]! + share * (ys[high]! - ys[low]!)
  }
}

function checkPoints(points: ReadonlyArray<readonly [number, number]>): void {
  if (points.length === 0) throw new RangeError('An isotonic calibration needs at least one point.')
  for (const [i, [x, y]] of points.entries()) {
    const before = points[i - 1]
    if (!Number.isFinite(x) || !(y >= 0 && y <= 1)) {
      throw new RangeError(
        `Point ${i + 1} of the isotonic calibration is [${x}, ${y}]; x must be a finite number and y lie in [0,1].`
      )
    }
    if (before !== undefined && (x <= before[0] || y < before[1])) {
      throw new RangeError(
        `Point ${i + 1} of the isotonic calibration is [${x}, ${y}] after [${before[0]}, ${before[1]}]; x must rise and y must not fall.`
      )
    }
  }
}
