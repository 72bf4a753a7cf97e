import type { DuckDBConnection } from '@duckdb/node-api'
import type {
  DecisionOutcomes,
  JournalCandidate,
  JournalFeatures,
  JournalPlacing,
  JournalScore,
  OutcomesWanted,
  PlacingOutcome
} from '../../domain/journal.js'
import { instant, quoted, type Database } from './database.js'
import { listFiles, type SegmentFile } from './files.js'

/** Who tells of an offer that was answered has so long to do so: as long as tokens live. */
const TOLD_WITHIN_MS = 7 * 86_400_000
/** Clocks of callers, services and the store differ, so that what is told of a decision may seem to be older than it. */
const CLOCKS_DIFFER_MS = 3_600_000

/**
 * What came of the decisions of a period. An interaction with a token belongs to the decision of its token. Without one, an
 * impression belongs to the newest decision before it that placed the offer for the customer, and an answer to the last touch: the
 * newest impression of the offer to the customer before it. Everything counts at its own time, however late it was told.
 * Joined by the database, which takes to the disk what does not fit into its memory.
 */
export async function* readOutcomes(
  database: Database,
  folder: string,
  wanted: OutcomesWanted
): AsyncGenerator<DecisionOutcomes> {
  const oldestMs = wanted.period.fromMs - CLOCKS_DIFFER_MS
  const files = (await listFiles(folder)).filter(({ lastMs }) => lastMs >= oldestMs)
  const decisions = files.filter(({ kind }) => kind === 'decisions')
  if (decisions.length === 0) return
  const connection = await database.connect()
  try {
    await connection.run(keptSql(decisions, wanted))
    await connection.run(PLACES_SQL)
    await connection.run(
      toldSql(
        files.filter(({ kind }) => kind === 'events'),
        wanted
      )
    )
    await connection.run(SHOWN_SQL)
    await connection.run(ANSWERED_SQL, { waits: wanted.windowMs })
    await connection.run(cameSql(wanted.positives))
    yield* outcomesFrom(connection, decisions, wanted)
  } finally {
    connection.closeSync()
  }
}

/** The decisions, each once, with where to find them again; those after the period too, since what comes later may be theirs. */
function keptSql(files: readonly SegmentFile[], { period, windowMs }: OutcomesWanted): string {
  const untilMs = period.toMs + TOLD_WITHIN_MS + windowMs
  return `CREATE TEMP TABLE kept AS
    SELECT id, customer, epoch_ms(time) AS time, filename AS file, file_row_number AS row,
      list_transform(placed, lambda p: {'placement': p.placement, 'offer': p.offer}) AS places
    FROM ${rowsOf(files)}
    WHERE time >= ${instant(period.fromMs)} AND time < ${instant(untilMs)}
    QUALIFY row_number() OVER (PARTITION BY id ORDER BY recorded, filename, file_row_number) = 1`
}

/** The newest decision by customer, offer and instant: once for its placement, once for impressions that name none. */
const PLACES_SQL = `CREATE TEMP TABLE places AS
  SELECT customer, offer, spot, time, max({'decision': id, 'placement': placement}) AS place
  FROM (
    SELECT id, customer, time, p.placement, p.offer, unnest(['', p.placement]) AS spot
    FROM (SELECT id, customer, time, unnest(places) AS p FROM kept)
  ) GROUP BY ALL`

/** Interactions with offers, each once. */
function toldSql(files: readonly SegmentFile[], { period, windowMs }: OutcomesWanted): string {
  const columns = 'type, customer, offer, placement, decision_id, value, epoch_ms(time) AS time'
  const untilMs = period.toMs + TOLD_WITHIN_MS + windowMs
  if (files.length === 0) return `CREATE TEMP TABLE told (${NOTHING_TOLD})`
  return `CREATE TEMP TABLE told AS SELECT ${columns} FROM (
      SELECT * FROM ${rowsOf(files)} WHERE offer IS NOT NULL
      QUALIFY row_number() OVER (PARTITION BY customer, source, id ORDER BY recorded, filename, file_row_number) = 1
    ) WHERE time >= ${instant(period.fromMs - CLOCKS_DIFFER_MS)} AND time < ${instant(untilMs)}`
}

const NOTHING_TOLD = `type VARCHAR, customer VARCHAR, offer VARCHAR, placement VARCHAR, decision_id VARCHAR, value DOUBLE, time BIGINT`

/** Impressions with their decisions. */
const SHOWN_SQL = `CREATE TEMP TABLE shown AS
  SELECT decision_id AS decision, placement, offer, customer, time FROM told
  WHERE type = 'impression' AND decision_id IS NOT NULL
  UNION ALL
  SELECT place.decision, place.placement, i.offer, i.customer, i.time
  FROM (SELECT *, coalesce(placement, '') AS spot FROM told WHERE type = 'impression' AND decision_id IS NULL) i
  ASOF JOIN places p ON p.customer = i.customer AND p.offer = i.offer AND p.spot = i.spot AND p.time <= i.time
  WHERE i.time - p.time <= ${TOLD_WITHIN_MS}`

/** Answers within the window, with the impression that each of them answers. */
const ANSWERED_SQL = `CREATE TEMP TABLE answered AS
  WITH answers AS (SELECT * FROM told WHERE type <> 'impression'), touches AS (
    SELECT customer, offer, time, max({'decision': decision, 'placement': placement}) AS place FROM shown GROUP BY ALL
  )
  SELECT * FROM (
    SELECT s.decision, s.placement, s.offer, s.time AS shown, a.type, a.time, a.value FROM answers a
    ASOF JOIN shown s ON s.decision = a.decision_id AND s.offer = a.offer AND s.placement = a.placement AND s.time <= a.time
    WHERE a.decision_id IS NOT NULL
    UNION ALL
    SELECT t.place.decision, t.place.placement, t.offer, t.time AS shown, a.type, a.time, a.value FROM answers a
    ASOF JOIN touches t ON t.customer = a.customer AND t.offer = a.offer AND t.time <= a.time
    WHERE a.decision_id IS NULL
  ) WHERE time - shown <= $waits`

