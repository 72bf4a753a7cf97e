import type { GroupResponses, OutcomesWanted } from '../../domain/journal.js'
import { instant, quoted, type Database } from './database.js'
import { listFiles, type SegmentFile } from './files.js'
import { rowsOf } from './outcomes.js'

/** Compares groups of customers over a period; none where nothing was decided. */
export async function readResponses(
  database: Database,
  folder: string,
  wanted: Omit<OutcomesWanted, 'parts'>
): Promise<GroupResponses[]> {
  const files = (await listFiles(folder)).filter(({ lastMs }) => lastMs >= wanted.period.fromMs)
  const decisions = files.filter(({ kind }) => kind === 'decisions')
  const events = files.filter(({ kind }) => kind === 'events')
  if (decisions.length === 0) return []
  return await database.use(async connection => {
    await connection.run(customersSql(decisions, wanted))
    await connection.run(answeredSql(events, wanted))
    const result = await connection.run(GROUPS_SQL)
    return (await result.getRowObjectsJS()) as unknown as GroupResponses[]
  })
}

/** One row a customer: when it was decided about, and its groups. Who was kept out once, under some key, is. */
function customersSql(
  files: readonly SegmentFile[],
  { period }: Pick<OutcomesWanted, 'period'>
): string {
  return `CREATE TEMP TABLE customers AS
    SELECT customer, min(time) AS first, max(time) AS last, bool_or(holdout) AS holdout, bool_or(control) AS control,
      list_distinct(flatten(list(experiments))) AS arms
    FROM ${rowsOf(files)}
    WHERE time >= ${instant(period.fromMs)} AND time < ${instant(period.toMs)}
    GROUP BY customer`
}

/** Positives and values by customer. */
function answeredSql(
  files: readonly SegmentFile[],
  { positives, windowMs }: Omit<OutcomesWanted, 'parts'>
): string {
  if (files.length === 0)
    return 'CREATE TEMP TABLE answered (customer VARCHAR, positives DOUBLE, value DOUBLE)'
  const successes = Object.entries(positives)
    .map(([offer, type]) => `(${quoted(offer)}, ${quoted(type)})`)
    .join(', ')
  return `CREATE TEMP TABLE answered AS
    SELECT customer, count(*) FILTER (type = coalesce(success, 'accept'))::DOUBLE AS positives,
      coalesce(sum(value) FILTER (type = 'convert'), 0) AS value
    FROM (
      SELECT * FROM ${rowsOf(files)} WHERE offer IS NOT NULL
      QUALIFY row_number() OVER (PARTITION BY customer, source, id ORDER BY recorded, filename, file_row_number) = 1
    ) told
    JOIN customers USING (customer)
    LEFT JOIN (VALUES ${successes}) positives(named, success) ON named = offer
    WHERE time >= first AND time <= last + to_milliseconds(${windowMs})
    GROUP BY customer`
}

const GROUPS_SQL = `
  WITH each AS (
    SELECT c.*, coalesce(positives, 0) AS positives, coalesce(value, 0) AS value
    FROM customers c LEFT JOIN answered USING (customer)
  ), grouped AS (
    SELECT CASE WHEN holdout THEN 'holdout' WHEN control THEN 'control' ELSE 'decided' END AS "group", NULL AS arm, positives, value
    FROM each
    UNION ALL
    SELECT arms.experiment, arms.arm, positives, value FROM (SELECT unnest(arms) AS arms, positives, value FROM each)
  )
  SELECT "group", arm, count(*)::DOUBLE AS customers, avg(positives) AS mean, coalesce(var_samp(positives), 0) AS variance,
    avg(value) AS "valueMean", coalesce(var_samp(value), 0) AS "valueVariance"
  FROM grouped GROUP BY "group", arm ORDER BY arm IS NOT NULL, "group", arm`
