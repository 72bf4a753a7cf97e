import { auc, calibrationError, calibrationTable, logLoss } from '../../learning/metrics.js'

/** How good probabilities are on rows that nothing was fitted on. */
export interface Measures {
  readonly auc: number
  /** Mean, in nats. */
  readonly logLoss: number
  /** Mean of |predicted − observed| over ten equal parts. */
  readonly calibrationError: number
}

export function measure(probabilities: Float64Array, labels: Uint8Array): Measures {
  return {
    auc: auc(probabilities, labels),
    logLoss: logLoss(probabilities, labels),
    calibrationError: calibrationError(calibrationTable(probabilities, labels))
  }
}

/** Rows held out, and what a model says of them. */
export interface Held {
  readonly labels: Uint8Array
  /** The model's own output, and what its calibration makes of it. */
  readonly raw: Float64Array
  readonly probabilities: Float64Array
}

/** The section of a card that says how good a model is. */
export function measuresSection(
  { labels, raw, probabilities }: Held,
  baseRate: number,
  isCalibrated: boolean
): string {
  const { auc, logLoss: loss, calibrationError: error } = measure(probabilities, labels)
  return `On the rows held out:

| measure | value | when always saying the base rate |
|---|---|---|
| AUC | ${auc.toFixed(4)} | 0.5 |
| log loss | ${loss.toFixed(4)} | ${logLoss(new Float64Array(labels.length).fill(baseRate), labels).toFixed(4)} |
| calibration error (mean of \\|predicted − observed\\| below) | ${error.toFixed(4)} | |
${isCalibrated ? `| log loss before calibration | ${logLoss(raw, labels).toFixed(4)} | |\n` : ''}
Ten equal parts by predicted probability:

| predicted from | to | rows | mean predicted | observed |
|---|---|---|---|---|
${calibrationTable(probabilities, labels)
  .map(
    bin =>
      `| ${[bin.from, bin.to].map(x => x.toFixed(4)).join(' | ')} | ${bin.rows} | ${[bin.predicted, bin.observed].map(x => x.toFixed(4)).join(' | ')} |`
  )
  .join('\n')}`
}
