/** What observed counts say against expected ones. */
export interface GoodnessOfFit {
  /** Pearson's Σ (observed − expected)² / expected. */
  readonly chiSquare: number
  /** Categories less one. */
  readonly degreesOfFreedom: number
  /** The probability of so large a statistic, or a larger one, where the expectation is right. */
  readonly pValue: number
}

/**
 * Pearson's chi-square test of counts against shares. Categories of share 0 are left out; fewer than two that are left, and
 * no counts at all, say nothing: p = 1.
 * @param shares of the total, at least 0; they are scaled to a sum of 1
 */
export function goodnessOfFit(
  observed: readonly number[],
  shares: readonly number[]
): GoodnessOfFit {
  const used = shares.flatMap((share, i) => (share > 0 ? [{ share, seen: observed[i] ?? 0 }] : []))
  const total = used.reduce((sum, { seen }) => sum + seen, 0)
  const whole = used.reduce((sum, { share }) => sum + share, 0)
  const degreesOfFreedom = Math.max(0, used.length - 1)
  if (total === 0 || degreesOfFreedom === 0) return { chiSquare: 0, degreesOfFreedom, pValue: 1 }
  const chiSquare = used.reduce((sum, { share, seen }) => {
    const expected = (total * share) / whole
    return sum + (seen - expected) ** 2 / expected
  }, 0)
  return { chiSquare, degreesOfFreedom, pValue: chiSquareSurvival(chiSquare, degreesOfFreedom) }
}

/** P(X ≥ statistic) of a chi-square variable: Q(degrees / 2, statistic / 2). To about 1e-13 relative down to 1e-300. */
export function chiSquareSurvival(statistic: number, degreesOfFreedom: number): number {
  return upperGamma(degreesOfFreedom / 2, statistic / 2)
}

const EPSILON = 2 ** -52
const TINY = 1e-300
const MOST_TERMS = 10_000

/**
 * The upper regularised incomplete gamma function Q(a, x) = Γ(a, x) / Γ(a), a > 0, x ≥ 0.
 * Below a + 1 the power series of its complement converges fast, above it the continued fraction
 * (Abramowitz and Stegun 6.5.29 and 6.5.31).
 */
function upperGamma(a: number, x: number): number {
  if (x <= 0) return 1
  if (x === Infinity) return 0
  const scale = Math.exp(a * Math.log(x) - x - logGamma(a))
  return x < a + 1 ? 1 - scale * lowerSeries(a, x) : scale * upperFraction(a, x)
}

/** Σ xⁿ / (a (a + 1) … (a + n)). */
function lowerSeries(a: number, x: number): number {
  let term = 1 / a
  let sum = term
  for (let n = 1; n < MOST_TERMS && term > sum * EPSILON; n++) {
    term *= x / (a + n)
    sum += term
  }
  return sum
}

/** 1 / (x + 1 − a − 1 (1 − a) / (x + 3 − a − 2 (2 − a) / …)), evaluated from the front by Lentz's method. */
function upperFraction(a: number, x: number): number {
  let b = x + 1 - a
  let front = 1 / TINY
  let back = 1 / b
  let value = back
  for (let n = 1; n < MOST_TERMS; n++) {
    const numerator = -n * (n - a)
    b += 2
    back = 1 / awayFromZero(numerator * back + b)
    front = awayFromZero(b + numerator / front)
    const factor = back * front
    value *= factor
    if (Math.abs(factor - 1) < EPSILON) break
  }
  return value
}

function awayFromZero(value: number): number {
  return Math.abs(value) < TINY ? TINY : value
}

/** Coefficients of Lanczos' approximation with g = 7 and nine terms (Godfrey). */
const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313,
  -176.61502916214059, 12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6,
  1.5056327351493116e-7
]

/** ln Γ(a) for a > 0. */
function logGamma(a: number): number {
  if (a < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * a)) - logGamma(1 - a)
  const [first = 0, ...rest] = LANCZOS
  const sum = rest.reduce((total, coefficient, i) => total + coefficient / (a + i), first)
  const t = a + 6.5
  return 0.5 * Math.log(2 * Math.PI) + (a - 0.5) * Math.log(t) - t + Math.log(sum)
}
