import { appendFile, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CommandRefused } from '../shell.js'

/** That a model took the place of another. */
export interface RoleChange {
  /** RFC 3339. */
  readonly time: string
  readonly by: string
  readonly reason: string
  readonly action: 'promote' | 'demote'
  readonly name: string
  /** Versions. */
  readonly champion: number
  readonly former: number
}

/**
 * Lies beside the models, a line of JSON a change: so it goes where they go, into version control too, and can be written without
 * a store. Loading a strategy reads folders only and passes it over.
 */
const FILE = 'history.jsonl'

/** All changes, the oldest first. Throws CommandRefused for a line that is none. */
export async function readChanges(modelsDir: string): Promise<RoleChange[]> {
  const path = join(modelsDir, FILE)
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
  return text.split('\n').flatMap((line, i) => {
    if (line === '') return []
    const change = parsed(line)
    if (change === undefined)
      throw new CommandRefused(
        `${path}:${i + 1} is no change of roles; correct the line or remove it`
      )
    return [change]
  })
}

/** Notes a change that is made. */
export async function noteChange(modelsDir: string, change: RoleChange): Promise<void> {
  await appendFile(join(modelsDir, FILE), `${JSON.stringify(change)}\n`)
}

function parsed(line: string): RoleChange | undefined {
  try {
    const read = JSON.parse(line) as Partial<Record<keyof RoleChange, unknown>> | null
    const texts = [read?.time, read?.by, read?.reason, read?.action, read?.name]
    const isChange =
      texts.every(text => typeof text === 'string') &&
      Number.isInteger(read?.champion) &&
      Number.isInteger(read?.former)
    return isChange ? (read as RoleChange) : undefined
  } catch {
    // Told by the caller, with its place.
    return undefined
  }
}
