import type { Random } from '../../learning/random.js'

/** One of the choices, each with the weight beside it. */
export function pick<T>(random: Random, choices: ReadonlyArray<readonly [T, number]>): T {
  let left = random.uniform() * choices.reduce((sum, [, weight]) => sum + weight, 0)
  for (const [choice, weight] of choices) {
    left -= weight
    if (left < 0) return choice
  }
  return choices[0]![0]
}

export function between(low: number, high: number, value: number): number {
  return Math.min(high, Math.max(low, value))
}

/** Attributes are rounded, so that the last bits of a platform's arithmetic never show. */
export function round(value: number, digits: number): number {
  return Number(value.toFixed(digits))
}
