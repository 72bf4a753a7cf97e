/** What one thing costs against another, from pairs of neighbouring measurements. */
export interface PairedRatio {
  /** Σ of the one / Σ of the other: what comes in lumps, such as garbage collection, counts as often as it happens. */
  readonly ratio: number
  /** Its 95 % interval by the delta method. */
  readonly low: number
  readonly high: number
  /** Of the pairs' own ratios: what a typical moment says. */
  readonly median: number
  readonly pairs: number
}

/** @param pairs cost of the one and of the other, measured one right after the other; at least two */
export function pairedRatio(pairs: ReadonlyArray<readonly [number, number]>): PairedRatio {
  const sum = (values: readonly number[]): number =>
    values.reduce((total, value) => total + value, 0)
  const base = sum(pairs.map(([, other]) => other))
  const ratio = sum(pairs.map(([one]) => one)) / base
  const n = pairs.length
  const spread = sum(pairs.map(([one, other]) => (one - ratio * other) ** 2))
  const margin = (1.96 * Math.sqrt((spread * n) / (n - 1))) / base
  const typical = median(pairs.map(([one, other]) => one / other))
  return { ratio, low: ratio - margin, high: ratio + margin, median: typical, pairs: n }
}

/** `× 1.073 (95 % interval 1.051 to 1.095, median 1.070, 100 pairs)` */
export function ratioText({ ratio, low, high, median, pairs }: PairedRatio): string {
  return `× ${ratio.toFixed(3)} (95 % interval ${low.toFixed(3)} to ${high.toFixed(3)}, median ${median.toFixed(3)}, ${pairs} pairs)`
}

/** `1.07 (1.05 to 1.10)`: for tables. */
export function shortRatio({ ratio, low, high }: PairedRatio): string {
  return `${ratio.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)})`
}

/** The middle value, or the upper one of the middle two; NaN of none. */
export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN
}

const PAIRS = Number(process.env['BENCH_PAIRS'] ?? 30)
const WARMING_PAIRS = 3

/** Measures two things in turns; which goes first changes, so that what one leaves behind meets both. */
export async function inPairs(
  one: () => Promise<number>,
  other: () => Promise<number>
): Promise<Array<[number, number]>> {
  const pairs: Array<[number, number]> = []
  for (let i = 0; i < PAIRS + WARMING_PAIRS; i++) {
    const first = i % 2 === 0 ? await one() : undefined
    const second = await other()
    pairs.push([first ?? (await one()), second])
  }
  return pairs.slice(WARMING_PAIRS)
}
