import type { Random } from './random.js'

/** Draws from Gamma and Beta distributions, by one source of chance. */
export interface Draws {
  /** Of a gamma variable of scale 1. @param shape above 0 */
  gamma(shape: number): number
  /**
   * Of a beta variable, in [0, 1]. @param a above 0 @param b above 0
   * Shapes far below 1 give 0 or 1 where no number between is nearer.
   */
  beta(a: number, b: number): number
}

/** From here on U^(1/shape) is a number for every U. */
const SMALL = 0.05

/**
 * Marsaglia and Tsang's method (A simple method for generating gamma variables, 2000) with exact normals by Marsaglia's polar
 * method. Shapes below 1 are drawn one higher and multiplied by U^(1/shape): for small ones in logarithms, since it is smaller than any
 * number then, and a beta variable needs only the quotient of two.
 */
export function createDraws(random: Random): Draws {
  return new GammaDraws(random)
}

/**
 * What a beta variable exceeds with a probability of at most e^-exponent: a Bernstein bound (Skorski, Bernstein-type bounds for beta
 * distribution, 2023), not the smallest such number. In (0, 1].
 * @param a above 0 @param b above 0 @param exponent above 0
 */
export function betaBound(a: number, b: number, exponent: number): number {
  const sum = a + b
  const variance = (a * b) / (sum * sum * (sum + 1))
  const skew = b > a ? (2 * (b - a)) / (sum * (sum + 2)) : 0
  // The ε at which ε² / (2 · (variance + skew · ε / 3)) is the exponent.
  const half = (skew * exponent) / 3
  return Math.min(1, a / sum + half + Math.sqrt(half * half + 2 * variance * exponent))
}

class GammaDraws implements Draws {
  readonly #random: Random
  /** Normals come in pairs. */
  #spare = NaN

  constructor(random: Random) {
    this.#random = random
  }

  gamma(shape: number): number {
    if (shape >= 1) return this.#largeGamma(shape)
    return shape < SMALL
      ? Math.exp(this.#logGamma(shape))
      : this.#largeGamma(shape + 1) * this.#open() ** (1 / shape)
  }

  beta(a: number, b: number): number {
    if (a < SMALL || b < SMALL) return 1 / (1 + Math.exp(this.#logGamma(b) - this.#logGamma(a)))
    const x = this.gamma(a)
    return x / (x + this.gamma(b))
  }

  #logGamma(shape: number): number {
    return shape < 1
      ? Math.log(this.#largeGamma(shape + 1)) + Math.log(this.#open()) / shape
      : Math.log(this.#largeGamma(shape))
  }

  /** For shapes of 1 and more. */
  #largeGamma(shape: number): number {
    const d = shape - 1 / 3
    const c = 1 / Math.sqrt(9 * d)
    for (;;) {
      const x = this.#normal()
      const root = 1 + c * x
      if (root <= 0) continue
      const v = root * root * root
      const u = this.#open()
      const square = x * x
      // The squeeze spares nearly all logarithms.
      if (u < 1 - 0.0331 * square * square) return d * v
      if (Math.log(u) < 0.5 * square + d * (1 - v + Math.log(v))) return d * v
    }
  }

  #normal(): number {
    if (!Number.isNaN(this.#spare)) {
      const kept = this.#spare
      this.#spare = NaN
      return kept
    }
    for (;;) {
      const x = 2 * this.#open() - 1
      const y = 2 * this.#open() - 1
      const square = x * x + y * y
      if (square >= 1 || square === 0) continue
      const factor = Math.sqrt((-2 * Math.log(square)) / square)
      this.#spare = y * factor
      return x * factor
    }
  }

  /** In (0, 1): 0 has no logarithm. */
  #open(): number {
    return this.#random.uniform() + 2 ** -33
  }
}
