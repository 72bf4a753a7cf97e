/**
 * `npm run bench`: the comparison with constant, glue and the tuned floor; `npm run bench:full`: all comparisons, with plots; `npm run bench -- reload`: decisions while the strategy changes;
 * `npm run bench -- decide`: one decision inside the process; `npm run bench -- explain`: what a full explanation costs;
 * `npm run bench -- learning`: what adapting earns and costs; `npm run bench -- limits`: what limits cost; `npm run bench -- exploration`: what chance costs; `npm run bench -- races`: whether strict limits hold;
 * `npm run bench -- loop`: what journal, chance and adapting cost together; `npm run bench -- stream`: subscriptions while events come;
 * `npm run bench -- models`: from one model to twenty; `npm run bench -- offers`: from 50 offers to 10,000;
 * `npm run bench -- workers`: two workers against one; `npm run bench -- batch`: a hundred decisions in a request against a hundred requests;
 * `npm run bench -- memory`: what a customer takes in Redis; `npm run bench -- import`: NDJSON against a bare SET;
 * `npm run bench -- stale`: whether decisions see what another process wrote; `npm run bench -- soak`: memory under ten minutes of load;
 * `npm run bench:compare REV`: another commit against the working tree;
 * `npm run bench -- replay`: whether recorded decisions come out the same again.
 */
import { spawnSync } from 'node:child_process'
import { runBatches } from './batch.js'
import { runComparison } from './compare.js'
import { runDecisions } from './decide.js'
import { runExplanations } from './explain.js'
import { runExploration } from './exploration.js'
import { runFull } from './full/full.js'
import { runImports } from './import.js'
import { runLearningBench } from './learning.js'
import { runLimits } from './limits.js'
import { runLoop } from './loop.js'
import { runMemory } from './memory.js'
import { runModels } from './models.js'
import { runOffers } from './offers.js'
import { runRaces } from './races.js'
import { runReloads } from './reload.js'
import { runReplays } from './replay.js'
import { runRevisions } from './revisions.js'
import { runSoak } from './soak.js'
import { runStale } from './stale.js'
import { runStream } from './stream.js'
import { runWorkers } from './workers.js'

const RUNS: Readonly<Record<string, (args: readonly string[]) => Promise<void>>> = {
  compare: runComparison,
  full: runFull,
  reload: runReloads,
  decide: runDecisions,
  explain: runExplanations,
  learning: runLearningBench,
  limits: runLimits,
  loop: runLoop,
  exploration: runExploration,
  races: runRaces,
  stream: runStream,
  replay: runReplays,
  models: runModels,
  offers: runOffers,
  workers: runWorkers,
  batch: runBatches,
  memory: runMemory,
  import: runImports,
  stale: runStale,
  soak: runSoak,
  revisions: runRevisions
}

const [name = 'compare', ...args] = process.argv.slice(2)
const run = RUNS[name]
if (run === undefined)
  throw new Error(`there is no bench "${name}"; there are ${Object.keys(RUNS).join(', ')}`)
if (spawnSync(process.execPath, ['src/build.mjs'], { stdio: 'inherit' }).status !== 0)
  process.exit(1)
await run(args)
