/**
 * Area under the ROC curve: the probability that a random positive scores above a random negative, ties counting half
 * (the Mann-Whitney statistic). NaN without both labels.
 */
export function auc(scores: ArrayLike<number>, labels: ArrayLike<number>): number {
  const order = Array.from({ length: scores.length }, (_, i) => i).sort(
    (i, j) => scores[i]! - scores[j]!
  )
  let positives = 0
  let rankSum = 0
  for (let start = 0; start < order.length; ) {
    let end = start
    while (end < order.length && scores[order[end]!] === scores[order[start]!]) end++
    const meanRank = (start + end + 1) / 2
    for (let i = start; i < end; i++) {
      if (labels[order[i]!] !== 1) continue
      positives++
      rankSum += meanRank
    }
    start = end
  }
  const negatives = order.length - positives
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * negatives)
}

/** Mean negative log likelihood in nats; probabilities are kept 1e-15 away from 0 and 1. */
export function logLoss(probabilities: ArrayLike<number>, labels: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < probabilities.length; i++) {
    const p = Math.min(1 - 1e-15, Math.max(1e-15, probabilities[i]!))
    sum -= Math.log(labels[i] === 1 ? p : 1 - p)
  }
  return sum / probabilities.length
}

/** Rows of about the same predicted probability: what was predicted and what happened. */
export interface CalibrationBin {
  readonly from: number
  readonly to: number
  readonly rows: number
  /** Mean of the predictions. */
  readonly predicted: number
  /** Share of positives. */
  readonly observed: number
}

/** Sorts the rows by prediction and cuts them into `bins` parts of equal size (to one row). */
export function calibrationTable(
  probabilities: ArrayLike<number>,
  labels: ArrayLike<number>,
  bins = 10
): CalibrationBin[] {
  const order = Array.from({ length: probabilities.length }, (_, i) => i).sort(
    (i, j) => probabilities[i]! - probabilities[j]! || i - j
  )
  const table: CalibrationBin[] = []
  for (let bin = 0; bin < bins; bin++) {
    const rows = order.slice(
      Math.floor((bin * order.length) / bins),
      Math.floor(((bin + 1) * order.length) / bins)
    )
    if (rows.length === 0) continue
    const mean = (of: ArrayLike<number>): number =>
      rows.reduce((sum, row) => sum + of[row]!, 0) / rows.length
    table.push({
      from: probabilities[rows[0]!]!,
      to: probabilities[rows.at(-1)!]!,
      rows: rows.length,
      predicted: mean(probabilities),
      observed: mean(labels)
    })
  }
  return table
}

/** How far predictions are from what happened: the mean of |predicted − observed| over the bins, weighted by rows. */
export function calibrationError(table: readonly CalibrationBin[]): number {
  const rows = table.reduce((sum, bin) => sum + bin.rows, 0)
  return (
    table.reduce((sum, bin) => sum + Math.abs(bin.predicted - bin.observed) * bin.rows, 0) / rows
  )
}
