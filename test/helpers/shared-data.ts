import { existsSync } from 'node:fs'
import { resolve } from 'node:path'

/** Where data sets and third-party models that the project does not carry may be found. */
export const sharedData =
  process.env['OFFERD_SHARED_DATA'] ?? resolve(import.meta.dirname, '../../../shared/data')

/** A sentence for tests that need the folder, false when it is there. */
export const sharedDataMissing: string | false = existsSync(sharedData)
  ? false
  : 'the shared data folder is absent, so this test looks at nothing'
