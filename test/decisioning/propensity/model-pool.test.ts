import { test } from 'tap'
import { createOnnxRuntime } from '../../../src/adapters/onnx/runtime.js'
import { createModelPool } from '../../../src/decisioning/propensity/model-pool.js'
import type { ModelFile } from '../../../src/decisioning/propensity/model-files.js'
import { readModelFile } from '../../../src/policy/model-file.js'
import { logistic } from '../../adapters/onnx/build.js'

function file(name: string, weight: number): ModelFile {
  const text = `model: ${name}
version: 1
file: model.onnx
inputs: [{input: x, columns: [{from: customer.age, missing: 40}]}]
output: {name: p, positive: "1"}
`
  const { model: spec } = readModelFile({ path: `models/${name}/model.yaml`, text })
  return { spec: spec!, bytes: logistic({ weights: [weight] }) }
}

test('what nobody uses any more is released, models and what they were fused to', async t => {
  const later: Array<() => void> = []
  const pool = createModelPool(createOnnxRuntime(), work => later.push(work))
  const models = await Promise.all([pool.open(file('a', 1)), pool.open(file('b', 2))])
  const layout = {
    inputs: [{ name: 'x', type: 'float32', width: 1 }] as const,
    members: models.map(open => ({ open, places: [{ tensor: 0, column: 0 }] }))
  }
  const fusion = await pool.fuse(layout)
  t.equal(await pool.fuse(layout), fusion, 'opened once')
  const settled = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

  pool.keepOnly([...models, fusion])
  await settled()
  t.equal(later.length, 0)
  pool.keepOnly(models)
  await settled()
  t.equal(later.length, 1)
  t.equal((await fusion.score(1, () => undefined)).length, 2, 'decisions under way still use it')
  for (const work of later) work()
  await t.rejects(
    fusion.score(1, () => undefined),
    /released/
  )
  t.not(await pool.fuse(layout), fusion)
  t.equal((await models[0].score(1, () => undefined)).length, 1)
  pool.keepOnly([])
  await settled()
  for (const work of later) work()
})
