/**
 * The candidate that a mistyped name most likely means: the one with the smallest edit distance, at most a third of
 * its length (one edit for short names). undefined where none is near. Ties fall to the earlier candidate.
 */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  const text = name.toLowerCase()
  let best: string | undefined
  let bestDistance = Infinity
  for (const candidate of candidates) {
    const limit = Math.min(
      bestDistance - 1,
      Math.max(1, Math.floor(Math.max(text.length, candidate.length) / 3))
    )
    const distance = editDistance(text, candidate.toLowerCase(), limit)
    if (distance <= limit) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

/** Optimal string alignment distance (insert, delete, replace, swap neighbours); Infinity once it must exceed the limit. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return Infinity
  let before: number[] = []
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const current = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      let distance = Math.min(previous[j]! + 1, current[j - 1]! + 1, replaced)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        distance = Math.min(distance, before[j - 2]! + 1)
      current.push(distance)
    }
    if (Math.min(...current) > limit) return Infinity
    before = previous
    previous = current
  }
  return previous[b.length] ?? Infinity
}
