import { rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Config } from '../../config.js'
import type { StrategySource } from '../../decisioning/ports.js'
import type { Parts } from '../parts.js'
import { paintFor } from '../paint.js'
import { describeProblem } from '../problems.js'
import { tryStrategy } from '../service.js'
import { CommandRefused } from '../shell.js'
import type { Surroundings } from '../outlet.js'
import { withShadow } from './edit-role.js'
import type { RosterModel } from './roster.js'

/** Which model takes the place of which. */
export interface Exchange {
  readonly champion: RosterModel
  readonly former: RosterModel
}

/**
 * Makes one model decide and the other one its shadow, in their files: both or none. The strategy must load as it is, and as it would
 * be, before anything is written. Throws CommandRefused with every problem.
 * @param note notes the change; where it rejects, the files are as they were
 */
export async function exchange(
  { shell, config, parts }: Surroundings,
  source: StrategySource,
  { champion, former }: Exchange,
  note: () => Promise<void>
): Promise<void> {
  const edits = new Map([
    [champion.folder, withShadow(champion, false)],
    [former.folder, withShadow(former, true)]
  ])
  const edited: StrategySource = {
    ...source,
    models: source.models.map(model => {
      const text = edits.get(model.name)
      return text === undefined ? model : { ...model, file: { ...model.file, text } }
    })
  }
  const paint = paintFor(shell.stderr, shell.env)
  for (const [files, what] of [
    [source, 'the strategy does not load as it is, so nothing was changed'],
    [edited, `the strategy would not load with ${champion.label} deciding, so nothing was changed`]
  ] as const) {
    const errors = await errorsOf(config, parts, files)
    if (errors.length > 0)
      throw new CommandRefused(
        [...errors.map(problem => describeProblem(problem, paint)), what].join('\n')
      )
  }
  await writeAll(
    [champion, former].map(({ folder, text }) => ({
      path: join(config.modelsDir, folder, 'model.yaml'),
      before: text,
      after: edits.get(folder)!
    })),
    note
  )
}

async function errorsOf(config: Config, parts: Parts, source: StrategySource) {
  const files = { read: async () => source }
  const log = parts.createLog(config.logLevel ?? 'warn', 'stderr')
  const { problems } = await tryStrategy(config, { ...parts, createFiles: () => files }, log)
  return problems.filter(({ severity }) => severity === 'error')
}

interface Edit {
  readonly path: string
  readonly before: string
  readonly after: string
}

/** All of them, or none. A service that reads in between refuses what it reads, and its strategy stays. */
async function writeAll(edits: readonly Edit[], note: () => Promise<void>): Promise<void> {
  const done: Edit[] = []
  try {
    for (const edit of edits) {
      await replace(edit.path, edit.after)
      done.push(edit)
    }
    await note()
  } catch (error) {
    for (const { path, before } of done) await replace(path, before)
    throw new CommandRefused(
      `the models could not be changed, and are as they were: ${error instanceof Error ? error.message : String(error)}`
    )
  }
}

/** Writes beside the file and puts the new one in its place whole, as readable as it was. */
async function replace(path: string, text: string): Promise<void> {
  const fresh = join(dirname(path), '.model.yaml.new')
  try {
    const { mode } = await stat(path)
    await writeFile(fresh, text, { mode: mode & 0o777 })
    await rename(fresh, path)
  } catch (error) {
    await rm(fresh, { force: true })
    throw error
  }
}
