import {
  LEAST_CARRYING,
  LEAST_EFFECTIVE_SIZE,
  type Evaluation,
  type WarningReason
} from '../../learning/evaluation.js'
import { figure, table, type Paint } from '../paint.js'
import type { ReadLog } from './read-log.js'

/** An evaluation for people: rows passed over, the weights, then the estimates or why there are none. */
export function describeEvaluation(
  evaluation: Evaluation,
  passedOver: Pick<ReadLog, 'failed' | 'errors'>,
  paint: Paint
): string {
  return [
    ...describeErrors(passedOver, paint),
    ...describeWeights(evaluation),
    '',
    ...(evaluation.verdict === 'estimates'
      ? describeEstimates([evaluation.logged, ...evaluation.estimates])
      : [
          paint.red('no estimates: this log cannot carry them'),
          ...evaluation.reasons.map(reason => `  ${SENTENCES[reason](evaluation)}`)
        ])
  ].join('\n')
}

function describeErrors({ failed, errors }: Pick<ReadLog, 'failed' | 'errors'>, paint: Paint) {
  if (failed === 0) return []
  const rows = errors.map(({ line, detail }) => [String(line), detail])
  return [
    ...table(['line', 'what is wrong'], rows, ['line']),
    paint.yellow(`${failed} bad ${failed === 1 ? 'row' : 'rows'} passed over`),
    ''
  ]
}

function describeWeights({ decisions, weights }: Evaluation): string[] {
  const rows = [
    ['decisions', String(decisions), ''],
    ['effective sample size', figure(weights.effectiveSampleSize), ''],
    ['mean weight', figure(weights.mean), `± ${figure(weights.standardError)}, 1 expected`],
    ['largest weight', figure(weights.largest), `${percent(weights.largestShare)} of all weight`],
    ['decisions without weight', percent(weights.zeroShare), '']
  ]
  return table(['the log', 'value', ''], rows, ['value'])
}

function describeEstimates(
  estimates: Extract<Evaluation, { verdict: 'estimates' }>['estimates']
): string[] {
  const rows = estimates.map(({ title, value, low, high }) => [
    title,
    figure(value),
    figure(low),
    figure(high)
  ])
  return table(['mean reward', 'value', '95 % from', 'to'], rows, ['value', '95 % from', 'to'])
}

const SENTENCES: Readonly<Record<WarningReason, (evaluation: Evaluation) => string>> = {
  no_overlap: () =>
    'the other policy would have made none of these decisions; it can only be tried, or explored towards',
  effective_sample_size: ({ weights: { effectiveSampleSize } }) =>
    `the effective sample size is ${figure(effectiveSampleSize)}, and ${LEAST_EFFECTIVE_SIZE} are needed; take a longer log, or a policy nearer to the logged one`,
  mean_weight: ({ weights: { mean, standardError } }) =>
    `the mean weight is ${figure(mean)} ± ${figure(standardError)} where 1 is expected; the probabilities are not those of these decisions, or offers of the other policy were never tried`,
  carrying_decisions: ({ carryingDecisions }) =>
    carryingDecisions === 0
      ? 'all rewards with weight are alike, so nothing tells how far chance reaches; take a longer log'
      : `only ${figure(carryingDecisions)} decisions carry the rewards, and ${LEAST_CARRYING} are needed; take a longer log`
}

function percent(share: number): string {
  return `${figure(share * 100)} %`
}
