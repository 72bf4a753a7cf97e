import { test } from 'tap'
import { createOnnxRuntime } from '../../../src/adapters/onnx/runtime.js'
import { writeLogistic } from '../../../src/adapters/onnx/write.js'
import type { Log, ModelRuntime, OpenFusion } from '../../../src/decisioning/ports.js'
import { fuseModels } from '../../../src/decisioning/propensity/fuse-models.js'
import { startEngine, type Answer, type Engine, type ModelFolder } from '../../helpers/engine.js'
import { offerYaml, rulesWith } from '../../helpers/rules.js'
import { FLOAT, model as graph, node, tensor, value } from '../../adapters/onnx/build.js'

const MODELS = 20
const NAMES = Array.from({ length: MODELS }, (_, i) => `m${i}`)
/** Ten offers: the first ten models have one each. */
const RULES = rulesWith({
  offers: NAMES.slice(0, 10)
    .map((name, i) => offerYaml(`o${i}`, { value: i + 1, propensity: { model: name } }))
    .join('\n')
})
const ASKED = {
  customer: { id: 'c-1001' },
  channel: 'web',
  placements: [{ id: 'home_tile' }],
  attributes: { age: 30 },
  options: { explain: 'full' as const }
}

function yamlOf(name: string, output = 'probabilities, positive: "1"'): string {
  return `model: ${name}
version: 3
file: model.onnx
inputs: [{input: x, columns: [{from: customer.age, missing: 40}, {from: offer.value}]}]
output: {name: ${output}}
`
}

function logistic(name: string, weight: number): ModelFolder {
  const bytes = writeLogistic({
    name,
    inputs: [{ name: 'x', columns: 2 }],
    intercept: -1,
    coefficients: [weight, 0.1]
  })
  return { yaml: yamlOf(name), files: { 'model.onnx': bytes } }
}

const LOGISTIC = Object.fromEntries(NAMES.map((name, i) => [name, logistic(name, i / 100)]))

/** What became of a runtime's fusions. */
interface Watched {
  readonly runtime: (real: ModelRuntime) => ModelRuntime
  readonly runs: { fused: number; alone: number }
}

/** Counts runs. @param score in the place of a fusion's own */
function watched(score?: OpenFusion['score']): Watched {
  const runs = { fused: 0, alone: 0 }
  const runtime = (real: ModelRuntime): ModelRuntime => {
    const originals = new WeakMap<object, Awaited<ReturnType<ModelRuntime['open']>>>()
    return {
      async open(bytes, output) {
        const open = await real.open(bytes, output)
        const own = {
          ...open,
          score(...asked: Parameters<typeof open.score>) {
            runs.alone++
            return open.score(...asked)
          }
        }
        originals.set(own, open)
        return own
      },
      async fuse({ inputs, members }) {
        const own = members.map(({ open, places }) => ({ open: originals.get(open)!, places }))
        const fused = await real.fuse({ inputs, members: own })
        return {
          ...fused,
          // Cheap beyond doubt, whatever the clock said on a busy machine.
          cost: { runMicros: 0, rowMicros: 0 },
          score(...asked) {
            runs.fused++
            return (score ?? fused.score)(...asked)
          }
        }
      }
    }
  }
  return { runtime, runs }
}

/** What a decision thought of each offer, by its id. */
function scoresOf({ explanation }: Answer): Record<string, { p: number; model: unknown }> {
  return Object.fromEntries(
    explanation!.outcomes.map(({ offerId, factors, model }) => [
      offerId,
      { p: (factors as { p: number }).p, model }
    ])
  )
}

function expected(offer: number): number {
  return 1 / (1 + Math.exp(-((offer / 100) * 30 + 0.1 * (offer + 1) - 1)))
}

async function replayed(engine: Engine, answer: Answer): Promise<unknown> {
  return await engine.replay(answer.decisionId, 'recorded')
}

test('models on the same facts cost one run, and each keeps its name', async t => {
  const { runtime, runs } = watched()
  const engine = await startEngine(t, { rules: RULES, models: LOGISTIC, runtime })
  const before = { ...runs }
  const answer = await engine.ask(ASKED)
  t.same([runs.fused - before.fused, runs.alone - before.alone], [1, 0])
  const scores = scoresOf(answer)
  for (let i = 0; i < 10; i++) {
    t.ok(Math.abs(scores[`o${i}`]!.p - expected(i)) < 1e-6)
    t.equal(scores[`o${i}`]!.model, `m${i}`)
  }
  t.same(answer.degraded, [])
  t.match(await replayed(engine, answer), { same: true })
})

