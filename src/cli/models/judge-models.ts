import { bootstrapIntervals, measure } from '../../learning/bootstrap.js'
import { evaluate, type Evaluation } from '../../learning/evaluation.js'
import {
  compareScores,
  judgeScores,
  type Bounded,
  type Resampling,
  type ScoreDifference,
  type ScoreJudgement
} from '../../learning/judge-scores.js'
import type { LogSums } from '../../learning/off-policy.js'
import type { ModelRows, ReadScores } from './read-scores.js'
import type { Roster, RosterModel } from './roster.js'
import type { RoleChange } from './role-log.js'

/** What is known of one model. */
export interface ModelJudgement {
  /** name@version. */
  readonly model: string
  readonly version: number
  readonly folder: string
  readonly sha256: string
  /** Since when it decides, RFC 3339: since it was promoted, else its first decision in the journal; null for others and where unknown. */
  readonly since: string | null
  readonly decisions: number
  /** Impressions that may still become a success. */
  readonly waiting: number
  /** null without impressions. */
  readonly scores: ScoreJudgement | null
  /** What the first slot would earn a decision if offers were ordered by this model; null without decisions that tell. */
  readonly value: Evaluation | null
}

/** A challenger less the champion, on what both have scored. */
export interface Difference {
  readonly scores: ScoreDifference | null
  /** Of the first slot's value a decision; null where the journal cannot carry either. */
  readonly value: Bounded | null
  /** In words, only where an interval leaves no doubt. */
  readonly verdicts: readonly string[]
}

export interface RosterJudgement {
  readonly name: string
  readonly champion: ModelJudgement
  readonly challengers: ReadonlyArray<ModelJudgement & { readonly difference: Difference }>
}

const SEED = 1
/** Of which as many are drawn as take some seconds. */
const MOST_RESAMPLES = 1000
const LEAST_RESAMPLES = 200
const MOST_ROWS_DRAWN = 2e7

/** Judges the models of one name by what was read of them. */
export function judgeRoster(
  { name, champion, challengers }: Roster,
  { models, pairs }: ReadScores,
  changes: readonly RoleChange[]
): RosterJudgement {
  const judged = ({ label }: RosterModel): ModelRows => models.get(label)!
  return {
    name,
    champion: {
      ...judge(champion, judged(champion)),
      since: sinceOf(champion, judged(champion), changes)
    },
    challengers: challengers.map(model => ({
      ...judge(model, judged(model)),
      difference: differenceOf(pairs.get(model.label)!)
    }))
  }
}

function judge(
  { label: model, spec: { version }, folder, sha256 }: RosterModel,
  { decisions, waiting, log, ...rows }: ModelRows
): ModelJudgement {
  const sums = log.finish()
  return {
    model,
    version,
    folder,
    sha256,
    since: null,
    decisions,
    waiting,
    scores: rows.labels.length === 0 ? null : judgeScores(rows, resamplingOf(rows.labels.length)),
    value: sums.decisions === 0 ? null : evaluate(sums, RESAMPLING)
  }
}

const RESAMPLING: Resampling = { seed: SEED, resamples: MOST_RESAMPLES }

function resamplingOf(rows: number): Resampling {
  const resamples = Math.floor(MOST_ROWS_DRAWN / Math.max(1, rows))
  return {
    seed: SEED,
    resamples: Math.min(MOST_RESAMPLES, Math.max(LEAST_RESAMPLES, resamples))
  }
}

function differenceOf(pair: NonNullable<ReturnType<ReadScores['pairs']['get']>>): Difference {
  const scores = compareScores(pair, resamplingOf(pair.labels.length)) ?? null
  const value = valueDifference(pair.log.finish(), pair.otherLog.finish())
  return { scores, value, verdicts: verdictsOf(scores, value) }
}

/** SNIPS of the other log less that of the first: two ratios over the same blocks. */
function valueDifference(own: LogSums, other: LogSums): Bounded | null {
  if (own.decisions === 0) return null
  const carried = [own, other].every(sums => evaluate(sums, RESAMPLING).verdict === 'estimates')
  if (!carried) return null
  const [champion, challenger] = [own, other].map(
    ({ estimators }) => estimators.find(({ id }) => id === 'snips')!.statistic
  )
  const difference = {
    base: champion!.correction.map(sum => -sum),
    rows: champion!.scale,
    correction: challenger!.correction,
    scale: challenger!.scale
  }
  const once = new Float64Array(difference.rows.length).fill(1)
  const [interval] = bootstrapIntervals([difference], RESAMPLING)
  return { value: measure(difference, once).value, ...interval! }
}

function verdictsOf(scores: ScoreDifference | null, value: Bounded | null): string[] {
  const words = (bounded: Bounded | undefined, up: string, down: string): string[] =>
    bounded === undefined || !(bounded.low > 0 || bounded.high < 0)
      ? []
      : [bounded.low > 0 ? up : down]
  return [
    ...words(scores?.auc, 'ranks better', 'ranks worse'),
    ...words(scores?.logLoss, 'its probabilities are worse', 'its probabilities are better'),
    ...words(value ?? undefined, 'would earn more', 'would earn less')
  ]
}

function sinceOf(
  { spec: { name, version } }: RosterModel,
  { firstDecidedMs }: ModelRows,
  changes: readonly RoleChange[]
): string | null {
  const last = changes.findLast(change => change.name === name)
  if (last?.champion === version) return last.time
  return firstDecidedMs === undefined ? null : new Date(firstDecidedMs).toISOString()
}
