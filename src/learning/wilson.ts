/** Two-sided 95 % of the normal distribution. */
export const Z_95 = 1.959964

/** Wilson's 95 % interval of a share (E. B. Wilson 1927); [0, 1] without rows. */
export function wilsonInterval(positives: number, rows: number): { low: number; high: number } {
  if (rows === 0) return { low: 0, high: 1 }
  const share = positives / rows
  const middle = share + Z_95 ** 2 / (2 * rows)
  const reach = Z_95 * Math.sqrt((share * (1 - share)) / rows + Z_95 ** 2 / (4 * rows ** 2))
  const scale = 1 + Z_95 ** 2 / rows
  return {
    low: Math.max(0, (middle - reach) / scale),
    high: Math.min(1, (middle + reach) / scale)
  }
}
