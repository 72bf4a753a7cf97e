/** When something was done at the earliest and at the latest, ms since 1970. */
export interface Span {
  readonly fromMs: number
  readonly toMs: number
}

/**
 * The most of what surely lies within one window of the length, whenever it begins; with its beginning.
 * What may lie outside of it is not counted, so more than a limit is an excess for sure.
 */
export function mostWithin(
  spans: readonly Span[],
  windowMs: number
): { readonly count: number; readonly fromMs: number } {
  const sorted = [...spans].sort((one, other) => one.fromMs - other.fromMs)
  let most = { count: 0, fromMs: 0 }
  sorted.forEach(({ fromMs }, first) => {
    let count = 0
    for (let i = first; i < sorted.length && sorted[i]!.fromMs < fromMs + windowMs; i++)
      if (sorted[i]!.toMs < fromMs + windowMs) count++
    if (count > most.count) most = { count, fromMs }
  })
  return most
}

/** Values under the keys that they give. */
export function groupBy<Value, Key>(
  values: Iterable<Value>,
  keyOf: (value: Value) => Key
): Map<Key, Value[]> {
  const groups = new Map<Key, Value[]>()
  for (const value of values) {
    const group = groups.get(keyOf(value))
    if (group === undefined) groups.set(keyOf(value), [value])
    else group.push(value)
  }
  return groups
}

/** The value below which that share of the values lies; NaN of none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}