test('what stands in one run decides like what is run one by one', async t => {
  const together = await startEngine(t, {
    rules: RULES,
    models: LOGISTIC,
    runtime: watched().runtime
  })
  const apart = await startEngine(t, {
    rules: RULES,
    models: LOGISTIC,
    // Its models are not the ones that the real one has opened.
    runtime: real => ({ ...real, open: async (...given) => ({ ...(await real.open(...given)) }) })
  })
  t.equal(together.snapshots.current().fusions.length, 1)
  t.equal(apart.snapshots.current().fusions.length, 0)
  const [one, other] = [await together.ask(ASKED), await apart.ask(ASKED)]
  const [found, wanted] = [scoresOf(one), scoresOf(other)]
  t.same(Object.keys(found), Object.keys(wanted))
  for (const [offer, { p }] of Object.entries(found))
    t.ok(Math.abs(p - wanted[offer]!.p) <= 1e-6, offer)
})

test('where a run of several fails each is run by itself, and nothing is degraded', async t => {
  const { runtime, runs } = watched(() => Promise.reject(new Error('out of order')))
  const engine = await startEngine(t, { rules: RULES, models: LOGISTIC, runtime })
  const before = runs.alone
  const answer = await engine.ask(ASKED)
  t.equal(runs.alone - before, 10)
  t.same(answer.degraded, [])
  t.ok(Math.abs(scoresOf(answer)['o3']!.p - expected(3)) < 1e-6)
})

test('a score that is no probability costs its own model alone', async t => {
  const rooted = graph({
    inputs: [value('x', FLOAT, ['N', 2])],
    outputs: [value('p', FLOAT, ['N', 1])],
    nodes: [
      node('MatMul', ['x', 'w'], ['y']),
      node('Sqrt', ['y'], ['r']),
      node('Sigmoid', ['r'], ['p'])
    ],
    // No number where the customer is older than nothing.
    initializers: [tensor.floats('w', [2, 1], [-1, 0])]
  })
  const yaml = yamlOf('m4', 'p').replace('missing: 40', 'missing: 0')
  const models = { ...LOGISTIC, m4: { yaml, files: { 'model.onnx': rooted } } }
  const { runtime, runs } = watched()
  const engine = await startEngine(t, { rules: RULES, models, runtime })
  const before = { ...runs }
  const answer = await engine.ask(ASKED)
  t.same([runs.fused - before.fused, runs.alone - before.alone], [1, 0])
  t.same(answer.degraded, ['model:m4'])
  t.ok(engine.counted.includes('model failed m4'))
  t.equal(engine.counted.filter(each => each.startsWith('model failed')).length, 1)
  t.ok(Math.abs(scoresOf(answer)['o5']!.p - expected(5)) < 1e-6)
})

test('a reload that changes nothing about the models keeps their fusion, and one that does lets it go', async t => {
  const { runtime } = watched()
  const models = { ...LOGISTIC }
  const engine = await startEngine(t, { rules: RULES, models, runtime })
  const [first] = engine.snapshots.current().fusions
  engine.rewrite(`${RULES}\n# as before`)
  await engine.loader.load()
  t.equal(engine.snapshots.current().fusions[0]?.open, first?.open)
  models['m0'] = logistic('m0', 0.5)
  t.equal((await engine.loader.load()).outcome, 'swapped')
  t.not(engine.snapshots.current().fusions[0]?.open, first?.open)
})

test('the log says which models share runs, and why one does not', async t => {
  const models: Record<string, ModelFolder> = { ...LOGISTIC, m7: logisticFixed() }
  const engine = await startEngine(t, { rules: RULES, models })
  const runtime = createOnnxRuntime()
  const said: unknown[] = []
  const log = { info: (...words: unknown[]) => said.push(words) } as unknown as Log
  const ready = [...engine.snapshots.current().models.values()]
  const opened = await Promise.all(
    ready.map(async model => {
      const { files } = models[model.name]!
      const positive =
        model.name === 'm7' ? { name: 'p' } : { name: 'probabilities', positive: '1' }
      return { ...model, open: await runtime.open(files['model.onnx']!, positive) }
    })
  )
  const fusions = await fuseModels(opened, layout => runtime.fuse(layout), log)
  t.equal(fusions[0]?.members.length, 9)
  t.match(said, [
    [{ models: ['m0@3', 'm1@3', 'm2@3'] }, 'models share their runs'],
    [{ model: 'm7@3', reason: /fixes its batch/ }, 'a model is run by itself']
  ])
  said.length = 0
  t.same(await fuseModels(opened.slice(0, 1), layout => runtime.fuse(layout), log), [])
  t.same(said, [], 'a single model is nothing to speak of')
})

/** One row a run. */
function logisticFixed(): ModelFolder {
  const bytes = graph({
    inputs: [value('x', FLOAT, [1, 2])],
    outputs: [value('p', FLOAT, [1, 1])],
    nodes: [node('MatMul', ['x', 'w'], ['y']), node('Sigmoid', ['y'], ['p'])],
    initializers: [tensor.floats('w', [2, 1], [0.01, 0])]
  })
  return { yaml: yamlOf('m7', 'p'), files: { 'model.onnx': bytes } }
}