/** By placed offer that was shown: what came. What comes after the first reject or ignore of an impression no longer counts. */
function cameSql(positives: OutcomesWanted['positives']): string {
  const successes = Object.entries(positives)
    .map(([offer, type]) => `(${quoted(offer)}, ${quoted(type)})`)
    .join(', ')
  return `CREATE TEMP TABLE came AS
  WITH counted AS (
    SELECT *, time <= coalesce(min(time) FILTER (type IN ('reject', 'ignore'))
      OVER (PARTITION BY decision, placement, offer, shown), time) AS waited
    FROM answered
  ), answers AS (
    SELECT decision, placement, offer,
      bool_or(waited AND type = coalesce(success, 'accept')) AS positive,
      coalesce(sum(value) FILTER (waited AND type = 'convert'),
        sum(value) FILTER (waited AND type = coalesce(success, 'accept'))) AS value,
      bool_or(type = 'reject') AS rejected
    FROM counted LEFT JOIN (VALUES ${successes}) positives(named, success) ON named = offer GROUP BY ALL
  ), firsts AS (
    SELECT decision, placement, offer, min(time) AS shown FROM shown GROUP BY ALL
  )
  SELECT decision, list({'placement': placement, 'offer': offer, 'shownMs': shown::DOUBLE,
    'positive': coalesce(positive, false), 'value': value, 'rejected': coalesce(rejected, false)}) AS came
  FROM firsts LEFT JOIN answers USING (decision, placement, offer) GROUP BY decision`
}

/** A row as the last query gives it. */
type Row = Omit<
  DecisionOutcomes,
  'placed' | 'features' | 'facts' | 'experiments' | 'candidates' | 'scores'
> & {
  readonly experiments: ReadonlyArray<{ readonly experiment: string; readonly arm: string }>
  readonly placed: ReadonlyArray<JournalPlacing & { readonly model: string | null }>
  readonly candidates: readonly JournalCandidate[] | null
  readonly scores: readonly JournalScore[] | null
  readonly features: string | null
  readonly facts: string | null
  readonly came: ReadonlyArray<
    Pick<PlacingOutcome, 'placement' | 'offer' | 'shownMs' | 'positive' | 'value' | 'rejected'>
  > | null
}

async function* outcomesFrom(
  connection: DuckDBConnection,
  files: readonly SegmentFile[],
  { period, parts }: OutcomesWanted
): AsyncGenerator<DecisionOutcomes> {
  const part = (name: (typeof parts)[number]): string =>
    parts.includes(name) ? `d.${name}` : `NULL AS ${name}`
  const result = await connection.stream(`
    SELECT d.id, epoch_ms(d.time)::DOUBLE AS "timeMs", d.namespace, d.customer, d.channel, d.strategy_hash AS "strategyHash",
      d.holdout, d.control, d.experiments, d.degraded,
      list_transform(d.placed, lambda p: struct_insert(p, model :=
        list_filter(d.candidates, lambda c: c.offer = p.offer)[1].model)) AS placed,
      ${part('candidates')}, ${parts.includes('candidates') ? 'd.filling' : 'NULL AS filling'}, ${part('scores')}, ${part('features')}, ${part('facts')}, came
    FROM ${parts.some(name => name === 'scores' || name === 'candidates') ? rowsWithAll(files) : rowsOf(files)} d
    JOIN (
      SELECT file, row, came FROM kept LEFT JOIN came ON came.decision = kept.id WHERE kept.time < ${period.toMs}
    ) found ON found.file = d.filename AND found.row = d.file_row_number`)
  for await (const rows of result.yieldRowObjectJs())
    for (const row of rows) yield outcomesOf(row as unknown as Row)
}

function outcomesOf({
  placed,
  came,
  experiments,
  candidates,
  scores,
  features,
  facts,
  ...row
}: Row): DecisionOutcomes {
  return {
    ...row,
    experiments: Object.fromEntries(experiments.map(({ experiment, arm }) => [experiment, arm])),
    placed: placed.map(placing => {
      const found = came?.find(
        ({ placement, offer }) => placement === placing.placement && offer === placing.offer
      )
      const { shownMs = null, positive = false, value = null, rejected = false } = found ?? {}
      return { ...placing, shownMs, positive, value, rejected }
    }),
    candidates: candidates ?? [],
    scores: scores ?? [],
    features: features === null ? [] : (JSON.parse(features) as JournalFeatures[]),
    facts: facts === null ? {} : (JSON.parse(facts) as Record<string, unknown>)
  }
}

/** The same where all of the files may be of the release before, which had no scores and no filling. */
function rowsWithAll(files: readonly SegmentFile[]): string {
  return `(SELECT NULL::STRUCT(model VARCHAR, shadow BOOLEAN, offer VARCHAR, score DOUBLE)[] AS scores,
      NULL::STRUCT(slots STRUCT(placement VARCHAR, count INTEGER)[], rooms INTEGER[], "groupLimit" INTEGER) AS filling WHERE false
    UNION ALL BY NAME SELECT * FROM ${rowsOf(files)})`
}

/** All rows of files, each with its file and its place in it. */
export function rowsOf(files: readonly SegmentFile[]): string {
  const paths = files.map(({ path }) => quoted(path)).join(', ')
  return `read_parquet([${paths}], union_by_name = true, filename = true, file_row_number = true)`
}
