import type { Evaluation } from '../../learning/evaluation.js'
import type { Bounded } from '../../learning/judge-scores.js'
import { figure, table, type Paint } from '../paint.js'
import type { Difference, ModelJudgement, RosterJudgement } from './judge-models.js'
import type { RoleChange } from './role-log.js'

/** The models for people. */
export function describeRosters(rosters: readonly RosterJudgement[], paint: Paint): string[] {
  if (rosters.length === 0) return ['There are no models.']
  return rosters.flatMap((roster, i) => [
    ...(i === 0 ? [] : ['']),
    ...describeRoster(roster, paint)
  ])
}

const HEAD = [
  'role',
  'model',
  'file',
  'since',
  'decisions',
  'impressions',
  'positives',
  'AUC',
  '95 %',
  'log loss',
  'calibration error',
  'mean score',
  'observed'
]
const RIGHT = HEAD.filter(title => !['role', 'model', 'file', 'since', '95 %'].includes(title))

function describeRoster({ name, champion, challengers }: RosterJudgement, paint: Paint): string[] {
  const models = [champion, ...challengers]
  const waiting = Math.max(...models.map(each => each.waiting))
  return [
    paint.bold(name),
    ...table(
      HEAD,
      models.map((model, i) => rowOf(i === 0 ? 'champion' : 'challenger', model)),
      RIGHT
    ),
    ...(waiting > 0
      ? [paint.yellow(`${waiting} impressions may still become a success; they count as none yet`)]
      : []),
    ...models.flatMap(({ model, value }) => describeValue(model, value)),
    ...challengers.map(({ model, difference }) =>
      describeDifference(`${model} against ${champion.model}`, difference, paint)
    )
  ]
}

function rowOf(role: string, { model, sha256, since, decisions, scores }: ModelJudgement) {
  const head = [role, model, sha256.slice(0, 12), since?.slice(0, 16) ?? '', String(decisions)]
  if (scores === null) return [...head, '0']
  const { impressions, positives, auc, logLoss, calibrationError, meanScore, observedRate } = scores
  return [
    ...head,
    String(impressions),
    String(positives),
    auc === undefined ? 'too few' : figure(auc.value),
    auc === undefined ? '' : rangeOf(auc),
    ...[logLoss, calibrationError, meanScore, observedRate].map(figure)
  ]
}

function describeValue(model: string, value: Evaluation | null): string[] {
  if (value === null) return []
  if (value.verdict === 'warning')
    return [
      `ordering by ${model}: what it would earn cannot be told from ${value.decisions} decisions (${value.reasons.map(reason => REASONS[reason]).join('; ')})`
    ]
  const snips = value.estimates.find(({ estimator }) => estimator === 'snips')!
  return [
    `ordering by ${model} would earn ${figure(snips.value)} (${rangeOf(snips)}) a decision; what decided earned ${figure(value.logged.value)}`
  ]
}

const REASONS = {
  no_overlap: 'it would have made none of them',
  effective_sample_size: 'too few are as it would have made them',
  mean_weight: 'some of what it would show was never tried; explore more',
  carrying_decisions: 'too few of them earned anything'
} as const

function describeDifference(
  title: string,
  { scores, value, verdicts }: Difference,
  paint: Paint
): string {
  const parts = [
    ...(scores === null
      ? ['too few impressions that both scored']
      : [
          `AUC ${signed(scores.auc)}`,
          `log loss ${signed(scores.logLoss)}`,
          `${scores.impressions} impressions`
        ]),
    ...(value === null ? [] : [`a decision earns ${signed(value)}`])
  ]
  const verdict =
    verdicts.length > 0 ? paint.bold(verdicts.join(', ')) : paint.yellow('no difference is certain')
  return `${title}: ${parts.join(', ')}: ${verdict}`
}

function signed(bounded: Bounded): string {
  return `${bounded.value < 0 ? '' : '+'}${figure(bounded.value)} (${rangeOf(bounded)})`
}

function rangeOf({ low, high }: { low: number; high: number }): string {
  return `${figure(low)} to ${figure(high)}`
}

/** The changes of roles for people, the newest first. */
export function describeChanges(changes: readonly RoleChange[]): string[] {
  if (changes.length === 0) return ['No model was ever promoted or demoted here.']
  const rows = changes.map(({ time, by, action, name, champion, former, reason }) => [
    time.slice(0, 19),
    by,
    `${action}d`,
    `${name}@${champion}`,
    `${name}@${former}`,
    reason
  ])
  return table(['time', 'by', 'what', 'decides', 'in place of', 'reason'], rows.reverse())
}
