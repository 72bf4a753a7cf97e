import { open, rename, rm, stat } from 'node:fs/promises'
import { randomUUID } from 'node:crypto'

const TRY_EVERY_MS = 20
/** The lock is held for moments; one that is older was left by a process that died. */
const STALE_MS = 15_000

/**
 * Runs something while no other process does, by a file that only one can create.
 * A file and not a process id: it also works between containers that share a folder.
 */
export async function withLock<T>(path: string, run: () => Promise<T>): Promise<T> {
  await acquire(path)
  try {
    return await run()
  } finally {
    await rm(path, { force: true })
  }
}

async function acquire(path: string): Promise<void> {
  for (;;) {
    try {
      await (await open(path, 'wx')).close()
      return
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error
    }
    await removeStale(path)
    await new Promise(resolve => setTimeout(resolve, TRY_EVERY_MS))
  }
}

async function removeStale(path: string): Promise<void> {
  try {
    if (Date.now() - (await stat(path)).mtimeMs < STALE_MS) return
    // Renaming has one winner; whoever only deleted could delete the lock of the next holder.
    const aside = `${path}.${randomUUID()}`
    await rename(path, aside)
    await rm(aside, { force: true })
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined
}
