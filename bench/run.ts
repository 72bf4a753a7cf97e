/** `npm run bench`: the comparison; `npm run bench -- reload`: decisions while the strategy changes. */
import { spawnSync } from 'node:child_process'
import { runComparison } from './compare.js'
import { runReloads } from './reload.js'

const built = spawnSync(process.execPath, ['src/build.mjs'], { stdio: 'inherit' })
if (built.status !== 0) process.exit(1)
await (process.argv[2] === 'reload' ? runReloads() : runComparison())
