import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import { RECIPES, type Recipe } from '../../models/recipes.js'
import { type HeldOut, trainModel } from '../../models/train.js'
import { modelCard, yamlOf } from '../../models/write-files.js'
import { createOnnxRuntime } from '../../src/adapters/onnx/runtime.js'
import { createWorld } from '../../src/cli/world/world.js'
import { auc } from '../../src/learning/metrics.js'
import { compileStrategy } from '../../src/policy/compile.js'
import { readModelFile } from '../../src/policy/model-file.js'
import { createCalibration } from '../../src/scoring/calibration.js'

const root = join(import.meta.dirname, '../..')
const files = readdirSync(join(root, 'rules'), { recursive: true, encoding: 'utf8' })
  .filter(name => name.endsWith('.yaml'))
  .sort()
  .map(name => ({
    path: join('rules', name),
    text: readFileSync(join(root, 'rules', name), 'utf8')
  }))
const compiled = compileStrategy(files)
if (compiled.strategy === undefined) throw new Error('rules/ does not compile')

const ground = {
  world: createWorld(7),
  strategy: compiled.strategy,
  compileFeature: compiled.compileFeature,
  customers: [10_000, 20_000],
  nowMs: Date.UTC(2026, 2, 1, 10),
  seed: 3
} as const

/** The file's own outputs for the rows held out, one run. */
async function scoresOf(
  bytes: Uint8Array,
  recipe: Recipe,
  heldOut: HeldOut
): Promise<Float64Array> {
  const model = await createOnnxRuntime().open(bytes, { name: 'probabilities', positive: '1' })
  try {
    return await model.score(heldOut.labels.length, (columns, firstRow) => {
      for (const { input, cells } of columns) {
        const at = recipe.inputs.findIndex(one => one.input === input.name)
        heldOut.cells.forEach((row, i) => {
          row[at]!.forEach((cell, column) => {
            cells[(firstRow + i) * input.width + column] = cell
          })
        })
      }
    })
  } finally {
    await model.release()
  }
}

for (const recipe of RECIPES) {
  test(`${recipe.name}: the file gives what the training computed, and training again gives the same bytes`, async t => {
    const trained = trainModel(recipe, ground)
    const scores = await scoresOf(trained.onnx, recipe, trained.heldOut)
    const difference = scores.reduce(
      (most, score, i) => Math.max(most, Math.abs(score - trained.heldOut.raw[i]!)),
      0
    )
    t.ok(difference < 1e-6, `largest difference ${difference} over ${scores.length} rows`)
    const again = trainModel(recipe, ground)
    t.same(again.onnx, trained.onnx)
    t.equal(yamlOf(again), yamlOf(trained))
    t.equal(modelCard(again, ground), modelCard(trained, ground))
    const order = auc(trained.heldOut.raw, trained.heldOut.labels)
    t.ok(order > 0.6, `AUC ${order}`)
  })

  test(`${recipe.name}: the committed file passes its own checks`, async t => {
    const folder = join(root, 'models', recipe.name)
    const { model, problems } = readModelFile({
      path: 'model.yaml',
      text: readFileSync(join(folder, 'model.yaml'), 'utf8')
    })
    t.same(problems, [])
    t.ok(model!.check.length >= 2)
    const calibrate = createCalibration(model!.calibration)
    const cells = model!.check.map(({ inputs }) =>
      recipe.inputs.map(({ input }) => [inputs[input]!].flat() as Array<number | string>)
    )
    const raw = await scoresOf(readFileSync(join(folder, 'model.onnx')), recipe, {
      cells,
      labels: new Uint8Array(cells.length),
      raw: new Float64Array(0),
      probabilities: new Float64Array(0)
    })
    model!.check.forEach(({ expect, tolerance }, i) => {
      t.ok(
        Math.abs(calibrate(raw[i]!) - expect) <= tolerance,
        `check ${i}: ${calibrate(raw[i]!)} against ${expect}`
      )
    })
  })

  test(`${recipe.name}: no protected or personal attribute is looked at`, async t => {
    const forbidden = ground.strategy.attributes
      .filter(one => one.protected || one.personal)
      .map(one => one.name)
    t.ok(forbidden.includes('gender'))
    for (const { columns } of recipe.inputs) {
      for (const { from } of columns)
        t.notOk(
          forbidden.some(name => from.includes(`customer.${name}`)),
          from
        )
    }
  })
}
