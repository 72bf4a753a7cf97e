import { spawnSync } from 'node:child_process'
import { statSync } from 'node:fs'
import { join } from 'node:path'

const FOLDER = import.meta.dirname
/** npm goes on with its manual. */
const SHOWN_LINES = 4

/**
 * Installs what this folder's lock names, without running anything of it, unless that is done already. Throws with the reason where the
 * registry cannot be reached.
 */
export function installPeers(): void {
  const installed = modifiedMs('node_modules/.package-lock.json')
  if (installed !== undefined && installed >= (modifiedMs('package-lock.json') ?? 0)) return
  const { status, stderr } = spawnSync(
    'npm',
    ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'],
    { cwd: FOLDER, encoding: 'utf8', timeout: 300_000 }
  )
  if (status !== 0)
    throw new Error(
      `the rule engines could not be installed, which needs a reachable npm registry; try "npm ci" in bench/peers (${stderr.split('\n').slice(0, SHOWN_LINES).join(' ')})`
    )
}

function modifiedMs(path: string): number | undefined {
  return statSync(join(FOLDER, path), { throwIfNoEntry: false })?.mtimeMs
}
