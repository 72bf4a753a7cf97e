import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ColumnTypes, TableFiles } from '../../decisioning/ports.js'
import { Database, quoted } from './database.js'
import { writeWhole } from './files.js'

/** Tables are streamed; what sorting or packing needs besides goes to the disk. */
const SETTINGS = {
  threads: '1',
  memory_limit: '512MB',
  temp_directory: join(tmpdir(), 'offerd-tables')
}

const SQL_TYPES: Readonly<Record<ColumnTypes[string], string>> = {
  text: 'VARCHAR',
  integer: 'BIGINT',
  number: 'DOUBLE',
  boolean: 'BOOLEAN',
  time: 'TIMESTAMP'
}

/** Parquet files, read and written by DuckDB. */
export function createTableFiles(): TableFiles {
  const database = new Database(SETTINGS)
  return {
    count: path =>
      database.use(async connection => {
        const sql = `SELECT count(*)::DOUBLE FROM read_parquet(${quoted(path)})`
        const [row] = (await connection.runAndReadAll(sql)).getRowsJS()
        return Number(row?.[0])
      }),
    read: path => readRows(database, path),
    async writeFromCsv(csv, types, path) {
      const columns = Object.entries(types).map(([name, type]) => `${name}: '${SQL_TYPES[type]}'`)
      const rows = `read_csv(${quoted(csv)}, header = true, columns = {${columns.join(', ')}})`
      await writeWhole(path, async unfinished => {
        const form = '(FORMAT parquet, COMPRESSION zstd)'
        const sql = `COPY (SELECT * FROM ${rows}) TO ${quoted(unfinished)} ${form}`
        await database.use(connection => connection.run(sql))
      })
    }
  }
}

async function* readRows(database: Database, path: string): AsyncGenerator<string> {
  const connection = await database.connect()
  try {
    const table = `read_parquet(${quoted(path)})`
    const columns = await connection.runAndReadAll(`DESCRIBE SELECT * FROM ${table}`)
    const instants = (columns.getRowsJS() as Array<[name: string, type: string]>)
      .filter(([, type]) => /^(TIMESTAMP|DATE)/.test(type))
      .map(([name]) => `"${name.replaceAll('"', '""')}"`)
      .map(name => `strftime(${name}::TIMESTAMP, '%Y-%m-%dT%H:%M:%S.%gZ') AS ${name}`)
    const replaced = instants.length === 0 ? '' : `REPLACE (${instants.join(', ')})`
    const sql = `SELECT to_json(t)::VARCHAR FROM (SELECT * ${replaced} FROM ${table}) t`
    const result = await connection.stream(sql)
    for await (const rows of result.yieldRowsJs())
      for (const [text] of rows as Array<[string]>) yield text
  } finally {
    connection.closeSync()
  }
}
