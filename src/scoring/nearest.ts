/** The name that was probably meant: the one the fewest edits away, when that is no more than a third of its length (at least one). */
export function nearest(wrong: string, names: readonly string[]): string | undefined {
  let best: string | undefined
  let fewest = Infinity
  for (const name of names) {
    const edits = editsBetween(wrong.toLowerCase(), name.toLowerCase())
    if (edits < fewest && edits <= Math.max(1, Math.floor(name.length / 3))) {
      best = name
      fewest = edits
    }
  }
  return best
}

/** Levenshtein distance, one row at a time. */
function editsBetween(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const swapped = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(swapped, row[j]! + 1, next[j - 1]! + 1))
    }
    row = next
  }
  return row[b.length]!
}
