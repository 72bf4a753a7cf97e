/** How many of the smallest coin make one unit of a currency (ISO 4217): 100 for EUR, 1 for JPY. */
export function minorUnits(currency: string): number {
  const format = new Intl.NumberFormat('en', { style: 'currency', currency })
  return 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2)
}
