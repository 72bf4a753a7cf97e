import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createWorld } from '../src/cli/world/world.js'
import { auc, logLoss } from '../src/learning/metrics.js'
import { compileStrategy } from '../src/policy/compile.js'
import { RECIPES } from './recipes.js'
import { trainModel, type TrainingGround } from './train.js'
import { modelCard, yamlOf } from './write-files.js'

/**
 * Makes the shipped models: lets customers of the synthetic world answer the strategy's offers, trains, and writes
 * model.onnx, model.yaml and card.md of each. Running it again writes the same bytes.
 */
const WORLD_SEED = 7
const TRAINING_SEED = 20_260_301
/** Beyond the 10,000 customers of the demonstrations, so that the models meet those for the first time. */
const CUSTOMERS = [10_000, 60_000] as const
const NOW_MS = Date.UTC(2026, 2, 1, 10)

const rulesDir = join(import.meta.dirname, '../rules')
const names = (await readdir(rulesDir, { recursive: true }))
  .filter(name => name.endsWith('.yaml'))
  .sort()
const files = await Promise.all(
  names.map(async name => ({
    path: join('rules', name),
    text: await readFile(join(rulesDir, name), 'utf8')
  }))
)
const compiled = compileStrategy(files)
if (compiled.strategy === undefined) {
  throw new Error(
    `rules/ does not compile:\n${compiled.problems.map(problem => `${problem.file}:${problem.line} ${problem.message}`).join('\n')}`
  )
}

const ground: TrainingGround = {
  world: createWorld(WORLD_SEED),
  strategy: compiled.strategy,
  compileFeature: compiled.compileFeature,
  customers: CUSTOMERS,
  nowMs: NOW_MS,
  seed: TRAINING_SEED
}

for (const recipe of RECIPES) {
  const trained = trainModel(recipe, ground)
  const folder = join(import.meta.dirname, recipe.name)
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'model.onnx'), trained.onnx)
  await writeFile(join(folder, 'model.yaml'), yamlOf(trained))
  await writeFile(join(folder, 'card.md'), modelCard(trained, ground))
  const { probabilities, labels } = trained.heldOut
  console.log(
    `${recipe.name}: AUC ${auc(probabilities, labels).toFixed(4)}, log loss ${logLoss(probabilities, labels).toFixed(4)}, ${trained.onnx.length} bytes`
  )
}
