import type { SampleRatio } from '../../decisioning/experiments/experiment-report.js'
import { figure } from '../paint.js'
import { FEWEST_SHOWN, type ModelFigures } from './judge.js'

/** What figures may not leave. */
export interface Bounds {
  /** Greatest calibration error. */
  readonly calibration: number
  /** Least AUC. */
  readonly auc: number
  /** Greatest stability index of a feature. */
  readonly stability: number
  /** Greatest share of a feature's values that the model was not trained on. */
  readonly outside: number
}

/** An experiment, and whether its arms have as many customers as they should. */
export interface ExperimentRatio {
  readonly experiment: string
  readonly sampleRatio: SampleRatio
}

/** A sentence for every figure that has left its bounds; nothing of models that were shown too seldom to tell. */
export function alarmsOf(
  models: readonly ModelFigures[],
  experiments: readonly ExperimentRatio[],
  bounds: Bounds
): string[] {
  return [
    ...models
      .filter(({ shown }) => shown >= FEWEST_SHOWN)
      .flatMap(one => alarmsOfModel(one, bounds)),
    ...experiments
      .filter(({ sampleRatio }) => sampleRatio.verdict === 'mismatch')
      .map(
        ({ experiment, sampleRatio }) =>
          `experiment ${experiment}: sample ratio mismatch, p = ${figure(sampleRatio.pValue)}`
      )
  ]
}

function alarmsOfModel(
  { model, auc, calibrationError, stability, outside }: ModelFigures,
  bounds: Bounds
): string[] {
  const above = (what: string, value: number, bound: number): string[] =>
    value > bound ? [`model ${model}: ${what} ${figure(value)} above ${bound}`] : []
  return [
    ...above('calibration error', calibrationError, bounds.calibration),
    ...(auc !== null && auc < bounds.auc
      ? [`model ${model}: AUC ${figure(auc)} below ${bounds.auc}`]
      : []),
    ...stability.flatMap(one =>
      above(`stability index of ${one.feature}`, one.figure, bounds.stability)
    ),
    ...outside.flatMap(one =>
      above(`share of ${one.feature} outside training`, one.figure, bounds.outside)
    )
  ]
}
