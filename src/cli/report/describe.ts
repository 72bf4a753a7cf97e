import { figure, table, type Paint } from '../paint.js'
import type { ExperimentRatio } from './alarms.js'
import type { ChanceFigures, FeatureFigure, Lift, ModelFigures, OfferFigures } from './judge.js'

/** Everything that a report says, as --json prints it. */
export interface Report {
  readonly decisions: number
  readonly offers: readonly OfferFigures[]
  readonly models: readonly ModelFigures[]
  /** null where propensities are drawn: then nobody noted which offer was the best; and where no decision tells. */
  readonly chance: ChanceFigures | null
  readonly lifts: readonly Lift[]
  readonly experiments: readonly ExperimentRatio[]
  readonly alarms: readonly string[]
}

/** The report for people: alarms last, where they are seen. */
export function describeReport(report: Report, paint: Paint): string[] {
  const { decisions, offers, models, chance, lifts, experiments, alarms } = report
  if (decisions === 0) return ['The journal has no decisions of this period.']
  return [
    `${decisions} decisions`,
    ...section(OFFER_HEAD, offers.map(offerRow)),
    ...section(MODEL_HEAD, models.map(modelRow)),
    ...(chance === null || chance.share === 0 ? [] : ['', chanceText(chance)]),
    ...section(LIFT_HEAD, lifts.map(liftRow)),
    ...section(
      ['experiment', 'sample ratio', 'p'],
      experiments.map(({ experiment, sampleRatio: { verdict, pValue } }) => [
        experiment,
        verdict === 'too_few' ? 'too few to tell' : verdict,
        figure(pValue)
      ])
    ),
    '',
    ...(alarms.length === 0
      ? [paint.green('No figure has left its bounds.')]
      : alarms.map(alarm => paint.red(`ALARM ${alarm}`)))
  ]
}

const OFFER_HEAD = [
  'offer',
  'placed',
  'shown',
  'positive',
  'rate',
  'from',
  'to',
  'rejected',
  'value'
]
const MODEL_HEAD = [
  'model',
  'shown',
  'AUC',
  'calibration error',
  'predicted',
  'observed',
  'least stable',
  'most outside'
]
const LIFT_HEAD = [
  'group',
  'against',
  'customers',
  'lift',
  'from',
  'to',
  'value lift',
  'value from',
  'value to'
]
/** Names stand on the left, figures on the right. */
const TEXTS = [
  'offer',
  'model',
  'group',
  'against',
  'experiment',
  'sample ratio',
  'least stable',
  'most outside'
]

function section(head: readonly string[], rows: ReadonlyArray<readonly string[]>): string[] {
  if (rows.length === 0) return []
  return [
    '',
    ...table(
      head,
      rows,
      head.filter(name => !TEXTS.includes(name))
    )
  ]
}

function offerRow({
  offer,
  placed,
  shown,
  positive,
  rate,
  low,
  high,
  rejected,
  value
}: OfferFigures) {
  return [
    offer,
    ...[placed, shown, positive].map(String),
    ...(rate === null ? ['', '', ''] : [rate, low, high].map(percent)),
    String(rejected),
    figure(value)
  ]
}

function modelRow(one: ModelFigures): string[] {
  return [
    one.model,
    String(one.shown),
    one.auc === null ? '' : one.auc.toFixed(3),
    one.calibrationError.toFixed(4),
    percent(one.predicted),
    percent(one.observed),
    worst(one.stability),
    worst(one.outside)
  ]
}

function liftRow({ group, arm, against, customers, ...lift }: Lift): string[] {
  return [
    arm === null ? group : `${group} ${arm}`,
    against,
    String(customers),
    ...[lift.lift, lift.low, lift.high, lift.valueLift, lift.valueLow, lift.valueHigh].map(figure)
  ]
}

function chanceText({ slots, share, priorityOfBest, priorityCost }: ChanceFigures): string {
  const cost = `${figure(priorityCost)} of ${figure(priorityOfBest)} in priority a slot`
  return `chance filled ${percent(share)} of ${slots} first slots with another than the best, at an estimated ${cost}`
}

function worst([first]: readonly FeatureFigure[]): string {
  return first === undefined ? '' : `${first.feature} ${figure(first.figure)}`
}

function percent(share: number): string {
  return `${(share * 100).toFixed(2)} %`
}
