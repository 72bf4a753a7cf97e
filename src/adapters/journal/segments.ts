import { mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import type { JournalHoldings, JournalSegments } from '../../decisioning/ports.js'
import { TABLES, type Kind, type Table } from './columns.js'
import { Database, quoted } from './database.js'
import {
  dayOf,
  deleteFile,
  listFiles,
  sizeOf,
  sweepFiles,
  sync,
  writeWhole,
  type SegmentFile
} from './files.js'
import { readOutcomes } from './outcomes.js'
import { readRows } from './read.js'
import { readResponses } from './responses.js'

/** Rows that the library takes in one go. */
const CHUNK_ROWS = 2048
/** Writing keeps one segment in memory, and what cannot be had there fails: it never goes to the disk, which may be full. */
const WRITING = { threads: '1', memory_limit: '512MB', temp_directory: '' }
/** Reading takes to the disk what does not fit. */
const READING = {
  threads: '1',
  memory_limit: '1GB',
  temp_directory: join(tmpdir(), 'offerd-journal')
}

/** The journal as Parquet files (zstd) in a folder, a folder a day, read and written by DuckDB. */
export function createJournalSegments(folder: string): JournalSegments {
  const writing = new Database(WRITING)
  const reading = new Database(READING)
  return {
    description: folder,
    async write(segment) {
      for (const kind of Object.keys(TABLES) as Kind[]) {
        const rows = TABLES[kind].rowsOf(segment)
        if (rows.length === 0) continue
        const day = join(folder, dayOf(segment.parts[0]!.recordedMs))
        const made = await mkdir(day, { recursive: true })
        const path = join(day, `${kind}-${segment.name}.parquet`)
        await writeWhole(path, unfinished =>
          writing.use(connection => copyTo(connection, TABLES[kind], rows, unfinished))
        )
        await sync(day)
        if (made !== undefined) await sync(folder)
      }
    },
    sweep: () => sweepFiles(folder),
    retain: (keepMs, mostBytes, nowMs) => retain(folder, { oldestMs: nowMs - keepMs, mostBytes }),
    holdings: () => holdingsOf(folder),
    read: (kind, period, key) => readRows(reading, folder, { kind, period, key }),
    outcomes: wanted => readOutcomes(reading, folder, wanted),
    responses: wanted => readResponses(reading, folder, wanted)
  }
}

async function copyTo(
  connection: DuckDBConnection,
  { columns }: Table,
  rows: ReadonlyArray<readonly unknown[]>,
  path: string
): Promise<void> {
  const { DuckDBDataChunk, JSToDuckDBValueConverter } = await import('@duckdb/node-api')
  await connection.run(`CREATE TEMP TABLE segment (${columns})`)
  const appender = await connection.createAppender('segment')
  const types = Array.from({ length: appender.columnCount }, (_, i) => appender.columnType(i))
  for (let start = 0; start < rows.length; start += CHUNK_ROWS) {
    const some = rows.slice(start, start + CHUNK_ROWS)
    const chunk = DuckDBDataChunk.create(types, some.length)
    chunk.setRowsConverted(some as Array<Array<string | null>>, JSToDuckDBValueConverter)
    appender.appendDataChunk(chunk)
  }
  appender.closeSync()
  await connection.run(`COPY segment TO ${quoted(path)} (FORMAT parquet, COMPRESSION zstd)`)
}

async function retain(
  folder: string,
  { oldestMs, mostBytes }: { oldestMs: number; mostBytes: number }
): Promise<number> {
  const files = await listFiles(folder)
  const sizes = await Promise.all(files.map(sizeOf))
  let bytes = sizes.reduce((sum, size) => sum + size, 0)
  let deleted = 0
  for (const [i, file] of files.entries()) {
    if (file.lastMs >= oldestMs && bytes <= mostBytes) break
    await deleteFile(folder, file)
    bytes -= sizes[i]!
    deleted++
  }
  return deleted
}

async function holdingsOf(folder: string): Promise<JournalHoldings> {
  const files = await listFiles(folder)
  const sizes = await Promise.all(files.map(sizeOf))
  const days = files.map(({ day }: SegmentFile) => day).sort()
  return {
    segments: files.length,
    bytes: sizes.reduce((sum, size) => sum + size, 0),
    firstDay: days[0],
    lastDay: days.at(-1)
  }
}
