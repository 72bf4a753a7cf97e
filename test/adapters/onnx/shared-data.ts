import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Test } from 'tap'

/** Real models and rows that are not part of the project: OFFERD_SHARED_DATA, else ../shared/data beside the repository. */
const FOLDER =
  process.env['OFFERD_SHARED_DATA'] ?? resolve(import.meta.dirname, '../../../../shared/data')

/** The path of a folder of shared data; undefined, with a word about it, where it is absent. */
export function sharedData(t: Test, folder: string): string | undefined {
  const path = join(FOLDER, folder)
  if (existsSync(path)) return path
  t.comment(`${path} is absent; nothing to compare with`)
  return undefined
}
