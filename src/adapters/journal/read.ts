import type { DuckDBConnection, JS } from '@duckdb/node-api'
import type { JournalPeriod } from '../../domain/journal.js'
import { TABLES, type Kind } from './columns.js'
import { instant, quoted, type Database } from './database.js'
import { listFiles, overlaps } from './files.js'
import { pseudonymOf, unseal } from './seal.js'

/** What is read of the segments in a folder. */
export interface Reading {
  readonly kind: Kind
  readonly period: JournalPeriod
  /** Of the one customer that is meant; undefined: all, and nothing sealed. */
  readonly key: Buffer | undefined
}

/** Rows of a period in the order in which they were recorded. Of rows with the same key the first one recorded counts. */
export async function* readRows(
  database: Database,
  folder: string,
  { kind, period, key }: Reading
): AsyncGenerator<Record<string, unknown>> {
  const files = (await listFiles(folder)).filter(
    file => file.kind === kind && overlaps(file, period)
  )
  if (files.length === 0) return
  const connection = await database.connect()
  try {
    const of = key === undefined ? 'true' : `customer = ${quoted(pseudonymOf(key))}`
    const columns = key === undefined ? '* EXCLUDE (sealed)' : '*'
    const paths = files.map(({ path }) => quoted(path)).join(', ')
    const sql = `SELECT ${columns} FROM read_parquet([${paths}], union_by_name = true)
      WHERE recorded >= ${instant(period.fromMs)} AND recorded < ${instant(period.toMs)} AND ${of}
      QUALIFY row_number() OVER (PARTITION BY ${TABLES[kind].key} ORDER BY recorded) = 1
      ORDER BY recorded, id`
    yield* rowsFrom(connection, sql, key)
  } finally {
    connection.closeSync()
  }
}

async function* rowsFrom(
  connection: DuckDBConnection,
  sql: string,
  key: Buffer | undefined
): AsyncGenerator<Record<string, unknown>> {
  const result = await connection.stream(sql)
  for await (const rows of result.yieldRowObjectJs()) {
    for (const { sealed, ...row } of rows) yield opened(row, sealed, key)
  }
}

function opened(
  row: Record<string, JS>,
  sealed: JS | undefined,
  key: Buffer | undefined
): Record<string, unknown> {
  if (key === undefined || !(sealed instanceof Uint8Array)) return row
  return { ...row, personal: unseal(sealed, key) }
}
