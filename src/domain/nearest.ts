/** Names longer than this are no slips of the pen. */
const LONGEST_NAME = 64

/**
 * The candidate that a mistyped name most likely means: the one with the smallest edit distance, at most a third of
 * its length (one edit for short names). undefined where none is near. Ties fall to the earlier candidate.
 * Names come from callers and candidates may be thousands, so what is far away is told by its length and its letters.
 */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  if (name.length > LONGEST_NAME) return undefined
  const text = name.toLowerCase()
  const letters = lettersOf(text)
  const rows = Array.from({ length: 3 }, () => new Uint8Array(4 * LONGEST_NAME))
  let best: string | undefined
  let bestDistance = Infinity
  for (const candidate of candidates) {
    const other = candidate.toLowerCase()
    const limit = Math.min(
      bestDistance - 1,
      Math.max(1, Math.floor(Math.max(text.length, candidate.length) / 3))
    )
    // An edit changes the length by one at most, and takes away one letter, or brings one, or both.
    if (Math.abs(text.length - other.length) > limit) continue
    if (countBits(letters ^ lettersOf(other)) > 2 * limit) continue
    const distance = editDistance(text, other, limit, rows)
    if (distance <= limit) {
      best = candidate
      bestDistance = distance
      if (distance === 0) break
    }
  }
  return best
}

/** Which letters a text has, as bits; some letters share one. */
function lettersOf(text: string): number {
  let letters = 0
  for (let i = 0; i < text.length; i++) letters |= 1 << (text.charCodeAt(i) & 31)
  return letters
}

function countBits(bits: number): number {
  let count = 0
  for (let rest = bits; rest !== 0; rest &= rest - 1) count++
  return count
}

/**
 * Optimal string alignment distance (insert, delete, replace, swap neighbours); more than the limit once it must exceed it. Only
 * cells at most `limit` from the diagonal can stay within it. @param rows room for three rows, longer than b by two
 */
function editDistance(a: string, b: string, limit: number, rows: readonly Uint8Array[]): number {
  const beyond = limit + 1
  let [before, previous, current] = rows as [Uint8Array, Uint8Array, Uint8Array]
  for (let j = 0; j <= b.length + 1; j++) previous[j] = Math.min(j, beyond)
  for (let i = 1; i <= a.length; i++) {
    const from = Math.max(1, i - limit)
    const to = Math.min(b.length, i + limit)
    current[from - 1] = from === 1 ? Math.min(i, beyond) : beyond
    let least = current[from - 1]!
    for (let j = from; j <= to; j++) {
      const same = a.charCodeAt(i - 1) === b.charCodeAt(j - 1)
      let distance = Math.min(
        previous[j]! + 1,
        current[j - 1]! + 1,
        previous[j - 1]! + (same ? 0 : 1)
      )
      if (i > 1 && j > 1 && isSwap(a, i, b, j)) distance = Math.min(distance, before[j - 2]! + 1)
      current[j] = Math.min(distance, beyond)
      least = Math.min(least, distance)
    }
    current[to + 1] = beyond
    if (least > limit) return beyond
    ;[before, previous, current] = [previous, current, before]
  }
  return previous[b.length]!
}

function isSwap(a: string, i: number, b: string, j: number): boolean {
  return a.charCodeAt(i - 1) === b.charCodeAt(j - 2) && a.charCodeAt(i - 2) === b.charCodeAt(j - 1)
}
