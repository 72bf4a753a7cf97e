import { open, readdir, rename, rm, rmdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { JournalPeriod } from '../../domain/journal.js'
import type { Kind } from './columns.js'

/** One file of a segment: `<day>/<kind>-<partition>-<first place>-<last place>.parquet`, a place being `<ms>-<number>`. */
export interface SegmentFile {
  readonly path: string
  readonly day: string
  readonly kind: Kind
  /** When its first and its last entry were recorded, in ms since 1970. */
  readonly firstMs: number
  readonly lastMs: number
}

/** Of files that are not whole yet. */
const UNFINISHED = '.unfinished'
const DAY = /^\d{4}-\d{2}-\d{2}$/
const FILE = /^(decisions|events)-\d+-(\d+)-\d+-(\d+)-\d+\.parquet$/

/** The day of an instant, in UTC. */
export function dayOf(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 10)
}

/** All files of segments, the oldest first; none where the folder is not there yet. */
export async function listFiles(folder: string): Promise<SegmentFile[]> {
  const files: SegmentFile[] = []
  for (const day of await daysIn(folder)) {
    for (const name of await namesIn(join(folder, day))) {
      const [, kind, first, last] = FILE.exec(name) ?? []
      if (kind === undefined) continue
      files.push({
        path: join(folder, day, name),
        day,
        kind: kind as Kind,
        firstMs: Number(first),
        lastMs: Number(last)
      })
    }
  }
  return files.sort((a, b) => a.lastMs - b.lastMs || (a.path < b.path ? -1 : 1))
}

/** Whether a file may hold what was recorded in a period. */
export function overlaps(
  { firstMs, lastMs }: SegmentFile,
  { fromMs, toMs }: JournalPeriod
): boolean {
  return firstMs < toMs && lastMs >= fromMs
}

/** Bytes of a file; 0 where it went meanwhile. */
export async function sizeOf({ path }: SegmentFile): Promise<number> {
  try {
    return (await stat(path)).size
  } catch (error) {
    return missingIs(0, error)
  }
}

/** Deletes a file, and its day's folder with the last one. */
export async function deleteFile(folder: string, { path, day }: SegmentFile): Promise<void> {
  await rm(path, { force: true })
  if ((await namesIn(join(folder, day))).length === 0) await rmdir(join(folder, day))
}

/** Removes unfinished files. */
export async function sweepFiles(folder: string): Promise<void> {
  for (const day of await daysIn(folder))
    for (const name of await namesIn(join(folder, day)))
      if (name.endsWith(UNFINISHED)) await rm(join(folder, day, name), { force: true })
}

/** Makes what was written to a file, or the names in a folder, last. */
export async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function daysIn(folder: string): Promise<string[]> {
  return (await namesIn(folder)).filter(name => DAY.test(name)).sort()
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    return missingIs([], error)
  }
}

function missingIs<T>(nothing: T, error: unknown): T {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return nothing
  throw error
}

/** Writes a file under another name and gives it its own when all of it is on disk; leaves nothing behind where that fails. */
export async function writeWhole(
  path: string,
  write: (path: string) => Promise<void>
): Promise<void> {
  const unfinished = `${path}${UNFINISHED}`
  try {
    await write(unfinished)
    await sync(unfinished)
    await rename(unfinished, path)
  } catch (error) {
    await rm(unfinished, { force: true })
    throw error
  }
}
