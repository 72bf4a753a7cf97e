import { execFileSync } from 'node:child_process'
import { resolve } from 'node:path'

const ROOT = resolve(import.meta.dirname, '../..')

let built = false

/** The program as it ships, built first where a source changed: its processes start in half the time that the sources take. */
export function program(): string {
  if (!built) execFileSync(process.execPath, [resolve(ROOT, 'src/build.mjs')])
  built = true
  return resolve(ROOT, 'dist/main.js')
}
