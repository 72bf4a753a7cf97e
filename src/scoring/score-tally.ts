/**
 * What a model has said since it was loaded, by offer index, trials and examples included. Plain columns, so that counting costs a
 * decision two additions an offer; whoever wants figures reads them when they are wanted.
 */
export interface ScoreTally {
  readonly sums: Float64Array
  readonly counts: Float64Array
}

export function createTally(offers: number): ScoreTally {
  return { sums: new Float64Array(offers), counts: new Float64Array(offers) }
}

/** Adds scores: one for each of the offers, or one for all of them. */
export function tallyScores(
  { sums, counts }: ScoreTally,
  offers: Int32Array,
  scores: Float64Array
): void {
  for (let i = 0; i < offers.length; i++) {
    const offer = offers[i]!
    sums[offer]! += scores.length === 1 ? scores[0]! : scores[i]!
    counts[offer]!++
  }
}
